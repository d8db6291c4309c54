import CKernels

/// A binary mask of two or three dimensions with its spacing: one bit a voxel.
///
/// Voxels are row-major, the last axis runs fastest; every row starts a new word. Two masks that are compared
/// lie on the same grid: the same extents and spacing.
public struct Mask: Sendable, Equatable {
  /// Voxels along each axis: [H, W] or [D, H, W].
  public let extents: [Int]
  /// The distance between neighbouring voxels along each axis, in the unit of every distance computed (mm).
  public let spacing: [Double]
  /// How many voxels belong to the mask.
  public let count: Int

  let wordsPerRow: Int
  let words: [UInt64]

  init(extents: [Int], spacing: [Double], words: [UInt64]) {
    self.init(
      extents: extents, spacing: spacing, words: words, count: graft_mask_count(words, words.count))
  }

  private init(extents: [Int], spacing: [Double], words: [UInt64], count: Int) {
    precondition(
      extents.count == 2 || extents.count == 3, "mask: 2 or 3 extents, not \(extents)")
    precondition(extents.allSatisfy { $0 > 0 }, "mask: extents \(extents) must be positive")
    precondition(
      spacing.count == extents.count && spacing.allSatisfy { $0 > 0 && $0.isFinite },
      "mask: spacing \(spacing) does not fit extents \(extents)")
    self.extents = extents
    self.spacing = spacing
    self.words = words
    wordsPerRow = Mask.wordsPerRow(extents)
    self.count = count
  }

  /// A mask without any voxel.
  public init(empty extents: [Int], spacing: [Double]) {
    let rows = extents.dropLast().reduce(1, *)
    self.init(
      extents: extents, spacing: spacing,
      words: [UInt64](repeating: 0, count: rows * Mask.wordsPerRow(extents)))
  }

  /// The voxels for whose row-major index `belongs` is true.
  public init(extents: [Int], spacing: [Double], where belongs: (Int) -> Bool) {
    let width = extents.last ?? 0
    let perRow = Mask.wordsPerRow(extents)
    let rows = extents.dropLast().reduce(1, *)
    var words = [UInt64](repeating: 0, count: rows * perRow)
    for row in 0..<rows {
      for column in 0..<width where belongs(row * width + column) {
        words[row * perRow + column / 64] |= 1 << UInt64(column % 64)
      }
    }
    self.init(extents: extents, spacing: spacing, words: words)
  }

  /// The voxels of a row-major label image that hold `label`.
  public init(of label: UInt8, in labels: [UInt8], extents: [Int], spacing: [Double]) {
    precondition(
      labels.count == extents.reduce(1, *), "mask: \(labels.count) labels for extents \(extents)")
    self.init(
      extents: extents, spacing: spacing, words: Mask.packed(labels, label: label, extents: extents)
    )
  }

  /// The voxels that belong to either of two masks on one grid.
  public func union(_ other: Mask) -> Mask {
    requireSameGrid(as: other)
    return Mask(extents: extents, spacing: spacing, words: zip(words, other.words).map { $0 | $1 })
  }

  /// The volume or area of the mask: its voxel count times the voxel's size, in mm³ or mm².
  public var volume: Double { Double(count) * spacing.reduce(1, *) }

  /// How many voxels belong to both masks.
  public func intersectionCount(with other: Mask) -> Int {
    requireSameGrid(as: other)
    return graft_mask_common(words, other.words, words.count)
  }

  /// The same voxels with another spacing.
  public func spaced(_ spacing: [Double]) -> Mask {
    Mask(extents: extents, spacing: spacing, words: words, count: count)
  }

  /// Whether the voxel at a row-major index belongs to the mask.
  public subscript(index: Int) -> Bool {
    let width = extents[extents.count - 1]
    let (row, column) = index.quotientAndRemainder(dividingBy: width)
    return words[row * wordsPerRow + column / 64] >> UInt64(column % 64) & 1 == 1
  }

  func requireSameGrid(as other: Mask) {
    precondition(
      extents == other.extents && spacing == other.spacing,
      "masks: grids differ, \(extents) at \(spacing) and \(other.extents) at \(other.spacing)")
  }

  static func wordsPerRow(_ extents: [Int]) -> Int { ((extents.last ?? 0) + 63) / 64 }
}

extension Mask {
  /// The bits of a row-major image's voxels that equal `label`.
  private static func packed(_ bytes: [UInt8], label: UInt8, extents: [Int]) -> [UInt64] {
    let rows = extents.dropLast().reduce(1, *)
    let count = rows * wordsPerRow(extents)
    return [UInt64](unsafeUninitializedCapacity: count) { words, filled in
      if let base = words.baseAddress {
        graft_mask_pack(base, bytes, label, rows, extents.last ?? 0)
      }
      filled = count
    }
  }
}
