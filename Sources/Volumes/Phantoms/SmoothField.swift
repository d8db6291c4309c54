package import Tensors

/// Makes smooth fields on a grid: uniform cubic B-splines of a coarse grid of control values.
///
/// A field is twice continuously differentiable and lies within the range of its control values.
package struct SmoothField: Sendable {
  /// The shape of the control values, three more along each axis than it has intervals.
  package let controls: [Int]
  private let tables: [AxisWeights]

  /// Fields of those extents with so many intervals of control values along each axis.
  package init(intervals: [Int], extents: [Int]) {
    precondition(
      intervals.count == extents.count && intervals.allSatisfy { $0 > 0 },
      "SmoothField: \(intervals) intervals along the axes \(extents)")
    controls = intervals.map { $0 + 3 }
    tables = zip(intervals, extents).map { Self.table($0, $1) }
  }

  /// Fields on a plane with `intervals` intervals of control values along both axes.
  package init(intervals: Int, size: PlaneSize) {
    self.init(intervals: [intervals, intervals], extents: [size.height, size.width])
  }

  /// The fields [n, extents...] of control values [n, controls...].
  package func callAsFunction(_ control: Tensor) -> Tensor {
    var field = control
    for axis in tables.indices.reversed() {
      field = field.resampled(axis: axis + 1, tables[axis])
    }
    return field
  }

  /// `count` fields of normal control values times `amplitude`: [count, extents...].
  package func drawn(_ count: Int, amplitude: Float = 1, using random: inout Random) -> Tensor {
    let shape = [count] + controls
    return self(
      Tensor(unfilled: shape) { values in
        for k in 0..<shape.product { values[k] = amplitude * quickNormal(random.next()) }
      })
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

/// A number of mean 0 and deviation 1 from 64 random bits: the sum of four 16-bit uniforms, so within ±3.5.
@inline(__always)
package func quickNormal(_ bits: UInt64) -> Float {
  let sum = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
  return (Float(sum) * 0x1p-16 - 2) * 1.7320508
}

/// Bit-mixing of a counter, for noise that is drawn voxel by voxel without state (SplitMix64's finaliser).
@inline(__always)
package func mixedBits(_ value: UInt64) -> UInt64 {
  var z = value
  z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z >> 31)
}
