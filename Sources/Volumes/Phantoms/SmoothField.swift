package import Tensors

/// Makes smooth fields on a plane: uniform cubic B-splines of a coarse grid of control values.
///
/// A field is twice continuously differentiable and lies within the range of its control values.
package struct SmoothField: Sendable {
  /// The intervals of the control grid along each axis; it has three more control values than that.
  package let intervals: Int
  private let rows: AxisWeights
  private let columns: AxisWeights

  /// Fields of that size with `intervals` intervals of control values along each axis.
  package init(intervals: Int, size: PlaneSize) {
    self.intervals = intervals
    rows = Self.table(intervals, size.height)
    columns = Self.table(intervals, size.width)
  }

  /// The number of control values along each axis.
  package var controls: Int { intervals + 3 }

  /// The fields [..., h, w] of control values [..., G, G], `G` = `controls`.
  package func callAsFunction(_ control: Tensor) -> Tensor {
    let axis = control.shape.count - 1
    return control.resampled(axis: axis, columns).resampled(axis: axis - 1, rows)
  }

  /// `count` fields of normal control values times `amplitude`: [count, h, w].
  package func drawn(_ count: Int, amplitude: Float = 1, using random: inout Random) -> Tensor {
    let shape = [count, controls, controls]
    return self(Tensor(shape, (0..<shape.product).map { _ in amplitude * random.normal() }))
  }

  private static func table(_ intervals: Int, _ count: Int) -> AxisWeights {
    AxisWeights(
      length: intervals + 3,
      rows: (0..<count).map { k in
        let place = (Double(k) + 0.5) * Double(intervals) / Double(count)
        let start = min(Int(place), intervals - 1)
        return (start, cubicBasis(place - Double(start)))
      })
  }
}

/// The weights of the four cubic B-splines that reach a place `t` of 0..1 between the inner two.
func cubicBasis(_ t: Double) -> [Double] {
  let s = 1 - t
  return [
    s * s * s / 6, (t * t * (t - 2) * 3 + 4) / 6, (s * s * (s - 2) * 3 + 4) / 6, t * t * t / 6,
  ]
}
