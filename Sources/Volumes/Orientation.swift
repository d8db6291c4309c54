import Tensors

/// Which way the voxel axes run through the patient, to the nearest axis of the body.
public struct Orientation: Sendable, Equatable {
  /// For each voxel axis (fastest first) the body axis it runs along: 0 left to right, 1 posterior to anterior,
  /// 2 inferior to superior.
  public let axes: [Int]
  /// For each voxel axis whether it runs against its body axis: towards left, posterior or inferior.
  public let reversed: [Bool]

  /// An orientation of three different body axes.
  public init(axes: [Int], reversed: [Bool]) {
    precondition(
      axes.sorted() == [0, 1, 2] && reversed.count == 3,
      "Orientation: \(axes), \(reversed) is no arrangement of three axes")
    self.axes = axes
    self.reversed = reversed
  }

  /// The orientation a map comes closest to.
  ///
  /// The columns are made orthonormal without preferring one (the polar factor), then each voxel axis, the one that
  /// lies closest to a body axis first, takes the free body axis it runs along most: nibabel's `io_orientation`.
  /// The columns must not lie in one plane.
  public init(of affine: Affine) {
    var rotation = Self.rotation(of: affine)
    var axes = [0, 1, 2]
    var reversed = [false, false, false]
    let strongest = rotation.map { column in (0..<3).map { abs(column[$0]) }.reduce(0, max) }
    let order = [0, 1, 2].sorted { (strongest[$1], $0) < (strongest[$0], $1) }
    for axis in order {
      let column = rotation[axis]
      let body = [0, 1, 2].reduce(0) { abs(column[$1]) > abs(column[$0]) ? $1 : $0 }
      axes[axis] = body
      reversed[axis] = column[body] < 0
      for other in 0..<3 { rotation[other][body] = 0 }
    }
    self.init(axes: axes, reversed: reversed)
  }

  /// The orthonormal matrix nearest to the unit columns of a map.
  ///
  /// Newton's iteration R <- (R + R⁻ᵀ) / 2; Higham, Functions of Matrices (2008), section 8.3.
  private static func rotation(of affine: Affine) -> [SIMD3<Double>] {
    var columns = affine.columns.map { $0 / $0.norm }
    for _ in 0..<100 {
      let crosses = [
        columns[1].cross(columns[2]), columns[2].cross(columns[0]), columns[0].cross(columns[1]),
      ]
      let determinant = columns[0].dot(crosses[0])
      precondition(determinant != 0, "Orientation: the columns \(affine.columns) lie in one plane")
      let next = (0..<3).map { (columns[$0] + crosses[$0] / determinant) / 2 }
      let change = (0..<3).map { (next[$0] - columns[$0]).norm }.reduce(0, max)
      columns = next
      if change < 1e-14 { break }
    }
    return columns
  }

  /// Where the voxel axes run to, fastest first, in the letters of the field, such as `RAS` or `LPS`.
  public var codes: String {
    let letters = [["R", "L"], ["A", "P"], ["S", "I"]]
    return (0..<3).map { letters[axes[$0]][reversed[$0] ? 1 : 0] }.joined()
  }

  /// Voxel axes that run to right, anterior and superior.
  public static let canonical = Orientation(axes: [0, 1, 2], reversed: [false, false, false])

  /// The exchange of axes and flips that turns an image of this orientation to `canonical`.
  public var toCanonical: Rearrangement {
    var sources = [0, 0, 0]
    for axis in 0..<3 { sources[axes[axis]] = axis }
    return Rearrangement(sources: sources, flipped: sources.map { reversed[$0] })
  }
}

/// An exchange of the three voxel axes together with flips; it moves voxels and changes none.
public struct Rearrangement: Sendable, Equatable {
  /// For each axis of the result (fastest first) the axis of the source it is taken from.
  public let sources: [Int]
  /// For each axis of the result whether it runs against its source.
  public let flipped: [Bool]

  /// Whether nothing moves.
  public var isIdentity: Bool { sources == [0, 1, 2] && flipped == [false, false, false] }

  /// The rearrangement that undoes this one.
  public var inverse: Rearrangement {
    var sources = [0, 0, 0]
    for axis in 0..<3 { sources[self.sources[axis]] = axis }
    return Rearrangement(sources: sources, flipped: sources.map { flipped[$0] })
  }

  /// The extents after the exchange.
  public func extents(of extents: SIMD3<Int>) -> SIMD3<Int> {
    SIMD3(extents[sources[0]], extents[sources[1]], extents[sources[2]])
  }

  /// The map of the rearranged image: every voxel stays where it is in the patient.
  public func affine(of affine: Affine, extents: SIMD3<Int>) -> Affine {
    var translation = affine.translation
    var columns: [SIMD3<Double>] = []
    for axis in 0..<3 {
      let column = affine.columns[sources[axis]]
      columns.append(flipped[axis] ? -column : column)
      if flipped[axis] { translation += column * Double(extents[sources[axis]] - 1) }
    }
    return Affine(columns: columns, translation: translation)
  }

  /// Writes the rearranged elements of `images` images of the given extents one after the other.
  func move<Element: BitwiseCopyable>(
    _ source: UnsafePointer<Element>, extents: SIMD3<Int>, images: Int,
    to result: UnsafeMutablePointer<Element>
  ) {
    let strides = [1, extents.x, extents.x * extents.y]
    let size = extents.x * extents.y * extents.z
    let shape = self.extents(of: extents)
    let steps = (0..<3).map { flipped[$0] ? -strides[sources[$0]] : strides[sources[$0]] }
    let start = (0..<3).reduce(0) { $0 + (flipped[$1] ? -steps[$1] * (shape[$1] - 1) : 0) }
    let (stepX, stepY, stepZ) = (steps[0], steps[1], steps[2])
    parallel(images * shape.z) { slice in
      let (image, z) = slice.quotientAndRemainder(dividingBy: shape.z)
      var target = result + slice * shape.x * shape.y
      for y in 0..<shape.y {
        var from = source + image * size + start + z * stepZ + y * stepY
        for _ in 0..<shape.x {
          target.pointee = from.pointee
          target += 1
          from += stepX
        }
      }
    }
  }
}
