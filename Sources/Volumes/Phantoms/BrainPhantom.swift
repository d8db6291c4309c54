import Tensors

extension PhantomAtlas {
  /// A skull-stripped brain with a tumour as magnetic resonance shows it, in four channels: FLAIR, T1, T1 with
  /// contrast agent, T2; one scene unit is 90 mm.
  ///
  /// The labels are those of BraTS 2023: 1 necrotic core, 2 oedema, 3 enhancing tumour. The tumour lies elsewhere in
  /// every subject.
  static func brain(using random: inout Random) -> PhantomAtlas {
    let hull = PhantomShape([
      .init(SIMD3(0.33, 0, 0.05), SIMD3(0.46, 0.92, 0.68)),
      .init(SIMD3(-0.33, 0, 0.05), SIMD3(0.46, 0.92, 0.68)),
      .init(SIMD3(0, 0, 0.05), SIMD3(0.66, 0.88, 0.62)),
    ])
    let fluid: [Float] = [130, 170, 170, 900]
    let deepGray: [Float] = [520, 500, 500, 470]
    var organs = [
      // The fissure between the halves, then the fluid-filled chambers and the nuclei beside them.
      Organ(
        shape: PhantomShape([.init(SIMD3(0, 0.1, 0.62), SIMD3(0.03, 0.8, 0.42))]), means: fluid,
        roughness: 0.3, wander: 0.004)
    ]
    for side in [Float(1), -1] {
      organs += [
        Organ(
          shape: PhantomShape([
            .init(SIMD3(0.2 * side, 0.05, 0), SIMD3(0.12, 0.22, 0.16), angle: -0.3 * side)
          ]), means: deepGray, roughness: 0.1, wander: 0.01),
        Organ(
          shape: PhantomShape(tube: [
            SIMD4(0.1 * side, 0.4, 0.02, 0.05), SIMD4(0.09 * side, 0.15, 0.16, 0.075),
            SIMD4(0.13 * side, -0.2, 0.16, 0.08), SIMD4(0.26 * side, -0.42, 0, 0.06),
          ]), means: fluid, roughness: 0.15, wander: 0.012),
        Organ(
          shape: PhantomShape([.init(SIMD3(0.24 * side, -0.55, -0.48), SIMD3(0.26, 0.24, 0.2))]),
          means: [480, 520, 520, 430], rim: ([520, 430, 430, 520], 0, 0.35), roughness: 0.35,
          texture: 30, wander: 0.01),
      ]
    }
    organs += tumour(using: &random)
    return PhantomAtlas(
      outside: [0, 0, 0, 0],
      body: Organ(
        shape: hull, means: [0, 0, 0, 0], rim: ([560, 430, 440, 540], 0, 0.36), roughness: 0.12),
      tissues: [[420, 610, 620, 360], [435, 590, 600, 375]], organs: organs, range: 1250,
      offset: 0, names: ["necrotic core", "oedema", "enhancing tumour"])
  }

  private static func tumour(using random: inout Random) -> [Organ] {
    let side: Float = random.chance(0.5) ? 1 : -1
    let center = SIMD3<Float>(
      side * random.uniform(0.25, 0.5), random.uniform(-0.5, 0.55), random.uniform(-0.1, 0.35))
    let size = random.uniform(0.26, 0.42)
    func around(_ radius: Float, _ parts: Int) -> PhantomShape {
      PhantomShape(
        (0..<parts).map { part in
          let spread = part == 0 ? 0 : 0.55 * radius
          let place =
            center + SIMD3(random.normal(), random.normal(), random.normal()) * spread
          let own = part == 0 ? radius : radius * random.uniform(0.5, 0.8)
          return .init(
            place, SIMD3(own, own * random.uniform(0.7, 1.1), own * random.uniform(0.7, 1)),
            angle: random.uniform(0, 3))
        })
    }
    return [
      Organ(
        shape: around(size, 3), means: [840, 400, 410, 760], label: 2, roughness: 0.35,
        texture: 25, wander: 0),
      Organ(
        shape: around(0.6 * size, 2), means: [560, 300, 320, 820], label: 1,
        rim: ([690, 430, 980, 600], 3, random.uniform(0.45, 0.65)), roughness: 0.3, texture: 25,
        wander: 0),
    ]
  }
}
