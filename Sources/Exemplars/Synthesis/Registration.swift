package import Tensors

/// The smooth field whose flow takes one image into another, and how well they then agree.
package struct Registered: Sendable {
  /// Flows of ½ and -½ along it bring the one and the other together half-way; on a lattice of its own.
  package let velocity: Velocity
  /// The mean Dice over the classes of both images, before and after.
  package let overlap: (before: Float, after: Float)
  /// The correlation of their first channels half-way, where both have values.
  package let correlation: Float
}

/// Finds the stationary velocity field between two annotated images on one lattice: symmetric demons in the log domain.
///
/// Three levels of resolution. A step looks at both images half-way, `a = A ∘ exp(v/2)`, `b = B ∘ exp(-v/2)`, and adds to `v`
///
///     δ = G * Σ_f (b_f - a_f) g_f / (0.03 + Σ_f (|g_f|² + ¼ (b_f - a_f)²)),   g_f = ∇(a_f + b_f) / 2
///
/// over the features f: the channels, normalised to deviation 1, and the masks of the classes, weighed double. `G` blurs by 1.5
/// voxels, and after each step `v` itself is blurred by 0.8 and held at the borders. Vercauteren et al., Symmetric
/// log-domain diffeomorphic registration (2008).
package struct Registration: Sendable, Hashable {
  /// The longest axis of the lattice the field is found on, for slices.
  package var longestOfPlane = 96
  /// The longest axis of the lattice the field is found on, for volumes.
  package var longestOfSpace = 64
  /// The steps at a quarter, half and the whole of the resolution.
  package var steps = [30, 20, 10]

  /// The usual registration.
  package init() {}

  /// The field from `one` to `other`, which has values where `inside` [1, D, H, W] is 1.
  package func callAsFunction(
    _ one: AnnotatedImage, _ other: AnnotatedImage, inside: Tensor
  ) -> Registered {
    let classes = Set(one.label).union(other.label).subtracting([0]).sorted()
    let finest = lattice(for: one.lattice)
    let pair = [one, other].map { RegistrationFeatures($0, classes: classes, on: finest) }
    let mask = inside.resized(to: finest.extents)
    var velocity: Velocity?
    for (level, count) in steps.enumerated() {
      let lattice = coarser(finest, times: steps.count - 1 - level)
      let (a, b) = (pair[0].values(on: lattice), pair[1].values(on: lattice))
      let mask = mask.resized(to: lattice.extents)
      var current =
        velocity?.resized(to: lattice) ?? Velocity(lattice, Tensor(zeros: lattice.fieldShape))
      let demons = Demons(lattice, a, b, mask)
      for _ in 0..<count { demons.step(&current) }
      velocity = current
    }
    let found = velocity ?? Velocity(finest, Tensor(zeros: finest.fieldShape))
    return agreement(found, pair[0], pair[1], mask)
  }

  /// The lattice the field is found on.
  private func lattice(for whole: Lattice) -> Lattice {
    let limit = Float(whole.isFlat ? longestOfPlane : longestOfSpace)
    let lengths = whole.axes.map { Float(whole.extents[$0]) * whole.spacing[$0] }
    let step = max(1, (lengths.max() ?? 1) / limit)
    return whole.resized(
      to: (0..<3).map { axis in
        let count = whole.extents[axis]
        let fitting = Int((Float(count) * whole.spacing[axis] / step).rounded())
        // An axis stays one, so that fields keep its component.
        return max(min(2, count), min(count, fitting))
      })
  }

  /// A lattice of half the resolution so many times, axes of fewer than 16 voxels excepted.
  private func coarser(_ lattice: Lattice, times: Int) -> Lattice {
    var result = lattice
    for _ in 0..<times {
      result = result.resized(to: result.extents.map { $0 < 16 ? $0 : ($0 + 1) / 2 })
    }
    return result
  }

  private func agreement(
    _ velocity: Velocity, _ one: RegistrationFeatures, _ other: RegistrationFeatures,
    _ mask: Tensor
  ) -> Registered {
    let lattice = velocity.lattice
    let (a, b) = (one.values(on: lattice), other.values(on: lattice))
    let (forth, back) = (velocity.flow(0.5), velocity.flow(-0.5))
    let (c, d) = (forth(a), back(b))
    return Registered(
      velocity: velocity,
      overlap: (one.overlap(of: a, b), one.overlap(of: c, d)),
      correlation: one.correlation(c, d, mask: mask))
  }
}

