import Tensors

/// A new annotated image, and how it came about.
public struct Synthesised: Sendable {
  /// The image with its label.
  public internal(set) var image: AnnotatedImage
  /// What was done, in this order.
  public internal(set) var kinds: [Synthesis.Kind] = []
  /// The exemplar it was morphed with, among those there were.
  public internal(set) var partner: Int?
  /// How often it was drawn again, and why.
  public internal(set) var refusals: [Refusal: Int] = [:]
  /// The kind that was due, where every draw of it was refused and a simpler way was gone.
  public internal(set) var missed: Synthesis.Kind?

  init(image: AnnotatedImage) { self.image = image }
}

extension Synthesis {
  /// An image of other shapes, with the number of the part at each voxel.
  private struct Shaped {
    let image: AnnotatedImage
    let parts: [Int32]
    var kinds: [Kind]
    var partner: Int?
  }

  /// Gives an image other shapes by a kind, or by a simpler one where that does not succeed.
  func changeShapes(
    of made: inout Synthesised, _ kind: Kind, _ structures: Structures, _ random: Random,
    partners: Int, pair: (Int) throws -> MorphPair?
  ) rethrows {
    let exemplar = made.image
    var open = Array(0..<partners)
    for kind in kind == .deform || !kinds.contains(.deform) ? [kind] : [kind, .deform] {
      for draw in 0..<Synthesis.draws where kind != .morph || !open.isEmpty {
        var random = random.split(kind.rawValue, draw)
        let place = kind == .morph ? Int(random.next() % UInt64(open.count)) : nil
        let partner = place.map { open[$0] }
        let other = try partner.flatMap { try pair($0) }
        do throws(Refusal) {
          let shaped = try shaped(exemplar, kind, structures, other, using: &random)
          guard structures.areKept(in: shaped.parts) else { throw .lost }
          made.image = shaped.image.like(exemplar)
          made.kinds += shaped.kinds
          made.partner = partner
          return
        } catch {
          made.refusals[error, default: 0] += 1
          // What cannot be morphed with this exemplar is not tried again.
          if let place, error == .unlike || error == .empty {
            open.remove(at: place)
          } else if error == .empty {
            break
          }
        }
      }
      if made.missed == nil { made.missed = kind }
    }
  }

  /// One draw of a kind.
  private func shaped(
    _ exemplar: AnnotatedImage, _ kind: Kind, _ structures: Structures, _ pair: MorphPair?,
    using random: inout Random
  ) throws(Refusal) -> Shaped {
    switch kind {
    case .deform:
      let velocity = drawnVelocity(exemplar.lattice, times: 1, using: &random)
      return try deformed(exemplar, structures.parts, structures, by: velocity, [.deform])
    case .morph:
      guard let pair else { throw .empty }
      guard morph.accepts(pair.registered) else { throw .unlike }
      let further =
        kinds.contains(.deform)
        ? drawnVelocity(exemplar.lattice, times: 0.5, using: &random) : nil
      let (image, parts) = try morph.applied(
        to: exemplar, structures, pair, further: further, using: &random)
      return Shaped(
        image: image, parts: parts, kinds: further == nil ? [.morph] : [.morph, .deform])
    case .structure:
      let (image, parts) = try structure.applied(to: exemplar, structures, using: &random)
      guard structures.areKept(in: parts) else { throw .lost }
      guard kinds.contains(.deform) else {
        return Shaped(image: image, parts: parts, kinds: [.structure])
      }
      let velocity = drawnVelocity(exemplar.lattice, times: 0.5, using: &random)
      return try deformed(image, parts, structures, by: velocity, [.structure, .deform])
    case .intensity:
      return Shaped(image: exemplar, parts: structures.parts, kinds: [])
    }
  }

  private func drawnVelocity(
    _ lattice: Lattice, times factor: Float, using random: inout Random
  ) -> Velocity {
    let share = random.uniform(amplitude[0], amplitude[1])
    return Velocity(drawnOn: lattice, length: factor * share * lattice.side, using: &random)
  }

  /// An image and its parts moved together.
  private func deformed(
    _ image: AnnotatedImage, _ parts: [Int32], _ structures: Structures, by velocity: Velocity,
    _ kinds: [Kind]
  ) throws(Refusal) -> Shaped {
    let flow = velocity.flow()
    guard flow.smallestJacobian > 0 else { throw .folded }
    let moved = flow(parts)
    return Shaped(
      image: AnnotatedImage(
        image: flow(image.image), label: structures.label(of: moved), lattice: image.lattice),
      parts: moved, kinds: kinds)
  }
}
