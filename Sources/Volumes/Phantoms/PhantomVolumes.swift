import Tensors

/// Generated scans with labels: one anatomy and one way of imaging it, any number of subjects.
///
/// A subject is a function of the seed and its number alone. The grids are anisotropic and lie in the patient as
/// scanners leave them, so that nothing that ignores geometry works on them.
public struct PhantomVolumes: Sendable {
  /// What is shown.
  public enum Kind: String, Sendable, CaseIterable, Codable {
    /// Eight organs in computed tomography, in Hounsfield units: one channel.
    case abdomen
    /// A brain with a tumour of core, rim and oedema in four channels of magnetic resonance.
    case brain
  }

  /// What is shown.
  public let kind: Kind
  /// The names of the labels, the first of them label 1.
  public let labelNames: [String]
  /// The names of the channels.
  public let channelNames: [String]
  private let random: Random
  private let geometry: Geometry

  /// Scans of a kind on a grid of that many voxels along x, y and z; the field of view stays the same.
  public init(_ kind: Kind, seed: UInt64, extents: SIMD3<Int>? = nil) {
    self.kind = kind
    random = Random(seed: seed).split(kind.rawValue)
    var any = random
    labelNames = (kind == .abdomen ? PhantomAtlas.abdomen(using: &any) : .brain(using: &any)).names
    channelNames = kind == .abdomen ? ["CT"] : ["FLAIR", "T1", "T1ce", "T2"]
    switch kind {
    case .abdomen:
      // Stored as many scanners do: towards left, posterior and superior.
      geometry = Self.grid(
        extents ?? SIMD3(112, 88, 36), SIMD3(352, 264, 216), middle: SIMD3(8, -112.5, -431),
        signs: SIMD3(-1, -1, 1))
    case .brain:
      geometry = Self.grid(
        extents ?? SIMD3(96, 112, 36), SIMD3(156, 182, 148), middle: SIMD3(-2.25, 14.5, 22),
        signs: SIMD3(-1, 1, 1))
    }
  }

  /// The image and the labels of one subject, in the scanner's own arrangement.
  public func subject(_ index: Int) -> (image: Volume, labels: LabelVolume) {
    var anatomy = random.split("anatomy")
    var random = random.split("subject", index)
    let atlas: PhantomAtlas
    switch kind {
    case .abdomen: atlas = .abdomen(using: &anatomy)
    case .brain: atlas = .brain(using: &random)
    }
    let (scene, looks) = atlas.drawn(using: &random)
    let grid = sceneGrid(using: &random)
    let fields = drawnFields(grid.extents, cells: scene.tissue.count, using: &random)
    let painting = scene.painted(
      on: grid, displacement: fields.displacement, cells: fields.cells, roughness: fields.rough)
    let shown = looks.image(
      of: painting, extents: grid.extents, textures: fields.textures, using: &random)
    return (
      Volume(voxels: inUnits(shown, atlas, painting), geometry: geometry),
      LabelVolume(values: painting.labels.map { Int32($0) }, geometry: geometry)
    )
  }

  private static func grid(
    _ extents: SIMD3<Int>, _ size: SIMD3<Double>, middle: SIMD3<Double>, signs: SIMD3<Double>
  ) -> Geometry {
    let counts = SIMD3<Double>(Double(extents.x), Double(extents.y), Double(extents.z))
    let spacing = size / counts * signs
    return Geometry(
      extents: extents,
      affine: Affine(spacing: spacing, translation: middle - spacing * (counts - 1) / 2))
  }

  /// The grid in the scene of a subject, who lies a little askew.
  private func sceneGrid(using random: inout Random) -> PhantomGrid {
    let unit: Float = kind == .abdomen ? 170 : 90
    let spacing =
      SIMD3<Float>(
        Float(geometry.affine.columns[0].x), Float(geometry.affine.columns[1].y),
        Float(geometry.affine.columns[2].z)) / unit
    let angle = 0.04 * random.normal()
    let x = SIMD3(cosine(angle), sine(angle), 0) * spacing.x
    let y = SIMD3(-sine(angle), cosine(angle), 0) * spacing.y
    let z = SIMD3(0, 0, spacing.z)
    let extents = geometry.extents
    let shift = SIMD3<Float>(random.normal(), random.normal(), random.normal()) * 0.02
    let across = x * (Float(extents.x - 1) / 2) + y * (Float(extents.y - 1) / 2)
    let corner = shift - across - z * (Float(extents.z - 1) / 2)
    return PhantomGrid(
      depth: extents.z, height: extents.y, width: extents.x, origin: corner, steps: (x, y, z))
  }

  private func drawnFields(
    _ extents: [Int], cells: Int, using random: inout Random
  ) -> (displacement: Tensor, cells: Tensor, rough: Tensor, textures: Tensor) {
    func field(_ divisor: Int) -> SmoothField {
      SmoothField(
        intervals: extents.enumerated().map { axis, extent in
          max(2, axis == 0 ? extent * 2 / divisor : extent / divisor)
        }, extents: extents)
    }
    let warp = field(32).drawn(3, amplitude: 0.09, using: &random)
      .adding(field(14).drawn(3, amplitude: 0.025, using: &random))
    let textures = field(3).drawn(2, amplitude: 2.5, using: &random)
    let tissue = field(9).drawn(cells, using: &random)
    return (warp, tissue, field(6).drawn(2, amplitude: 2.5, using: &random), textures)
  }

  /// Shown values back in the units of the scanner, whole numbers; a stripped brain is 0 outside.
  private func inUnits(
    _ shown: Tensor, _ atlas: PhantomAtlas, _ painting: PhantomScene.Painting
  ) -> Tensor {
    let count = painting.regions.count
    return Tensor(unfilled: shown.shape) { result in
      shown.withPointer { shown in
        for k in 0..<count * atlas.outside.count {
          let value = (shown[k] * atlas.range + atlas.offset).rounded()
          result[k] = kind == .brain && painting.regions[k % count] == 0 ? 0 : value
        }
      }
    }
  }
}