/// What registration compares of an image: its normalised channels, then the masks of the classes.
struct RegistrationFeatures {
  private let channels: Int
  private let whole: Tensor

  /// The weight of a class's mask beside a channel of deviation 1.
  private static let labelWeight: Float = 2

  init(_ image: AnnotatedImage, classes: [UInt8], on lattice: Lattice) {
    let channels = image.channels
    self.channels = channels
    let count = image.lattice.count
    let features = Tensor(unfilled: [channels + classes.count] + image.lattice.extents) { y in
      image.image.withPointer { x in
        for channel in 0..<channels {
          let (from, to) = (x + channel * count, y + channel * count)
          let mean = Float((0..<count).reduce(0.0) { $0 + Double(from[$1]) } / Double(count))
          let variance = (0..<count).reduce(0.0) {
            $0 + Double(from[$1] - mean) * Double(from[$1] - mean)
          }
          let deviation = Float((variance / Double(count)).squareRoot())
          for at in 0..<count {
            to[at] = deviation > 0 ? min(max((from[at] - mean) / deviation, -3), 3) : 0
          }
        }
      }
      for (index, label) in classes.enumerated() {
        let to = y + (channels + index) * count
        for at in 0..<count {
          to[at] = image.label[at] == label ? RegistrationFeatures.labelWeight : 0
        }
      }
    }
    whole = features.resized(to: lattice.extents)
  }

  /// The features [F, D, H, W] on a coarser lattice, slightly blurred.
  func values(on lattice: Lattice) -> Tensor {
    GaussianBlur(lattice, pixels: 0.7 * lattice.middleSpacing)(whole.resized(to: lattice.extents))
  }

  /// The mean Dice of the classes, whose masks are cut at half.
  func overlap(of a: Tensor, _ b: Tensor) -> Float {
    let count = a.shape[1...].reduce(1, *)
    let half = RegistrationFeatures.labelWeight / 2
    let dice = withPointers(a, b) { a, b in
      (channels..<whole.shape[0]).map { feature -> Float in
        var (both, either) = (0, 0)
        for at in feature * count..<(feature + 1) * count {
          let (one, other) = (a[at] > half, b[at] > half)
          both += one && other ? 2 : 0
          either += (one ? 1 : 0) + (other ? 1 : 0)
        }
        return either == 0 ? 0 : Float(both) / Float(either)
      }
    }
    return dice.isEmpty ? 0 : dice.reduce(0, +) / Float(dice.count)
  }

  /// The correlation of the first channels where the mask [1, D, H, W] is above a half.
  func correlation(_ a: Tensor, _ b: Tensor, mask: Tensor) -> Float {
    withPointers(a, b, mask) { a, b, mask in
      var (count, sums, products) = (0.0, SIMD2<Double>(), SIMD3<Double>())
      for at in 0..<whole.count / whole.shape[0] where mask[at] > 0.5 {
        let (x, y) = (Double(a[at]), Double(b[at]))
        count += 1
        sums += SIMD2(x, y)
        products += SIMD3(x * x, y * y, x * y)
      }
      guard count > 1 else { return 0 }
      let covariances = products - SIMD3(sums.x * sums.x, sums.y * sums.y, sums.x * sums.y) / count
      let scale = (covariances.x * covariances.y).squareRoot()
      return scale > 0 ? Float(covariances.z / scale) : 0
    }
  }
}

extension Tensor {
  /// Images [n, D, H, W] at other extents, linearly interpolated, averaged where they shrink.
  func resized(to extents: [Int]) -> Tensor {
    (0..<3).reduce(self) { $0.resized(axis: $1 + 1, to: extents[$1], antialias: true) }
  }
}
