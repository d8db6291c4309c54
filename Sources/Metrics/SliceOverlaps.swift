/// The overlap of two masks slice by slice along one axis of their grid.
public struct SliceOverlaps: Sendable, Equatable {
  /// The overlap of every slice, in the order of the axis; those in which neither mask has voxels too.
  public let overlaps: [Overlap]

  /// Counts the voxels of two masks on one grid per slice across `axis` of [D, H, W].
  ///
  /// A 2-D mask is one slice, whatever the axis.
  public init(prediction: Mask, reference: Mask, axis: Int) {
    precondition((0..<3).contains(axis), "slices: \(axis) is none of the axes 0, 1 and 2")
    prediction.requireSameGrid(as: reference)
    let grid = prediction.depthHeightWidth
    let axis = prediction.extents.count == 2 ? 0 : axis
    var counts = [SIMD3<Int>](repeating: SIMD3(0, 0, 0), count: grid[axis])
    let perRow = prediction.wordsPerRow
    prediction.words.withUnsafeBufferPointer { predicted in
      reference.words.withUnsafeBufferPointer { referred in
        for row in 0..<grid.x * grid.y {
          for word in 0..<perRow {
            let at = row * perRow + word
            let (one, other) = (predicted[at], referred[at])
            if one | other == 0 { continue }
            if axis < 2 {
              let slice = axis == 0 ? row / grid.y : row % grid.y
              counts[slice] &+= SIMD3(
                one.nonzeroBitCount, other.nonzeroBitCount, (one & other).nonzeroBitCount)
            } else {
              Self.count(one, other, in: &counts, from: 64 * word)
            }
          }
        }
      }
    }
    overlaps = counts.map { Overlap(prediction: $0.x, reference: $0.y, intersection: $0.z) }
  }

  /// The mean Dice of the slices in which either mask has voxels; nil where there is none.
  public var meanDice: Double? { Statistics(overlaps.map(\.dice)).mean }

  /// Adds the bits of a word of both masks to the slices across the rows.
  private static func count(
    _ one: UInt64, _ other: UInt64, in counts: inout [SIMD3<Int>], from first: Int
  ) {
    var left = one | other
    while left != 0 {
      let bit = left.trailingZeroBitCount
      let (inOne, inOther) = (Int(one >> UInt64(bit) & 1), Int(other >> UInt64(bit) & 1))
      counts[first + bit] &+= SIMD3(inOne, inOther, inOne & inOther)
      left &= left - 1
    }
  }
}
