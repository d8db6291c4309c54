import CKernels

/// A box of voxels in three dimensions, half-open along each axis.
struct Box: Equatable {
  var lower: SIMD3<Int>
  var upper: SIMD3<Int>

  var extents: SIMD3<Int> { upper &- lower }

  func union(_ other: Box) -> Box {
    Box(
      lower: pointwiseMin(lower, other.lower), upper: pointwiseMax(upper, other.upper))
  }
}

extension Mask {
  /// The extents as [D, H, W]; a 2-D mask is one slice deep.
  var depthHeightWidth: SIMD3<Int> {
    extents.count == 3
      ? SIMD3(extents[0], extents[1], extents[2]) : SIMD3(1, extents[0], extents[1])
  }

  /// The spacing as [D, H, W]; a 2-D mask is one slice deep.
  var depthHeightWidthSpacing: SIMD3<Double> {
    spacing.count == 3
      ? SIMD3(spacing[0], spacing[1], spacing[2]) : SIMD3(1, spacing[0], spacing[1])
  }

  /// The smallest box that holds the mask; nil where the mask is empty.
  var box: Box? {
    let extents = depthHeightWidth
    guard count > 0 else { return nil }
    var box = Box(lower: extents, upper: SIMD3(0, 0, 0))
    words.withUnsafeBufferPointer { words in
      for slice in 0..<extents.x {
        for line in 0..<extents.y {
          let start = (slice * extents.y + line) * wordsPerRow
          let row = UnsafeBufferPointer(rebasing: words[start..<start + wordsPerRow])
          guard let columns = Mask.columns(in: row) else { continue }
          let first = SIMD3(slice, line, columns.lowerBound)
          box.lower = pointwiseMin(box.lower, first)
          box.upper = pointwiseMax(box.upper, SIMD3(slice + 1, line + 1, columns.upperBound))
        }
      }
    }
    return box
  }

  /// The columns from the first to the last voxel of a row; nil where it has none.
  private static func columns(in row: UnsafeBufferPointer<UInt64>) -> Range<Int>? {
    guard let first = row.firstIndex(where: { $0 != 0 }),
      let last = row.lastIndex(where: { $0 != 0 })
    else { return nil }
    return 64 * first + row[first].trailingZeroBitCount..<64 * last + 64
      - row[last].leadingZeroBitCount
  }
}

/// The voxels of a mask that one erosion with the 2d-neighbour cross removes, in a box that holds the mask.
///
/// Outside of the array is background, so a mask has surface where it meets the border. A 2-D mask is eroded in its
/// plane only; the single slice of a 3-D mask is all surface. The definition is MedPy's (connectivity 1).
struct Surface {
  /// How many voxels it has.
  let count: Int
  private let words: [UInt64]
  private let extents: SIMD3<Int>
  private let spacing: SIMD3<Double>

  /// The surface of `mask`, which lies in `box`.
  init(of mask: Mask, in box: Box) {
    var lower = box.lower
    lower.z -= lower.z % 64
    let extents = box.upper &- lower
    let grid = mask.depthHeightWidth
    var part = graft_mask_box(
      grid: (grid.x, grid.y, grid.z), lower: (lower.x, lower.y, lower.z),
      extents: (extents.x, extents.y, extents.z))
    let size = extents.x * extents.y * ((extents.z + 63) / 64)
    words = [UInt64](unsafeUninitializedCapacity: size) { words, filled in
      graft_mask_surface(words.baseAddress, mask.words, &part, mask.extents.count == 3 ? 1 : 0)
      filled = size
    }
    count = graft_mask_count(words, size)
    self.extents = extents
    spacing = mask.depthHeightWidthSpacing
  }

  /// The distances of the voxels, centre to centre, to the nearest of `other`, a surface in the same box.
  ///
  /// Their order is fixed but not the voxels' own.
  func distances(to other: Surface) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { distances, filled in
      graft_mask_distances(
        distances.baseAddress, words, other.words, [extents.x, extents.y, extents.z],
        [spacing.x, spacing.y, spacing.z])
      filled = count
    }
  }
}
