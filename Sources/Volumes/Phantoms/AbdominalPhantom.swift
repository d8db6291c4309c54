import Tensors

extension PhantomAtlas {
  /// An abdomen as computed tomography shows it, in Hounsfield units; one scene unit is 170 mm.
  ///
  /// The eight labels are those of TransUNet's Synapse: spleen, right and left kidney, gallbladder, liver, stomach,
  /// aorta, pancreas. x runs to the patient's right, so the liver lies at positive x.
  static func abdomen(using random: inout Random) -> PhantomAtlas {
    let wall = PhantomShape([.init(SIMD3(), SIMD3(0.97, 0.7, 4))])
    var organs = frame()
    organs += bowel(using: &random)
    organs += [
      Organ(shape: liver, means: [112], label: 5, texture: 7, wander: 0.03),
      Organ(shape: spleen, means: [128], label: 1, texture: 6, wander: 0.03),
    ]
    organs += kidney(side: 1, label: 2) + kidney(side: -1, label: 3)
    organs += [
      Organ(shape: stomach, means: [45], label: 6, rim: ([82], 6, 0.3), wander: 0.03),
      Organ(
        shape: PhantomShape([.init(SIMD3(-0.36, 0.38, 0.28), SIMD3(0.14, 0.06, 0.16))]),
        means: [-850], label: 6, isInsidePrevious: true),
      Organ(
        shape: PhantomShape(tube: [
          SIMD4(0.2, 0, -0.12, 0.085), SIMD4(0.08, 0.1, -0.02, 0.07),
          SIMD4(-0.12, 0.12, 0.06, 0.055), SIMD4(-0.32, 0, 0.14, 0.06),
          SIMD4(-0.45, -0.08, 0.2, 0.045),
        ]), means: [88], label: 8, roughness: 0.2, texture: 10),
      Organ(
        shape: PhantomShape([
          .init(SIMD3(0.36, 0.26, -0.04), SIMD3(0.08, 0.12, 0.13), angle: 0.4)
        ]), means: [8], label: 4),
      Organ(
        shape: PhantomShape(tube: [
          SIMD4(0.12, -0.2, -1, 0.075), SIMD4(0.13, -0.19, 0, 0.08), SIMD4(0.14, -0.15, 1, 0.08),
        ]), means: [138], wander: 0.01),
      Organ(
        shape: PhantomShape(tube: [
          SIMD4(-0.05, -0.2, -1, 0.06), SIMD4(-0.04, -0.19, 0, 0.068),
          SIMD4(-0.06, -0.22, 1, 0.075),
        ]), means: [205], label: 7, roughness: 0.02, wander: 0.01),
    ]
    return PhantomAtlas(
      outside: [-1000],
      body: Organ(shape: wall, means: [0], rim: ([-105], 0, 0.26), roughness: 0.03),
      tissues: [[-95], [-70], [38]], organs: organs, range: 1500, offset: -1024,
      names: [
        "spleen", "right kidney", "left kidney", "gallbladder", "liver", "stomach", "aorta",
        "pancreas",
      ])
  }

  private static let liver = PhantomShape([
    .init(SIMD3(0.46, 0.02, 0.26), SIMD3(0.34, 0.46, 0.46), angle: 0.15),
    .init(SIMD3(0.14, 0.26, 0.32), SIMD3(0.42, 0.2, 0.26), angle: -0.2),
  ])

  private static let spleen = PhantomShape([
    .init(SIMD3(-0.64, -0.14, 0.3), SIMD3(0.13, 0.3, 0.3), angle: -0.25, bend: -0.5)
  ])

  private static let stomach = PhantomShape([
    .init(SIMD3(-0.4, 0.24, 0.3), SIMD3(0.22, 0.24, 0.28), angle: 0.5, bend: 0.3),
    .init(SIMD3(-0.14, 0.34, 0.1), SIMD3(0.24, 0.12, 0.14), angle: -0.3),
  ])

  /// The muscles, the spine and the ribs.
  private static func frame() -> [Organ] {
    var organs = [
      Organ(
        shape: PhantomShape([.init(SIMD3(), SIMD3(0.86, 0.6, 4))]), means: [0],
        rim: ([52], 0, 0.17), isHollow: true, roughness: 0.04)
    ]
    for side in [Float(1), -1] {
      organs.append(
        Organ(
          shape: PhantomShape([.init(SIMD3(0.22 * side, -0.46, 0), SIMD3(0.17, 0.11, 3))]),
          means: [56], roughness: 0.1, wander: 0.01))
      for rib in 0..<5 {
        let height = 0.25 * Float(rib) - 0.4
        organs.append(
          Organ(
            shape: PhantomShape(
              tube: (0..<5).map { k in
                let angle = -1.2 + 0.5 * Float(k)
                return SIMD4(
                  0.86 * side * cosine(angle), 0.58 * sine(angle), height - 0.09 * Float(k), 0.032)
              }), means: [330], rim: ([430], 0, 0.4), wander: 0.005))
      }
    }
    organs += [
      Organ(
        shape: PhantomShape([
          .init(SIMD3(0, -0.36, 0), SIMD3(0.14, 0.11, 4)),
          .init(SIMD3(0, -0.52, 0), SIMD3(0.19, 0.05, 4)),
          .init(SIMD3(0, -0.58, 0), SIMD3(0.03, 0.1, 4)),
        ]), means: [210], rim: ([360], 0, 0.3), roughness: 0.05, texture: 25, wander: 0.005),
      Organ(
        shape: PhantomShape([.init(SIMD3(0, -0.49, 0), SIMD3(0.055, 0.045, 4))]), means: [30],
        wander: 0.003),
    ]
    return organs
  }

  private static func kidney(side: Float, label: UInt8) -> [Organ] {
    let center = SIMD3<Float>(0.36 * side, -0.27, side > 0 ? -0.16 : -0.08)
    let outer = PhantomShape([
      .init(center, SIMD3(0.12, 0.15, 0.3), angle: 0.5 * side, bend: 0.4 * side)
    ])
    let pelvis = PhantomShape([
      .init(center - SIMD3(0.05 * side, 0, 0), SIMD3(0.06, 0.06, 0.15))
    ])
    return [
      Organ(
        shape: outer, means: [165], label: label, rim: ([198], label, 0.35), texture: 6,
        wander: 0.025),
      Organ(shape: pelvis, means: [60], label: label, roughness: 0.2),
    ]
  }

  /// Loops of bowel in front of the spine: they belong to no label and are different in every atlas.
  private static func bowel(using random: inout Random) -> [Organ] {
    (0..<9).map { _ in
      let start = SIMD3<Float>(
        random.uniform(-0.5, 0.5), random.uniform(-0.05, 0.4), random.uniform(-0.8, -0.1))
      var place = start
      let tube = (0..<5).map { _ -> SIMD4<Float> in
        place += SIMD3(random.normal(), random.normal(), 0.5 * random.normal()) * 0.12
        return SIMD4(
          min(max(place.x, -0.65), 0.65), min(max(place.y, -0.12), 0.42), place.z,
          random.uniform(0.05, 0.085))
      }
      return Organ(
        shape: PhantomShape(tube: tube), means: [random.uniform(10, 60)],
        rim: ([75], 0, 0.3), roughness: 0.15, wander: 0.08)
    }
  }
}
