/// The value below which the share `fraction` of some values lies, interpolated linearly between neighbours.
///
/// With n values it lies at position fraction · (n - 1) of them in order, as NumPy's `percentile`; nil when there is none.
public func quantile(_ fraction: Double, of values: [Double]) -> Double? {
  precondition((0...1).contains(fraction), "quantile: \(fraction) is not in 0...1")
  if values.isEmpty { return nil }
  let position = fraction * Double(values.count - 1)
  let index = Int(position)
  var values = values
  return values.withUnsafeMutableBufferPointer { values in
    select(index, in: values)
    guard let next = values[(index + 1)...].min() else { return values[index] }
    return values[index] + (next - values[index]) * (position - Double(index))
  }
}

/// Reorders values so that the one at `place` is the one sorting would put there, with no larger one before it.
private func select(_ place: Int, in values: UnsafeMutableBufferPointer<Double>) {
  var (lower, upper) = (0, values.count - 1)
  while lower < upper {
    let ends = (min(values[lower], values[upper]), max(values[lower], values[upper]))
    let pivot = min(max(values[(lower + upper) / 2], ends.0), ends.1)
    var (first, last) = (lower, upper)
    while first <= last {
      while values[first] < pivot { first += 1 }
      while values[last] > pivot { last -= 1 }
      guard first <= last else { break }
      values.swapAt(first, last)
      first += 1
      last -= 1
    }
    if place <= last {
      upper = last
    } else if place >= first {
      lower = first
    } else {
      return
    }
  }
}
