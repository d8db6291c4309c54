/// Which neighbours of a voxel or pixel count as connected to it.
public enum Connectivity: Sendable {
  /// Neighbours that share a face: 6 in a volume, 4 in a picture.
  case faces
  /// Neighbours that share a face, an edge or a corner: 26 in a volume, 8 in a picture.
  case corners

  /// The steps (x, y, z) to the neighbours that come earlier when voxels are walked x fastest.
  fileprivate var earlier: [SIMD3<Int>] {
    switch self {
    case .faces: [SIMD3(-1, 0, 0), SIMD3(0, -1, 0), SIMD3(0, 0, -1)]
    case .corners:
      (-1...0).flatMap { z in
        (-1...1).flatMap { y in (-1...1).map { x in SIMD3(x, y, z) } }
      }.prefix(13).map(\.self)
    }
  }
}

/// The connected regions of equal labels in a volume [D, H, W] or a picture (D = 1).
public struct Components: Sendable {
  /// For every voxel the number of its region, 0 for the background; regions count from 1 in the order of their first voxel.
  public let regions: [Int32]
  /// The number of voxels of every region, region 1 first.
  public let sizes: [Int]
  /// The label of every region, region 1 first.
  public let labels: [UInt8]

  /// Finds the regions of a volume of classes [D, H, W] with x fastest; class 0 is background.
  ///
  /// Neighbours belong together where their classes are equal. Union-find with halving of paths; the root of a region
  /// is its first voxel, so numbering does not depend on how regions were joined.
  public init(
    of classes: [UInt8], extents: SIMD3<Int>, connectivity: Connectivity = .corners
  ) {
    precondition(
      classes.count == extents.x * extents.y * extents.z,
      "Components: \(classes.count) voxels do not fit the extents \(extents)")
    var parents = [Int32](repeating: -1, count: classes.count)
    parents.withUnsafeMutableBufferPointer { parents in
      classes.withUnsafeBufferPointer { classes in
        Self.join(classes, parents, extents, connectivity.earlier)
      }
    }
    var sizes: [Int] = []
    var labels: [UInt8] = []
    // A root comes before the other voxels of its region, so the number it is given here is there when they ask.
    for at in parents.indices where parents[at] >= 0 {
      let root = Int(parents[at])
      if root == at {
        sizes.append(1)
        labels.append(classes[at])
        parents[at] = Int32(sizes.count)
      } else {
        parents[at] = parents[root]
        sizes[Int(parents[at]) - 1] += 1
      }
    }
    regions = parents.map { max($0, 0) }
    self.sizes = sizes
    self.labels = labels
  }

  /// Leaves in every voxel with a class the position of its region's first voxel.
  private static func join(
    _ classes: UnsafeBufferPointer<UInt8>, _ parents: UnsafeMutableBufferPointer<Int32>,
    _ extents: SIMD3<Int>, _ steps: [SIMD3<Int>]
  ) {
    func root(_ start: Int32) -> Int32 {
      var at = start
      while parents[Int(at)] != at {
        parents[Int(at)] = parents[Int(parents[Int(at)])]
        at = parents[Int(at)]
      }
      return at
    }
    let offsets = steps.map { ($0, $0.x + extents.x * ($0.y + extents.y * $0.z)) }
    var at = 0
    for z in 0..<extents.z {
      for y in 0..<extents.y {
        for x in 0..<extents.x {
          defer { at += 1 }
          let label = classes[at]
          guard label != 0 else { continue }
          parents[at] = Int32(at)
          for (step, offset) in offsets {
            guard x + step.x >= 0, x + step.x < extents.x, y + step.y >= 0,
              y + step.y < extents.y, z + step.z >= 0, classes[at + offset] == label
            else { continue }
            let (one, other) = (root(Int32(at)), root(Int32(at + offset)))
            parents[Int(max(one, other))] = min(one, other)
          }
        }
      }
    }
    for at in 0..<classes.count where parents[at] >= 0 { parents[at] = root(Int32(at)) }
  }

  /// The classes with all regions but the largest of each class turned to background.
  ///
  /// Of regions of equal size the one with the earliest voxel stays.
  public static func keepingLargest(
    perClass classes: [UInt8], extents: SIMD3<Int>, connectivity: Connectivity = .corners
  ) -> [UInt8] {
    let components = Components(of: classes, extents: extents, connectivity: connectivity)
    var largest = [Int](repeating: -1, count: 256)
    for (region, label) in components.labels.enumerated() {
      let best = largest[Int(label)]
      if best < 0 || components.sizes[region] > components.sizes[best] {
        largest[Int(label)] = region
      }
    }
    return zip(classes, components.regions).map { label, region in
      label != 0 && largest[Int(label)] == Int(region) - 1 ? label : 0
    }
  }
}
