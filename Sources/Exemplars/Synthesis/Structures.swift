import Volumes

/// The connected parts of each class of a label, by which a loss is noticed.
struct Structures {
  /// For each voxel the number of its part, 0 for the background.
  let parts: [Int32]
  /// The number of voxels of each part, part 1 first.
  let sizes: [Int]
  /// The class of each part, part 1 first.
  let classes: [UInt8]

  /// A part of fewer voxels is a speck: it counts for its class only.
  static let speck = 8
  /// The least share of its voxels that a part or a class must keep.
  static let leastShare = 0.5

  /// The parts of a label.
  init(of label: [UInt8], on lattice: Lattice) {
    let components = Components(
      of: label, extents: SIMD3(lattice.extents[2], lattice.extents[1], lattice.extents[0]))
    parts = components.regions
    sizes = components.sizes
    classes = components.labels
  }

  /// The label of moved parts.
  func label(of moved: [Int32]) -> [UInt8] {
    moved.map { $0 == 0 ? 0 : classes[Int($0) - 1] }
  }

  /// Whether each class, and each part that is no speck, kept its least share of voxels in `moved`, and none of them grew to
  /// more than its inverse.
  func areKept(in moved: [Int32]) -> Bool {
    var counts = [Int](repeating: 0, count: sizes.count + 1)
    for part in moved { counts[Int(part)] += 1 }
    var before = [Int](repeating: 0, count: 256)
    var after = before
    for (index, size) in sizes.enumerated() {
      let count = counts[index + 1]
      before[Int(classes[index])] += size
      after[Int(classes[index])] += count
      guard size < Structures.speck || Structures.isKept(count, of: size) else { return false }
    }
    return (0..<256).allSatisfy { Structures.isKept(after[$0], of: before[$0]) }
  }

  private static func isKept(_ count: Int, of size: Int) -> Bool {
    Double(count) >= leastShare * Double(size) && Double(count) * leastShare <= Double(size)
  }
}
