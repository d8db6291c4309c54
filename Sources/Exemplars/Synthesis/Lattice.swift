import Tensors

/// The voxels that deformations live on: extents along D, H and W, and how long a voxel is along each.
///
/// A slice is a lattice of depth 1. Fields have a component for each axis longer than one voxel in the order D, H, W and are in
/// voxels of that axis; a length in pixels is in units of the finest spacing.
package struct Lattice: Hashable, Sendable {
  /// The extents along D, H, W.
  package let extents: [Int]
  /// The length of a voxel along D, H, W, the finest being 1.
  package let spacing: [Float]
  /// The length of a pixel, the finest spacing, in the unit of the geometry.
  package let pixel: Float

  /// A lattice of the given extents and spacings in any unit; axes of one voxel are moved to the front.
  package init(extents: [Int], spacing: [Float]) {
    precondition(
      extents.count == 3 && spacing.count == 3 && extents.allSatisfy { $0 > 0 },
      "Lattice: extents \(extents) and spacing \(spacing)")
    let long = (0..<3).filter { extents[$0] > 1 }
    let order = (0..<3).filter { extents[$0] == 1 } + long
    let finest = (long.isEmpty ? spacing : long.map { spacing[$0] }).min() ?? 1
    pixel = finest
    self.extents = order.map { extents[$0] }
    self.spacing = order.map { extents[$0] == 1 ? 1 : spacing[$0] / finest }
  }

  /// The number of voxels.
  package var count: Int { extents.product }
  /// Whether it is a plane.
  package var isFlat: Bool { extents[0] == 1 }
  /// The axes fields have a component for: H and W of a plane, else all three.
  package var axes: Range<Int> { (isFlat ? 1 : 0)..<3 }
  /// The shape of a field on it.
  package var fieldShape: [Int] { [axes.count] + extents }
  /// The number of lines of voxels along W.
  var lines: Int { extents[0] * extents[1] }
  /// The middle one of the spacings of its axes, of two the larger: how far apart voxels are by and large.
  var middleSpacing: Float { axes.map { spacing[$0] }.sorted()[axes.count / 2] }

  /// The same space in other voxels.
  func resized(to extents: [Int]) -> Lattice {
    Lattice(
      extents: extents,
      spacing: (0..<3).map {
        spacing[$0] * pixel * Float(self.extents[$0]) / Float(extents[$0])
      })
  }

  /// The shorter side of the plane of its two finest axes, in pixels.
  package var side: Float {
    let lengths = axes.map { (length: Float(extents[$0]) * spacing[$0], spacing: spacing[$0]) }
    return lengths.sorted { $0.spacing < $1.spacing }.prefix(2).map(\.length).min() ?? 1
  }
}

/// The eight (in a plane four) voxels around a place, as offsets, and how much the later ones count.
///
/// Places beyond the outermost voxels count as lying on them.
struct Around {
  private let near: Int
  private let steps: (depth: Int, row: Int, column: Int)
  private let parts: (depth: Float, row: Float, column: Float)

  @inline(__always)
  init(_ z: Float, _ y: Float, _ x: Float, _ depth: Int, _ height: Int, _ width: Int) {
    let z = min(max(z, 0), Float(depth - 1))
    let y = min(max(y, 0), Float(height - 1))
    let x = min(max(x, 0), Float(width - 1))
    let (i, j, k) = (Int(z), Int(y), Int(x))
    near = (i * height + j) * width + k
    steps = (
      i + 1 < depth ? height * width : 0, j + 1 < height ? width : 0, k + 1 < width ? 1 : 0
    )
    parts = (z - Float(i), y - Float(j), x - Float(k))
  }

  /// The value there by (bi- or) trilinear interpolation.
  @inline(__always)
  func value(of x: UnsafePointer<Float>) -> Float {
    let first = plane(x + near)
    guard parts.depth > 0 else { return first }
    return first + parts.depth * (plane(x + near + steps.depth) - first)
  }

  @inline(__always)
  private func plane(_ x: UnsafePointer<Float>) -> Float {
    let upper = x[0] + parts.column * (x[steps.column] - x[0])
    let below = x + steps.row
    let lower = below[0] + parts.column * (below[steps.column] - below[0])
    return upper + parts.row * (lower - upper)
  }
}
