import Foundation
import Metrics
import TestKit
import Testing

/// The values of SciPy, as `Goldens/metrics/comparisons.json` holds them.
private struct ExpectedComparisons: Decodable {
  let clusters: [Clusters]
  let medians: [Medians]
  let ranks: [Ranks]

  struct Clusters: Decodable {
    let cases: [[Double]]
    let seed: UInt64
    let share: Double
    let resamples: Int
    let lower: Double
    let upper: Double
  }

  struct Medians: Decodable {
    let values: [Double]
    let seed: UInt64
    let share: Double
    let resamples: Int
    let lower: Double
    let upper: Double
  }

  struct Ranks: Decodable {
    let confidence: [Double]
    let dice: [Double]
    let spearman: Double
    let auc: Double?
  }

  static func read() throws -> ExpectedComparisons {
    let path = Goldens.path("metrics/comparisons.json")
    return try JSONDecoder().decode(
      ExpectedComparisons.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }
}

struct ComparisonGoldenTests {
  private func agrees(_ found: Double?, _ expected: Double) -> Bool {
    found.map { abs($0 - expected) <= 1e-9 * max(1, abs(expected)) } ?? false
  }

  @Test func `intervals of means of cases with several values, and of medians, are SciPy's`() throws
  {
    let expected = try ExpectedComparisons.read()
    for cluster in expected.clusters {
      let bootstrap = Bootstrap(
        seed: cluster.seed, share: cluster.share, resamples: cluster.resamples)
      let found = bootstrap.intervals(forMeansOf: [cluster.cases])[0]
      #expect(agrees(found?.lowerBound, cluster.lower))
      #expect(agrees(found?.upperBound, cluster.upper))
    }
    for median in expected.medians {
      let bootstrap = Bootstrap(
        seed: median.seed, share: median.share, resamples: median.resamples)
      let found = bootstrap.intervals(forMediansOf: [median.values])[0]
      #expect(agrees(found?.lowerBound, median.lower))
      #expect(agrees(found?.upperBound, median.upper))
    }
  }

  @Test func `rank correlation and area under the curve are SciPy's, with ties`() throws {
    for ranks in try ExpectedComparisons.read().ranks {
      #expect(agrees(rankCorrelation(ranks.confidence, ranks.dice), ranks.spearman))
      let threshold = try #require(quantile(0.25, of: ranks.dice))
      let pairs = zip(ranks.confidence, ranks.dice)
      let found = areaUnderCurve(
        sought: pairs.filter { $0.1 < threshold }.map { -$0.0 },
        others: pairs.filter { $0.1 >= threshold }.map { -$0.0 })
      if let auc = ranks.auc { #expect(agrees(found, auc)) } else { #expect(found == nil) }
    }
  }

  @Test func `what has no ranks has no correlation and no curve`() {
    #expect(rankCorrelation([1], [2]) == nil)
    #expect(rankCorrelation([1, 1, 1], [1, 2, 3]) == nil)
    #expect(rankCorrelation([1, 2, 3], [3, 2, 1]) == -1)
    #expect(areaUnderCurve(sought: [], others: [1]) == nil)
    #expect(areaUnderCurve(sought: [1, 1], others: [1]) == 0.5)
    #expect(areaUnderCurve(sought: [3], others: [1, 2]) == 1)
  }
}
