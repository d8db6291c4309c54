package import Tensors

/// Part of the way from one exemplar to another: shapes flow along the registration's field, intensities are blended.
public struct Morph: Sendable, Hashable, Codable {
  /// The least and the most of the way that is gone, of 1.
  public var way: [Float] = [0.2, 0.6]
  /// The least mean Dice of the classes after registration; pairs below are not alike enough to be morphed.
  public var leastOverlap: Float = 0.5
  /// The least correlation of the intensities after registration.
  public var leastCorrelation: Float = 0.8

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
    let agreement = Tensor(unfilled: [1] + lattice.extents) { agreement in
      for at in label.indices { agreement[at] = label[at] == other[at] ? 1 : 0 }
    }
    let weights = Morph.rising(agreement, over: 2, lattice)
      .multiplied(by: Morph.rising(maps[1](pair.inside), over: 0.06 * lattice.side, lattice))
    let image = blended(maps[0](exemplar.image), maps[1](pair.partner.image), weights.scaled(by: t))
    return (AnnotatedImage(image: image, label: label, lattice: lattice), parts)
  }

  /// A mask [1, D, H, W] that rises from 0 at its border to 1 inside over so many pixels.
  private static func rising(_ mask: Tensor, over pixels: Float, _ lattice: Lattice) -> Tensor {
    let smooth = GaussianBlur(lattice, pixels: pixels)(mask)
    return Tensor(unfilled: mask.shape) { rising in
      withPointers(mask, smooth) { mask, smooth in
        for at in 0..<lattice.count {
          rising[at] = mask[at] > 0.99 ? min(1, max(0, 2 * smooth[at] - 1)) : 0
        }
      }
    }
  }

  /// `a + w · (b - a)`, where the values of `b` are first brought to the mean and deviation of `a`'s, both where `w` is not 0.
  private func blended(_ one: Tensor, _ other: Tensor, _ weights: Tensor) -> Tensor {
    let count = weights.count
    var result = one
    result.withMutablePointer { y in
      withPointers(one, other, weights) { a, b, weights in
        for channel in 0..<one.shape[0] {
          let offset = channel * count
          let own = Moments(a + offset, weights, count)
          let its = Moments(b + offset, weights, count)
          let gain = its.deviation > 0 ? own.deviation / its.deviation : 1
          for at in 0..<count where weights[at] > 0 {
            let value = own.mean + gain * (b[offset + at] - its.mean)
            y[offset + at] += weights[at] * (value - y[offset + at])
          }
        }
      }
    }
    return result
  }
}

/// Mean and deviation of the values where a mask is above 0.
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
}

extension Tensor {
  /// The product with a tensor of the same shape, element by element.
  fileprivate func multiplied(by other: Tensor) -> Tensor {
    Tensor(unfilled: shape) { y in
      withPointers(self, other) { a, b in for at in 0..<count { y[at] = a[at] * b[at] } }
    }
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
