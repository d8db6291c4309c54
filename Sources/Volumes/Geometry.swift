/// The unit in which an image's positions are given.
public enum LengthUnit: String, Sendable, Codable {
  /// The image says where its voxels lie in the patient.
  case millimetre = "mm"
  /// A picture without a scale; one pixel counts as one.
  case pixel
}

/// Where the voxels of an image lie: extents and the map to positions.
public struct Geometry: Sendable, Equatable {
  /// The number of voxels along each axis, fastest (x on disk) first: W, H, D.
  public let extents: SIMD3<Int>
  /// The map from voxel index (x, y, z) to RAS+ millimetres.
  public let affine: Affine
  /// The unit of the positions.
  public let unit: LengthUnit

  /// A geometry of the given extents (W, H, D) and map.
  public init(extents: SIMD3<Int>, affine: Affine, unit: LengthUnit = .millimetre) {
    precondition(
      extents.x > 0 && extents.y > 0 && extents.z > 0,
      "Geometry: extents \(extents) are not positive"
    )
    self.extents = extents
    self.affine = affine
    self.unit = unit
  }

  /// The distance between voxel centres along each axis, in the order of `extents`, in millimetres.
  public var spacing: SIMD3<Double> { affine.spacing }

  /// The extents as the shape of an array, outermost first: [D, H, W].
  public var shape: [Int] { [extents.z, extents.y, extents.x] }

  /// The number of voxels.
  public var count: Int { extents.x * extents.y * extents.z }

  /// Which way the axes run.
  public var orientation: Orientation { Orientation(of: affine) }

  /// The same voxels with axes running to right, anterior and superior, as near as exchanges and flips come.
  public var canonical: Geometry { rearranged(orientation.toCanonical) }

  /// The geometry after an exchange of axes and flips.
  public func rearranged(_ change: Rearrangement) -> Geometry {
    Geometry(
      extents: change.extents(of: extents),
      affine: change.affine(of: affine, extents: extents), unit: unit)
  }

  /// How far two maps may differ in any number and still count as the same grid, in millimetres.
  public static let tolerance = 1e-3
}

/// Extents as people write them: 240 x 240 x 155.
func words(_ extents: SIMD3<Int>) -> String { "\(extents.x) x \(extents.y) x \(extents.z)" }

/// A number without digits nobody needs.
func short(_ value: Double) -> String {
  guard value.isFinite else { return "\(value)" }
  let rounded = (value * 1e6).rounded() / 1e6
  if rounded != 0 || value == 0, rounded == rounded.rounded(), abs(rounded) < 1e15 {
    return "\(Int(rounded))"
  }
  return rounded == 0 ? "\(value)" : "\(rounded)"
}
