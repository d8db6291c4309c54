import Tensors

/// Intervals for means and medians by the percentile bootstrap over cases.
///
/// As many cases as there are, n, are drawn with replacement, `resamples` times. An interval holds the middle `share` of
/// what the draws come to: its ends are their quantiles, interpolated linearly. The draws follow one another in the
/// seed's sequence, and a number r of 64 bits draws the case at ⌊n · r / 2⁶⁴⌋ of the sorted ones; so the interval depends
/// on the values and the seed, not on the order of the cases.
///
/// Efron and Tibshirani, An Introduction to the Bootstrap (1993), section 13.3.
public struct Bootstrap: Sendable, Equatable {
  /// Where the draws come from.
  public let seed: UInt64
  /// The share of the draws an interval holds.
  public let share: Double
  /// How often is drawn.
  public let resamples: Int

  /// A bootstrap of a seed.
  public init(seed: UInt64, share: Double = 0.95, resamples: Int = 10_000) {
    precondition(share > 0 && share < 1, "bootstrap: a share of \(share) is not between 0 and 1")
    precondition(resamples > 0, "bootstrap: \(resamples) resamples, at least 1 is needed")
    self.seed = seed
    self.share = share
    self.resamples = resamples
  }

  /// An interval for the mean of values of one case each; nil below two of them.
  public func interval(forMeanOf values: [Double]) -> ClosedRange<Double>? {
    intervals(forMeansOf: [values.map { [$0] }])[0]
  }

  /// Intervals for the means of several columns, each the values of its cases.
  ///
  /// The values of a case are drawn together, and a mean is over all values drawn. A case without any value does not
  /// count; below two cases there is no interval. Columns of as many cases share their draws, which changes no interval.
  public func intervals(forMeansOf columns: [[[Double]]]) -> [ClosedRange<Double>?] {
    let sums = columns.map(CaseSums.init)
    return intervals(of: sums.map(\.totals.count)) { places, count in
      let table = SumTable(places.map { sums[$0] })
      var sums = [Double](repeating: 0, count: table.width)
      return results(of: count, columns: places.count) { drawn, results in
        table.addMeans(of: drawn, with: &sums, to: &results)
      }
    }
  }

  /// Intervals for the medians of several columns of values of one case each; nil below two of them.
  public func intervals(forMediansOf columns: [[Double]]) -> [ClosedRange<Double>?] {
    for values in columns { Self.requireFinite(values) }
    let sorted = columns.map { $0.sorted() }
    return intervals(of: sorted.map(\.count)) { places, count in
      var often = [Int32](repeating: 0, count: count)
      return results(of: count, columns: places.count) { drawn, results in
        for place in drawn { often[Int(place)] += 1 }
        let (lower, upper) = Self.middlePlaces(&often)
        for place in places {
          let values = sorted[place]
          results.append(values[lower] + (values[upper] - values[lower]) * 0.5)
        }
      }
    }
  }

  /// The intervals of columns of some counts of cases: `results` gives what the draws of columns of one count come to,
  /// those of a draw side by side.
  private func intervals(
    of counts: [Int], _ results: (_ places: [Int], _ count: Int) -> [Double]
  ) -> [ClosedRange<Double>?] {
    var intervals = [ClosedRange<Double>?](repeating: nil, count: counts.count)
    for (count, places) in Dictionary(grouping: counts.indices, by: { counts[$0] })
    where count > 1 {
      let results = results(places, count)
      for (column, place) in places.enumerated() {
        let own = stride(from: column, to: results.count, by: places.count).map { results[$0] }
        intervals[place] = middle(of: own)
      }
    }
    return intervals
  }

  /// What each draw of `count` places comes to: `add` appends a result for each of the columns.
  private func results(
    of count: Int, columns: Int,
    _ add: (_ drawn: UnsafeBufferPointer<UInt32>, _ results: inout [Double]) -> Void
  ) -> [Double] {
    var random = Random(seed: seed).split("bootstrap")
    var results: [Double] = []
    results.reserveCapacity(resamples * columns)
    var drawn = [UInt32](repeating: 0, count: count)
    for _ in 0..<resamples {
      for place in drawn.indices {
        drawn[place] = UInt32(random.next().multipliedFullWidth(by: UInt64(count)).high)
      }
      drawn.withUnsafeBufferPointer { add($0, &results) }
    }
    return results
  }

  /// Where the median of sorted values lies that occur as often as `often` says, which is cleared: between two places.
  private static func middlePlaces(_ often: inout [Int32]) -> (lower: Int, upper: Int) {
    let half = Int32(often.count / 2)
    let first = often.count % 2 == 1 ? half : half - 1
    var (before, lower, upper) = (Int32(0), 0, 0)
    for place in often.indices where often[place] > 0 {
      let after = before + often[place]
      if before <= first, first < after { lower = place }
      if before <= half, half < after { upper = place }
      before = after
      often[place] = 0
    }
    return (lower, upper)
  }

  private func middle(of results: [Double]) -> ClosedRange<Double>? {
    let tail = (1 - share) / 2
    // Means of values beyond 10^308 are infinite or no number.
    guard let lower = quantile(tail, of: results), let upper = quantile(1 - tail, of: results),
      lower.isFinite, upper.isFinite
    else { return nil }
    return lower...upper
  }

  fileprivate static func requireFinite(_ values: [Double]) {
    precondition(
      values.allSatisfy(\.isFinite), "bootstrap: a value is not finite; leave it undefined (nil)")
  }
}

/// The sum and the count of the values of each case of a column, cases in the order of their values.
private struct CaseSums {
  let totals: [Double]
  let counts: [Double]

  init(_ cases: [[Double]]) {
    let defined = cases.filter { !$0.isEmpty }.map { $0.sorted() }
    for values in defined { Bootstrap.requireFinite(values) }
    let sorted = defined.sorted { $0.lexicographicallyPrecedes($1) }
    totals = sorted.map { $0.reduce(0, +) }
    counts = sorted.map { Double($0.count) }
  }
}

/// The sums of several columns of as many cases, those of one place in the order side by side, then the counts of the
/// columns whose cases have differing ones.
private struct SumTable {
  /// How many sums there are in a row.
  let width: Int
  private let columns: Int
  /// For each column the place of its counts in a row, or nil and the count of all its draws.
  private let counts: [(place: Int?, sum: Double)]
  private let rows: [Double]

  init(_ columns: [CaseSums]) {
    let cases = columns.first?.totals.count ?? 0
    var ragged: [CaseSums] = []
    counts = columns.map { column in
      guard Set(column.counts).count > 1 else {
        return (nil, Double(cases) * (column.counts.first ?? 1))
      }
      ragged.append(column)
      return (columns.count + ragged.count - 1, 0)
    }
    rows = (0..<cases).flatMap { place in
      columns.map { $0.totals[place] } + ragged.map { $0.counts[place] }
    }
    width = columns.count + ragged.count
    self.columns = columns.count
  }

  /// Appends the means over the places drawn; `sums` is as wide as a row.
  func addMeans(
    of drawn: UnsafeBufferPointer<UInt32>, with sums: inout [Double], to means: inout [Double]
  ) {
    sums.withUnsafeMutableBufferPointer { sums in
      sums.update(repeating: 0)
      rows.withUnsafeBufferPointer { rows in
        for place in drawn {
          let start = Int(place) * width
          for column in 0..<width { sums[column] += rows[start + column] }
        }
      }
      for column in 0..<columns {
        means.append(sums[column] / (counts[column].place.map { sums[$0] } ?? counts[column].sum))
      }
    }
  }
}
