import Foundation
import Tensors

/// An invented anatomy: a body with tissue, labelled structures and others nobody asks for.
struct PhantomLayout: Sendable {
  private(set) var classes = 0
  /// The number of regions, 0 being the outside and 1 the shell.
  private(set) var regions = 2
  private(set) var body: PhantomScene.Structure?
  private(set) var tissue: [(region: Int, label: UInt8)] = []
  private(set) var structures: [PhantomScene.Structure] = []
  /// For each region the one it is drawn on, so that contrast can be counted from there.
  private(set) var under: [Int: Int] = [:]
  private(set) var viewCenter = SIMD3<Float>()
  private(set) var viewZoom: Float = 1
  private(set) var viewAngle: Float = 0

  init(using random: inout Random) {
    drawBody(using: &random)
    drawTissue(using: &random)
    let wanted = min(8 - classes, random.whole(1...8))
    let distractors = random.whole(0...4)
    var sizes = (0..<wanted + distractors).map { _ in random.logUniform(0.11, 0.5) }
    sizes.sort(by: >)
    var labelled = (0..<sizes.count).map { $0 < wanted }
    labelled.shuffle(using: &random)
    for (radius, isLabelled) in zip(sizes, labelled) {
      addStructure(radius, isLabelled, using: &random)
    }
    if random.chance(0.4),
      let target = structures.filter({ $0.label > 0 }).randomElement(using: &random)
    {
      viewZoom = random.uniform(0.4, 0.75)
      viewCenter = target.shape.center * SIMD3(1, 1, 0)
    } else {
      viewZoom = random.uniform(0.88, 1.08)
    }
    viewAngle = random.chance(0.3) ? random.uniform(-3.2, 3.2) : 0
  }

  /// The scene of one subject: every structure a little moved, a few absent.
  func scene(using random: inout Random) -> PhantomScene {
    var present: [PhantomScene.Structure] = []
    for structure in structures {
      let shift = SIMD3<Float>(random.normal(), random.normal(), random.normal()) * 0.02
      let factor = exp(0.12 * random.normal())
      let angle = 0.12 * random.normal()
      guard !random.chance(0.05) else { continue }
      var moved = structure
      moved.shape = structure.shape.moved(by: shift, scaledBy: factor, turnedBy: angle)
      moved.division?.place += shift
      present.append(moved)
    }
    return PhantomScene(body: body, tissue: tissue, structures: present)
  }

  private mutating func newRegion(on parent: Int) -> Int {
    under[regions] = parent
    regions += 1
    return regions - 1
  }

  /// The next label, or 0 when eight are in use.
  private mutating func newLabel() -> UInt8 {
    guard classes < 8 else { return 0 }
    classes += 1
    return UInt8(classes)
  }

  private mutating func drawBody(using random: inout Random) {
    guard random.chance(0.75) else { return }
    let radii = SIMD3<Float>(random.uniform(0.8, 1), random.uniform(0.65, 1), 1.6)
    var parts = [PhantomShape.Ellipsoid(SIMD3(), radii, bend: 0.15 * random.normal())]
    if random.chance(0.25) {
      let side = SIMD3<Float>(random.uniform(-0.3, 0.3), random.uniform(-0.4, 0.4), 0)
      parts.append(PhantomShape.Ellipsoid(side, radii * random.uniform(0.6, 0.9)))
    }
    body = PhantomScene.Structure(
      shape: PhantomShape(parts), region: 2, label: 0,
      rim: random.chance(0.7) ? (1, 0, random.uniform(0.06, 0.3)) : nil,
      roughness: random.uniform(0.01, 0.06))
  }

  private mutating func drawTissue(using random: inout Random) {
    let isMosaic = random.chance(0.15)
    let cells = isMosaic ? random.whole(4...8) : random.whole(1...4)
    for _ in 0..<cells {
      let label: UInt8 = isMosaic && random.chance(0.5) ? newLabel() : 0
      tissue.append((newRegion(on: tissue.first?.region ?? 0), label))
    }
  }

  private mutating func addStructure(
    _ radius: Float, _ isLabelled: Bool, using random: inout Random
  ) {
    let label: UInt8 = isLabelled ? newLabel() : 0
    let region = newRegion(on: tissue[0].region)
    let center = freePlace(radius, using: &random)
    var structure = PhantomScene.Structure(
      shape: shape(at: center, radius, using: &random), region: region, label: label,
      roughness: random.chance(0.3) ? random.uniform(0.1, 0.35) : random.uniform(0, 0.1))
    if random.chance(0.18) {
      structure.rim = (newRegion(on: region), label, random.uniform(0.25, 0.6))
      if isLabelled, random.chance(0.5) { structure.rim?.label = newLabel() }
      structure.isHollow = !isLabelled && random.chance(0.5)
    } else if random.chance(0.15) {
      let angle = random.uniform(0, 6.3)
      structure.division = (
        newRegion(on: region), isLabelled ? newLabel() : 0,
        center + SIMD3(random.normal(), random.normal(), 0) * (0.2 * radius),
        SIMD3(cosine(angle), sine(angle), 0)
      )
    }
    structures.append(structure)
    if random.chance(0.2) { addCore(structure, center, radius, using: &random) }
    if random.chance(0.15), center.x.magnitude > 0.7 * radius {
      addMirrored(structure, isLabelled, using: &random)
    }
  }

