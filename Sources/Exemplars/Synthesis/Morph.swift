package import Tensors

/// Part of the way from one exemplar to another: shapes flow along the registration's field, intensities are blended.
public struct Morph: Sendable, Hashable, Codable {
  /// The least and the most of the way that is gone, of 1.
  public var way: [Float] = [0.2, 0.6]
  /// The least mean Dice of the classes after registration; pairs below are not alike enough to be morphed.
  public var leastOverlap: Float = 0.5
  /// The least correlation of the intensities after registration.
  public var leastCorrelation: Float = 0.5

  /// The usual way.
  public init() {}

  /// Whether the two images of a registration are alike enough.
  func accepts(_ registered: Registered) -> Bool {
    registered.overlap.after >= leastOverlap && registered.correlation >= leastCorrelation
  }

  /// An exemplar on its way to a partner; the label is the exemplar's own, carried by the deformation.
  ///
  ///     y = a + t · w · (b - a),   a = A ∘ exp(t v) ∘ ψ,   b = B ∘ exp(-(1 - t) v) ∘ ψ
  ///
  /// `w` is 1 where the carried labels of both agree and falls smoothly to 0 towards where they do not, or where the
  /// partner has no values, so that no structure of the partner's shows that the label does not know. The partner's
  /// intensities are first brought to the exemplar's mean and deviation. `ψ` is a further deformation of both.
  func applied(
    to exemplar: AnnotatedImage, _ structures: Structures, _ pair: MorphPair,
    further: Velocity?, using random: inout Random
  ) throws(Refusal) -> (image: AnnotatedImage, parts: [Int32]) {
    let lattice = exemplar.lattice
    let t = random.uniform(way[0], way[1])
    let velocity = pair.registered.velocity.resized(to: lattice)
    var maps = [velocity.flow(t), velocity.flow(t - 1)]
    if let further {
      let flow = further.flow()
      maps = maps.map { $0.followed(by: flow) }
    }
    guard maps.allSatisfy({ $0.smallestJacobian > 0 }) else { throw .folded }
    let parts = maps[0](structures.parts)
    let label = structures.label(of: parts)
    let other = maps[1](pair.partner.label)
    let inside = maps[1](pair.inside)
    var agreement = Tensor(zeros: [1] + lattice.extents)
    agreement.withMutablePointer { agreement in
      inside.withPointer { inside in
        for at in label.indices where label[at] == other[at] && inside[at] > 0.99 {
          agreement[at] = 1
        }
      }
    }
    let image = blended(
      maps[0](exemplar.image), maps[1](pair.partner.image), by: t, agreement,
      GaussianBlur(lattice, pixels: 2)(agreement))
    return (AnnotatedImage(image: image, label: label, lattice: lattice), parts)
  }

  private func blended(
    _ one: Tensor, _ other: Tensor, by t: Float, _ agreement: Tensor, _ smooth: Tensor
  ) -> Tensor {
    let count = agreement.count
    var result = one
    result.withMutablePointer { y in
      withPointers(other, agreement, smooth) { b, agreement, smooth in
        for channel in 0..<one.shape[0] {
          let (y, b) = (y + channel * count, b + channel * count)
          let (own, its) = (Moments(y, agreement, count), Moments(b, agreement, count))
          let gain = its.deviation > 0 ? own.deviation / its.deviation : 1
          for at in 0..<count {
            // Where labels disagree the weight is 0, near there it is small.
            let weight = t * agreement[at] * min(1, max(0, 2 * smooth[at] - 1))
            y[at] += weight * (own.mean + gain * (b[at] - its.mean) - y[at])
          }
        }
      }
    }
    return result
  }
}

/// Mean and deviation of the values where a mask is 1.
private struct Moments {
  let mean: Float
  let deviation: Float

  init(_ values: UnsafePointer<Float>, _ mask: UnsafePointer<Float>, _ count: Int) {
    var (sum, squares, places) = (0.0, 0.0, 0.0)
    for at in 0..<count where mask[at] > 0 {
      sum += Double(values[at])
      squares += Double(values[at]) * Double(values[at])
      places += 1
    }
    let mean = places > 0 ? sum / places : 0
    self.mean = Float(mean)
    deviation = Float(max(0, places > 0 ? squares / places - mean * mean : 0).squareRoot())
  }

  init(_ values: UnsafeMutablePointer<Float>, _ mask: UnsafePointer<Float>, _ count: Int) {
    self.init(UnsafePointer(values), mask, count)
  }
}

/// An exemplar's partner on the exemplar's lattice, and the field between them.
package struct MorphPair: Sendable {
  /// The partner, aligned.
  package let partner: AnnotatedImage
  /// 1 where the partner has values, [1, D, H, W].
  package let inside: Tensor
  /// The field and what it reaches.
  package let registered: Registered
}
