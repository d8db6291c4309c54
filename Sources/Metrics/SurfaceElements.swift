import CKernels

/// The surface elements of a mask: the corners between voxels around which some voxels belong to it and some do not.
///
/// A corner's 2x2x2 voxels (2x2 in a plane) give the element's area (or length), as DeepMind's surface-distance defines
/// it. Outside of the array is background.
struct SurfaceElements {
  /// The area of each element, in the order of `distances(to:)`.
  let areas: [Double]
  private let words: [UInt64]
  private let extents: SIMD3<Int>
  private let spacing: SIMD3<Double>

  /// The elements of `mask`, which lies in `box`; `table` has their areas.
  init(of mask: Mask, in box: Box, table: SurfaceElementTable) {
    var lower = box.lower
    lower.z -= lower.z % 64
    let isPlanar = mask.extents.count == 2
    let corners = box.upper &- lower &+ SIMD3(isPlanar ? 0 : 1, 1, 1)
    let width = (corners.z + 63) / 64
    var words = [UInt64](repeating: 0, count: corners.x * corners.y * width)
    var areas: [Double] = []
    mask.words.withUnsafeBufferPointer { voxels in
      let rows = VoxelRows(voxels, of: mask, firstWord: lower.z / 64)
      for line in 0..<corners.y {
        for slice in 0..<corners.x {
          let around = rows.around(
            slice: lower.x + slice, line: lower.y + line, inPlane: isPlanar)
          for word in 0..<width {
            let corner = Corners(around, rows, word)
            words[(slice * corners.y + line) * width + word] = corner.elements
            corner.appendAreas(table, to: &areas)
          }
        }
      }
    }
    self.areas = areas
    self.words = words
    extents = corners
    spacing = mask.depthHeightWidthSpacing
  }

  /// The distances of the elements to the nearest of `other`, elements in the same box.
  func distances(to other: SurfaceElements) -> [Double] {
    [Double](unsafeUninitializedCapacity: areas.count) { distances, filled in
      graft_mask_distances(
        distances.baseAddress, words, other.words, [extents.x, extents.y, extents.z],
        [spacing.x, spacing.y, spacing.z])
      filled = areas.count
    }
  }
}

/// The rows of a mask from one of their words on; what lies outside of the grid is 0.
private struct VoxelRows {
  private let words: UnsafeBufferPointer<UInt64>
  private let grid: SIMD3<Int>
  private let perRow: Int
  private let firstWord: Int

  init(_ words: UnsafeBufferPointer<UInt64>, of mask: Mask, firstWord: Int) {
    self.words = words
    grid = mask.depthHeightWidth
    perRow = mask.wordsPerRow
    self.firstWord = firstWord
  }

  /// Where the four rows around the corners of a line begin.
  ///
  /// Those of the slice before come first, in each slice that of the line before.
  ///
  /// In a plane the slice stands for the one before as well; -1 is a row outside of the grid.
  func around(slice: Int, line: Int, inPlane: Bool) -> SIMD4<Int> {
    func start(_ slice: Int, _ line: Int) -> Int {
      (0..<grid.x).contains(slice) && (0..<grid.y).contains(line)
        ? (slice * grid.y + line) * perRow : -1
    }
    let before = inPlane ? slice : slice - 1
    return SIMD4(
      start(before, line - 1), start(before, line), start(slice, line - 1), start(slice, line))
  }

  /// A word of each of four rows, counted from the first one.
  func words(_ word: Int, of starts: SIMD4<Int>) -> SIMD4<UInt64> {
    let at = firstWord + word
    guard word >= 0, at < perRow else { return SIMD4(repeating: 0) }
    var found = SIMD4<UInt64>(repeating: 0)
    for row in 0..<4 where starts[row] >= 0 { found[row] = words[starts[row] + at] }
    return found
  }
}

/// The voxels around 64 corners of a line: of each of the four rows the voxel after the corner and the one before it.
private struct Corners {
  private let after: SIMD4<UInt64>
  private let before: SIMD4<UInt64>
  /// The corners at which the mask has a surface element.
  let elements: UInt64

  init(_ starts: SIMD4<Int>, _ rows: VoxelRows, _ word: Int) {
    after = rows.words(word, of: starts)
    before = after &<< 1 | rows.words(word - 1, of: starts) &>> 63
    let (either, both) = (after | before, after & before)
    elements =
      (either[0] | either[1] | either[2] | either[3]) & ~(both[0] & both[1] & both[2] & both[3])
  }

  /// Appends the area of each element, first corner first.
  func appendAreas(_ table: SurfaceElementTable, to areas: inout [Double]) {
    var left = elements
    while left != 0 {
      let corner = UInt64(left.trailingZeroBitCount)
      var code = 0
      for row in 0..<4 {
        code = code << 2 | Int(before[row] >> corner & 1) << 1 | Int(after[row] >> corner & 1)
      }
      areas.append(table.areas[code])
      left &= left - 1
    }
  }
}