  /// A smaller structure inside another, such as a tumour's core or a ventricle.
  private mutating func addCore(
    _ parent: PhantomScene.Structure, _ center: SIMD3<Float>, _ radius: Float,
    using random: inout Random
  ) {
    let inner = radius * random.uniform(0.3, 0.6)
    let place = center + SIMD3(random.normal(), random.normal(), 0) * (0.25 * radius)
    structures.append(
      PhantomScene.Structure(
        shape: PhantomShape([
          .init(place, SIMD3(inner, inner * random.uniform(0.5, 1), inner))
        ]),
        region: newRegion(on: parent.region),
        label: parent.label > 0 ? newLabel() : 0, within: [parent.region],
        roughness: random.uniform(0, 0.3)))
  }

  /// The same structure on the other side, under the same label or one of its own.
  private mutating func addMirrored(
    _ structure: PhantomScene.Structure, _ isLabelled: Bool, using random: inout Random
  ) {
    var other = structure
    other.shape = structure.shape.mirrored
    other.division?.place.x.negate()
    other.division?.normal.x.negate()
    if isLabelled, random.chance(0.6) {
      let label = newLabel()
      other.label = label
      if structure.rim?.label == structure.label { other.rim?.label = label }
    }
    structures.append(other)
  }

  /// The best of some random places: far from what lies there already.
  private func freePlace(_ radius: Float, using random: inout Random) -> SIMD3<Float> {
    let limit = body?.shape.ellipsoids[0].radii ?? SIMD3(1, 1, 1)
    var best = SIMD3<Float>()
    var bestGap = -Float.infinity
    for _ in 0..<random.whole(2...10) {
      let (angle, far) = (random.uniform(0, 6.3), random.uniform().squareRoot())
      let reach = max(0.1, 0.9 - radius) * far
      let place = SIMD3(limit.x * reach * cosine(angle), limit.y * reach * sine(angle), 0)
      let gap =
        structures.map { other -> Float in
          let away = other.shape.center - place
          return dot(away, away).squareRoot() - other.shape.reach
        }.min() ?? 0
      if gap > bestGap { (best, bestGap) = (place, gap) }
    }
    return best + SIMD3(0, 0, 0.2 * radius * random.normal())
  }

  private func shape(
    at center: SIMD3<Float>, _ radius: Float, using random: inout Random
  ) -> PhantomShape {
    let angle = random.uniform(0, 3.15)
    let kind = random.uniform()
    if kind < 0.16 { return tube(at: center, radius, angle, using: &random) }
    if kind < 0.24 { return scattered(around: center, radius, using: &random) }
    let flatness = random.uniform(0.35, 1)
    var parts = [
      PhantomShape.Ellipsoid(
        center, SIMD3(radius * flatness, radius, radius * random.uniform(0.7, 1.3)), angle: angle,
        bend: random.chance(0.5) ? random.uniform(-0.8, 0.8) : 0)
    ]
    if kind < 0.55 {
      for _ in 0..<random.whole(1...3) {
        let side = SIMD3(random.normal(), random.normal(), 0.3 * random.normal()) * (0.5 * radius)
        let lobe = radius * random.uniform(0.35, 0.75)
        parts.append(
          .init(
            center + side, SIMD3(lobe * random.uniform(0.5, 1), lobe, lobe),
            angle: random.uniform(0, 3.15)))
      }
    }
    return PhantomShape(parts)
  }

  private func tube(
    at center: SIMD3<Float>, _ radius: Float, _ angle: Float, using random: inout Random
  ) -> PhantomShape {
    let width = radius * random.uniform(0.12, 0.35)
    let turn = random.uniform(-1, 1)
    return PhantomShape(
      tube: (0..<5).map { k in
        let t = (Float(k) - 2) * 0.75
        let bent = angle + turn * t
        let place =
          center + SIMD3(cosine(bent), sine(bent), 0.1 * random.normal()) * (t * radius)
          + SIMD3(random.normal(), random.normal(), 0) * (0.12 * radius)
        return SIMD4(place, max(0.025, width * random.uniform(0.6, 1.2)))
      })
  }

  private func scattered(
    around center: SIMD3<Float>, _ radius: Float, using random: inout Random
  ) -> PhantomShape {
    PhantomShape(
      (0..<random.whole(2...5)).map { _ in
        let side = SIMD3(random.normal(), random.normal(), 0.2 * random.normal()) * (0.9 * radius)
        let own = max(0.05, radius * random.uniform(0.2, 0.45))
        return .init(
          center + side, SIMD3(own, own * random.uniform(0.6, 1), own),
          angle: random.uniform(0, 3.15))
      })
  }
}

extension PhantomShape {
  /// The middle of the shape's parts.
  var center: SIMD3<Float> {
    let places = ellipsoids.map(\.center) + path.map { SIMD3($0.x, $0.y, $0.z) }
    return places.reduce(SIMD3(), +) / Float(max(places.count, 1))
  }

  /// About how far the shape reaches from its middle.
  var reach: Float { ellipsoids.first?.radii.max() ?? (path.first?.w ?? 0) * 3 }
}
