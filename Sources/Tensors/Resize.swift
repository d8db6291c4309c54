import CKernels

/// Which input samples make each output sample along one axis, and with what weights.
///
/// Output `k` is `Σ_t weights[k · taps + t] · x[starts[k] + t]`; every index lies inside the axis.
package struct AxisWeights: Sendable {
  /// The first input sample of each output sample.
  package var starts: [Int32]
  /// The weights, `taps` for each output sample.
  package var weights: [Double]
  /// How many input samples an output sample is made of.
  package var taps: Int

  /// A table from the samples' own lists of weights, which are brought to one length.
  ///
  /// A list that would reach over the end of the axis moves its start down and gets zeros in front.
  package init(length: Int, rows: [(start: Int, weights: [Double])]) {
    let taps = min(length, max(1, rows.map(\.weights.count).max() ?? 1))
    self.taps = taps
    starts = []
    weights = [Double](repeating: 0, count: rows.count * taps)
    for (index, row) in rows.enumerated() {
      let start = min(row.start, length - taps)
      starts.append(Int32(start))
      for (offset, weight) in row.weights.enumerated() where weight != 0 {
        weights[index * taps + row.start - start + offset] = weight
      }
    }
  }

  /// Linear interpolation between the two samples around `(k + ½) · from / to - ½`, held at the edges.
  ///
  /// The places are computed in single precision, as PyTorch does for float images.
  package static func linear(from length: Int, to count: Int) -> AxisWeights {
    let scale = Float(length) / Float(count)
    return AxisWeights(
      length: length,
      rows: (0..<count).map { k in
        let place = max(scale * (Float(k) + 0.5) - 0.5, 0)
        let start = min(Int(place), length - 1)
        let fraction = start == length - 1 ? 0 : Double(place - Float(start))
        return (start, fraction == 0 ? [1] : [1 - fraction, fraction])
      })
  }

  /// The triangle around `(k + ½) · from / to`, as wide as an output sample, of weights that sum to 1.
  ///
  /// Linear interpolation that averages where it shrinks; Pillow and PyTorch's `antialias` share this definition.
  package static func triangle(from length: Int, to count: Int) -> AxisWeights {
    let scale = Double(length) / Double(count)
    let support = max(scale, 1)
    let inverse = 1 / support
    return AxisWeights(
      length: length,
      rows: (0..<count).map { k in
        let center = scale * (Double(k) + 0.5)
        let low = max(Int(center - support + 0.5), 0)
        let high = min(Int(center + support + 0.5), length)
        let weights = (low..<high).map {
          max(0, 1 - abs((Double($0) - center + 0.5) * inverse))
        }
        let sum = weights.reduce(0, +)
        return (low, weights.map { $0 / sum })
      })
  }
}

extension AxisWeights {
  /// The table of the way back: from the samples this one makes to those it is made of, of which there are `length`.
  package func transposed(length: Int) -> AxisWeights {
    var rows = [(start: Int, weights: [Double])](repeating: (0, []), count: length)
    for (index, start) in starts.enumerated() {
      for tap in 0..<taps where weights[index * taps + tap] != 0 {
        let input = Int(start) + tap
        if rows[input].weights.isEmpty { rows[input].start = index }
        rows[input].weights += Array(
          repeating: 0, count: index - rows[input].start - rows[input].weights.count)
        rows[input].weights.append(weights[index * taps + tap])
      }
    }
    return AxisWeights(
      length: starts.count, rows: rows.map { $0.weights.isEmpty ? (0, [0]) : $0 })
  }
}

extension Tensor {
  /// The image at another size by bilinear interpolation: [..., H, W] to [..., h, w].
  ///
  /// PyTorch's `interpolate(mode="bilinear", align_corners=False, antialias=antialias)`.
  public func resized(height: Int, width: Int, antialias: Bool = false) -> Tensor {
    precondition(shape.count >= 2, "resized: an image has two axes, the shape is \(shape)")
    let axis = shape.count - 1
    return resized(axis: axis, to: width, antialias: antialias)
      .resized(axis: axis - 1, to: height, antialias: antialias)
  }

  /// The same for an image whose channels stand last: [..., H, W, C] to [..., h, w, C].
  public func resizedChannelLast(height: Int, width: Int, antialias: Bool = false) -> Tensor {
    precondition(shape.count >= 3, "resizedChannelLast: [H, W, C] is needed, not \(shape)")
    let axis = shape.count - 2
    return resized(axis: axis, to: width, antialias: antialias)
      .resized(axis: axis - 1, to: height, antialias: antialias)
  }

  /// The tensor with one axis at another length by linear interpolation, such as a table [L, D] of relative
  /// positions to [l, D].
  public func resized(axis: Int, to count: Int, antialias: Bool = false) -> Tensor {
    precondition(shape.indices.contains(axis), "resized: axis \(axis) of the shape \(shape)")
    let length = shape[axis]
    precondition(length > 0 && count > 0, "resized: from \(length) to \(count) samples")
    if length == count { return self }
    return resampled(
      axis: axis,
      antialias ? .triangle(from: length, to: count) : .linear(from: length, to: count))
  }

  /// The tensor with one axis replaced through a table of weights.
  package func resampled(axis: Int, _ table: AxisWeights) -> Tensor {
    let count = table.starts.count
    let outer = shape[..<axis].reduce(1, *)
    let inner = shape[(axis + 1)...].reduce(1, *)
    let weights = table.weights.map { Float($0) }
    var result = shape
    result[axis] = count
    // Where an output row is wide its rows are shared out; where it is one element, its whole lines are.
    let run = inner == 1 ? count : max(1, 16384 / max(1, inner * table.taps))
    let runs = (count + run - 1) / run
    let group = max(1, 16384 / max(1, run * inner * table.taps))
    // Work of some ten microseconds is not worth waking other threads for.
    let isSmall = outer * count * inner * table.taps < 1 << 19
    return Tensor(unfilled: result) { y in
      withPointer { x in
        func fill(_ index: Int) {
          for part in index * group..<min((index + 1) * group, outer * runs) {
            let line = part / runs
            let first = part % runs * run
            table.starts.withUnsafeBufferPointer { starts in
              weights.withUnsafeBufferPointer { weights in
                guard let starts = starts.baseAddress, let weights = weights.baseAddress else {
                  return
                }
                graft_resample(
                  y + (line * count + first) * inner, x + line * shape[axis] * inner, inner,
                  min(run, count - first), starts + first, weights + first * table.taps,
                  table.taps)
              }
            }
          }
        }
        let groups = (outer * runs + group - 1) / group
        if isSmall { (0..<groups).forEach(fill) } else { parallel(groups, fill) }
      }
    }
  }
}
