import Volumes

/// The regions of a mask whose voxels share a face, an edge or a corner: 26 neighbours in a volume, 8 in a plane.
struct Regions {
  /// The row-major indices of each region's voxels, ascending.
  let voxels: [[Int]]

  /// Finds the regions, in the order of their first voxels.
  init(of mask: Mask) {
    guard let box = mask.box else {
      voxels = []
      return
    }
    let grid = mask.depthHeightWidth
    let places = (box.lower.x..<box.upper.x).flatMap { slice in
      (box.lower.y..<box.upper.y).map { line in
        (slice * grid.y + line) * grid.z + box.lower.z
      }
    }
    let width = box.extents.z
    let classes = places.flatMap { start in
      (start..<start + width).map { mask[$0] ? UInt8(1) : 0 }
    }
    let components = Components(
      of: classes, extents: SIMD3(width, box.extents.y, box.extents.x), connectivity: .corners)
    var voxels = [[Int]](repeating: [], count: components.sizes.count)
    for (row, start) in places.enumerated() {
      for column in 0..<width {
        let region = Int(components.regions[row * width + column])
        if region > 0 { voxels[region - 1].append(start + column) }
      }
    }
    self.voxels = voxels
  }
}

extension Mask {
  /// The voxels at some row-major indices of this mask's grid.
  func holding(_ voxels: some Sequence<Int>) -> Mask {
    let width = extents[extents.count - 1]
    var words = [UInt64](repeating: 0, count: self.words.count)
    for voxel in voxels {
      let (row, column) = voxel.quotientAndRemainder(dividingBy: width)
      words[row * wordsPerRow + column / 64] |= 1 << UInt64(column % 64)
    }
    return Mask(extents: extents, spacing: spacing, words: words)
  }
}
