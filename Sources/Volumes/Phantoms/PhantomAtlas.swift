import Tensors

/// An anatomy written down by hand: its scene, the looks of its regions and the names of its labels.
struct PhantomAtlas {
  /// A solid with the mean of each channel, in the units of the images.
  struct Organ {
    var shape: PhantomShape
    var means: [Float]
    var label: UInt8 = 0
    /// The means of an outer layer and how deep it goes.
    var rim: (means: [Float], label: UInt8, depth: Float)?
    var isHollow = false
    /// Only inside the organ before this one.
    var isInsidePrevious = false
    var roughness: Float = 0.06
    var texture: Float = 0
    /// How far this organ wanders from subject to subject, in scene units.
    var wander: Float = 0.02
  }

  var outside: [Float]
  var body: Organ
  /// The means of the tissues between the organs.
  var tissues: [[Float]]
  var organs: [Organ]
  /// What the images are divided by after `offset` is taken off, so that they fit 0..1.
  var range: Float
  var offset: Float
  /// The names of the labels from 1 on.
  var names: [String]

  private static let tissueStart = 2

  /// The scene of one subject, with every organ a little moved, and the looks that go with it.
  func drawn(using random: inout Random) -> (scene: PhantomScene, looks: PhantomAppearance) {
    var means = [outside, body.rim?.means ?? outside] + tissues
    var textures: [Float] = means.map { _ in 0.012 * range }
    func region(_ organMeans: [Float], _ texture: Float) -> Int {
      means.append(organMeans)
      textures.append(texture)
      return means.count - 1
    }
    var structures: [PhantomScene.Structure] = []
    for organ in organs {
      let shift = SIMD3<Float>(random.normal(), random.normal(), random.normal()) * organ.wander
      let previous = structures.last
      var structure = PhantomScene.Structure(
        shape: organ.shape.moved(
          by: shift, scaledBy: 1 + 0.08 * random.normal(), turnedBy: 0.08 * random.normal()),
        region: region(organ.means, organ.texture), label: organ.label,
        within: organ.isInsidePrevious ? previous.map { [$0.region] } ?? [] : [],
        isHollow: organ.isHollow, roughness: organ.roughness)
      if let rim = organ.rim {
        structure.rim = (region(rim.means, organ.texture), rim.label, rim.depth)
      }
      structures.append(structure)
    }
    let scene = PhantomScene(
      body: PhantomScene.Structure(
        shape: body.shape.moved(by: SIMD3(), scaledBy: 1 + 0.04 * random.normal(), turnedBy: 0),
        region: Self.tissueStart, label: 0,
        rim: body.rim.map { (1, $0.label, $0.depth) }, roughness: body.roughness),
      tissue: tissues.indices.map { (Self.tissueStart + $0, 0) }, structures: structures)
    return (scene, looks(means, textures, using: &random))
  }

  private func looks(
    _ means: [[Float]], _ textures: [Float], using random: inout Random
  ) -> PhantomAppearance {
    let channels = outside.indices.map { channel -> [PhantomAppearance.Region] in
      let gain = 1 + 0.04 * random.normal()
      return means.indices.map { region in
        let jitter = region == 0 ? 0 : 0.008 * range * random.normal()
        let mean = region == 0 ? means[0][channel] : means[region][channel] * gain + jitter
        return PhantomAppearance.Region(
          mean: (mean - offset) / range, texture: textures[region] / range, scale: region % 2)
      }
    }
    var acquisition = PhantomAppearance.Acquisition()
    acquisition.noise = 0.009
    acquisition.correlatedNoise = 0.012
    acquisition.resolution = (1.3, 1.3)
    return PhantomAppearance(
      channels: channels, windows: channels.map { _ in (1, 0) }, acquisition: acquisition)
  }
}
