import Tensors

extension Statistics {
  /// An interval for the mean by the percentile bootstrap over the defined values; nil below two of them.
  ///
  /// As many values as there are, n, are drawn with replacement, `resamples` times. The interval holds the middle `share`
  /// of the means: its ends are their quantiles, interpolated linearly. The draws follow one another in the seed's
  /// sequence, and a number r of 64 bits draws the value at ⌊n · r / 2⁶⁴⌋ of the sorted ones; so the interval depends on
  /// the values and the seed, not on the order of the cases.
  ///
  /// Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
  public func bootstrapInterval(
    share: Double = 0.95, resamples: Int = 10_000, seed: UInt64
  ) -> ClosedRange<Double>? {
    precondition(share > 0 && share < 1, "bootstrap: a share of \(share) is not between 0 and 1")
    precondition(resamples > 0, "bootstrap: \(resamples) resamples, at least 1 is needed")
    precondition(
      values.allSatisfy(\.isFinite), "bootstrap: a value is not finite; leave it undefined (nil)")
    guard values.count > 1 else { return nil }
    var random = Random(seed: seed).split("bootstrap")
    let count = UInt64(values.count)
    let means = (0..<resamples).map { _ in
      var sum = 0.0
      for _ in 0..<count {
        sum += values[Int(random.next().multipliedFullWidth(by: count).high)]
      }
      return sum / Double(count)
    }
    let tail = (1 - share) / 2
    guard let lower = quantile(tail, of: means), let upper = quantile(1 - tail, of: means)
    else { return nil }
    return lower...upper
  }
}
