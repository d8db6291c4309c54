import Foundation
import Tensors

/// Structures cut out, turned, scaled and shifted, and put back at another place of the body; the hole is filled.
public struct StructureMove: Sendable, Hashable, Codable {
  /// The largest rotation to either side about each axis, in degrees.
  public var rotationInDegrees: Float = 25
  /// The largest change of size, as a factor: 1.2 means 1/1.2 to 1.2; in a volume the cube root of its square, so that what is
  /// left of a structure is the same.
  public var scale: Float = 1.25
  /// The largest shift along each axis, as a share of the shorter side.
  public var shift: Float = 0.12
  /// The width of the blended seam around a structure, in pixels.
  public var seam: Float = 3

  /// The usual ranges.
  public init() {}

  /// The exemplar with one group of structures moved.
  ///
  /// A group is what touches: a part of a label that is surrounded by one class (or the background) moves alone, taking
  /// with it what it surrounds; parts that touch others move together with them. The place is drawn until the group lies
  /// within the body and touches no other structure.
  func applied(
    to exemplar: AnnotatedImage, _ structures: Structures, using random: inout Random
  ) throws(Refusal) -> (image: AnnotatedImage, parts: [Int32]) {
    let groups = StructureGroups(structures, exemplar)
    guard !groups.all.isEmpty else { throw .empty }
    let group = groups.all[Int(random.next() % UInt64(groups.all.count))]
    let body = Body(of: exemplar)
    for _ in 0..<24 {
      let pose = drawnPose(about: group.centre, on: exemplar.lattice, using: &random)
      guard let placed = PlacedGroup(group, pose, structures, exemplar, body) else { continue }
      let filled = HoleFilling(exemplar, structures, group, body)
        .filled(using: &random)
      return placed.pasted(onto: filled, exemplar, structures, seam: seam)
    }
    throw .noPlace
  }

  private func drawnPose(
    about centre: SIMD3<Float>, on lattice: Lattice, using random: inout Random
  ) -> Pose {
    let angles = (0..<3).map { _ in random.uniform(-1, 1) * rotationInDegrees * .pi / 180 }
    let power: Float = lattice.isFlat ? 1 : 2.0 / 3
    let factor = pow(scale, power * random.uniform(-1, 1))
    var shift = SIMD3<Float>()
    for axis in lattice.axes { shift[axis] = random.uniform(-1, 1) * self.shift * lattice.side }
    return Pose(
      lattice: lattice, centre: centre, angles: lattice.isFlat ? [angles[0], 0, 0] : angles,
      factor: factor, shift: shift)
  }
}

/// A rotation and scale about a centre, then a shift; lengths in pixels.
struct Pose {
  private let spacing: SIMD3<Float>
  private let centre: SIMD3<Float>
  private let rows: [SIMD3<Float>]
  private let factor: Float
  private let shift: SIMD3<Float>

  /// A pose about a centre in voxels; the angles turn the planes H-W, D-W and D-H.
  init(
    lattice: Lattice, centre: SIMD3<Float>, angles: [Float], factor: Float, shift: SIMD3<Float>
  ) {
    spacing = SIMD3(lattice.spacing[0], lattice.spacing[1], lattice.spacing[2])
    self.centre = centre * spacing
    self.factor = factor
    self.shift = shift
    var rows: [SIMD3<Float>] = [SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(0, 0, 1)]
    for (angle, plane) in zip(angles, [(1, 2), (0, 2), (0, 1)]) where angle != 0 {
      let (cosine, sine) = (cos(angle), sin(angle))
      let (p, q) = (rows[plane.0], rows[plane.1])
      rows[plane.0] = cosine * p - sine * q
      rows[plane.1] = sine * p + cosine * q
    }
    self.rows = rows
  }

  /// Where a voxel of the exemplar comes to lie, in voxels.
  func placed(_ voxel: SIMD3<Float>) -> SIMD3<Float> {
    let x = voxel * spacing - centre
    let turned = SIMD3((rows[0] * x).sum(), (rows[1] * x).sum(), (rows[2] * x).sum())
    return (centre + shift + factor * turned) / spacing
  }

  /// Where a voxel of the result comes from, in voxels.
  func origin(of voxel: SIMD3<Float>) -> SIMD3<Float> {
    let y = (voxel * spacing - centre - shift) / factor
    let turned = rows[0] * y.x + rows[1] * y.y + rows[2] * y.z
    return (centre + turned) / spacing
  }
}
