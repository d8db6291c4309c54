/// A map from voxel indices to positions in millimetres: three columns and a translation.
///
/// Index (0, 0, 0) is the centre of the first voxel. Positions are RAS+: x grows towards the patient's right, y
/// towards anterior, z towards superior.
public struct Affine: Sendable, Equatable {
  /// The step in millimetres along the first (fastest), second and third voxel axis.
  public let columns: [SIMD3<Double>]
  /// The position of the first voxel's centre, in millimetres.
  public let translation: SIMD3<Double>

  /// A map of three columns and a translation.
  public init(columns: [SIMD3<Double>], translation: SIMD3<Double>) {
    precondition(columns.count == 3, "Affine: 3 columns are needed, \(columns.count) were given")
    self.columns = columns
    self.translation = translation
  }

  /// The map with spacings along the axes and a translation.
  public init(spacing: SIMD3<Double>, translation: SIMD3<Double> = .zero) {
    self.init(
      columns: [
        SIMD3(spacing.x, 0, 0), SIMD3(0, spacing.y, 0), SIMD3(0, 0, spacing.z),
      ], translation: translation)
  }

  /// The map of a 4x4 (or 3x4) matrix given by rows; nil where the shape is another one.
  public init?(rows: [[Double]]) {
    guard rows.count == 3 || rows.count == 4, rows.allSatisfy({ $0.count == 4 }) else { return nil }
    func column(_ at: Int) -> SIMD3<Double> { SIMD3(rows[0][at], rows[1][at], rows[2][at]) }
    self.init(columns: (0..<3).map(column), translation: column(3))
  }

  /// The 4x4 matrix by rows, the last being 0 0 0 1.
  public var rows: [[Double]] {
    (0..<3).map { row in columns.map { $0[row] } + [translation[row]] } + [[0, 0, 0, 1]]
  }

  /// The position in millimetres of a voxel index, whole or between voxels.
  public func position(of index: SIMD3<Double>) -> SIMD3<Double> {
    columns[0] * index.x + columns[1] * index.y + columns[2] * index.z + translation
  }

  /// The length of each column, in millimetres.
  public var spacing: SIMD3<Double> {
    SIMD3(columns[0].norm, columns[1].norm, columns[2].norm)
  }

  /// Whether every number is finite.
  public var isFinite: Bool {
    (columns + [translation]).allSatisfy { $0.x.isFinite && $0.y.isFinite && $0.z.isFinite }
  }

  /// The volume spanned by the unit vectors of the columns: 1 for right angles, 0 for axes in one plane.
  ///
  /// Negative where the voxel axes are left-handed.
  var handedness: Double {
    let unit = columns.map { $0.norm > 0 ? $0 / $0.norm : $0 }
    return unit[0].dot(unit[1].cross(unit[2]))
  }
}

extension SIMD3<Double> {
  var norm: Double { dot(self).squareRoot() }

  func dot(_ other: Self) -> Double { (self * other).sum() }

  func cross(_ other: Self) -> Self {
    Self(
      y * other.z - z * other.y, z * other.x - x * other.z, x * other.y - y * other.x)
  }
}
