package import Tensors
import Volumes

/// A stationary velocity field: the flow along it for a time is a smooth map with a smooth inverse.
///
/// Arsigny et al., A log-Euclidean framework for statistics on diffeomorphisms (2006).
package struct Velocity: Sendable {
  /// The voxels.
  package let lattice: Lattice
  /// The vectors [axes, D, H, W], in voxels of their axis.
  package var vectors: Tensor

  /// A field of the given vectors.
  package init(_ lattice: Lattice, _ vectors: Tensor) {
    self.lattice = lattice
    self.vectors = vectors
  }

  /// The flow along the field for a time, by scaling and squaring.
  ///
  /// A displacement of at most a quarter of a pixel is followed by itself as often as it takes. No place moves further than
  /// the longest vector times the time.
  package func flow(_ time: Float = 1) -> Displacement {
    let longest = abs(time) * Displacement(lattice, vectors).largest
    var squarings = 0
    while longest > 0.25 * Float(1 << squarings), squarings < 12 { squarings += 1 }
    var flow = Displacement(
      lattice, vectors.scaled(by: time / Float(1 << squarings)))
    for _ in 0..<squarings { flow = flow.followed(by: flow) }
    return flow
  }

  /// The same field on a lattice of other extents over the same space.
  package func resized(to other: Lattice) -> Velocity {
    var vectors = vectors
    for axis in 0..<3 {
      vectors = vectors.resized(axis: axis + 1, to: other.extents[axis])
    }
    let factors = lattice.axes.map { Float(other.extents[$0]) / Float(lattice.extents[$0]) }
    vectors.withMutablePointer { v in
      for at in 0..<factors.count * other.count { v[at] *= factors[at / other.count] }
    }
    return Velocity(other, vectors)
  }
}

extension Velocity {
  /// A smooth random field whose longest vector has the given length in pixels.
  ///
  /// Two scales of cubic B-splines, control values a third and an eighth of the shorter side apart, the finer one at a third
  /// of the strength. Towards each border the component across it falls to 0, so that the flow maps the image
  /// onto itself: nothing comes in from outside, nothing is lost.
  package init(drawnOn lattice: Lattice, length: Float, using random: inout Random) {
    let axes = lattice.axes
    let side = lattice.side
    func intervals(_ perSide: Float) -> [Int] {
      axes.map { axis in
        let length = Float(lattice.extents[axis]) * lattice.spacing[axis]
        return max(1, Int((length * perSide / side).rounded()))
      }
    }
    let extents = axes.map { lattice.extents[$0] }
    let coarse = SmoothField(intervals: intervals(3), extents: extents)
      .drawn(axes.count, using: &random)
    let fine = SmoothField(intervals: intervals(8), extents: extents)
      .drawn(axes.count, amplitude: 0.33, using: &random)
    var vectors = coarse.adding(fine).reshaped(lattice.fieldShape)
    let tapers = axes.map { Velocity.taper(lattice.extents[$0]) }
    vectors.withMutablePointer { v in
      for (component, axis) in axes.enumerated() {
        let taper = tapers[component]
        let inner = lattice.extents[(axis + 1)...].reduce(1, *)
        for at in 0..<lattice.count {
          v[component * lattice.count + at] *=
            taper[at / inner % taper.count] / lattice.spacing[axis]
        }
      }
    }
    let longest = Displacement(lattice, vectors).largest
    self.init(lattice, longest > 0 ? vectors.scaled(by: length / longest) : vectors)
  }

  /// 0 at both ends of an axis, 1 in the middle, with a smooth rise over a fifth of it.
  private static func taper(_ count: Int) -> [Float] {
    (0..<count).map { k in
      let border = Float(min(k, count - 1 - k))
      let t = min(border / max(1, 0.2 * Float(count)), 1)
      return t * t * (3 - 2 * t)
    }
  }
}
