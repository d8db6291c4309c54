import Foundation
import Metrics
import TestKit
import Testing

/// The values of SciPy and NumPy, as `Goldens/metrics/statistics.json` holds them.
private struct ExpectedStatistics: Decodable {
  let signedRank: [Pairs]
  let bootstrap: [Resampled]
  let holm: [Family]

  enum CodingKeys: String, CodingKey {
    case bootstrap, holm
    case signedRank = "signed_rank"
  }

  struct Pairs: Decodable {
    let first: [Double]
    let second: [Double]
    let positive: Double
    let negative: Double
    let zeros: Int
    let method: SignedRankTest.Method
    let p: Double?
  }

  struct Resampled: Decodable {
    let values: [Double]
    let seed: UInt64
    let share: Double
    let resamples: Int
    let lower: Double
    let upper: Double
    let mean: Double
    let deviation: Double
    let median: Double
    let quartiles: [Double]
  }

  struct Family: Decodable {
    let p: [Double]
    let corrected: [Double]
  }

  static func read() throws -> ExpectedStatistics {
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("metrics/statistics.json")))
    return try JSONDecoder().decode(ExpectedStatistics.self, from: data)
  }
}

struct SignificanceTests {
  private func agrees(_ found: Double?, _ expected: Double) -> Bool {
    found.map { abs($0 - expected) <= 1e-9 * max(1, abs(expected)) } ?? false
  }

  @Test func `the signed-rank test is SciPy's, exact and approximate, with ties and zeros`() throws
  {
    let pairs = try ExpectedStatistics.read().signedRank
    #expect(Set(pairs.map(\.method)) == [.exact, .normal])
    for pair in pairs {
      let found = SignedRankTest(pair.first, pair.second)
      #expect(found.positiveRankSum == pair.positive && found.negativeRankSum == pair.negative)
      #expect(found.zeros == pair.zeros && found.used == pair.first.count - pair.zeros)
      guard let p = pair.p else {
        #expect(found.pValue == nil)
        continue
      }
      #expect(found.method == pair.method)
      // Relative, so that a small p-value counts as much.
      #expect(found.pValue.map { abs($0 - p) <= 1e-9 * p } == true, "\(found), \(p)")
      let turned = SignedRankTest(pair.second, pair.first)
      #expect(turned.pValue == found.pValue && turned.positiveRankSum == found.negativeRankSum)
    }
  }

  @Test func `a pair with an undefined side is counted, not ranked`() {
    let found = SignedRankTest([0.9, nil, 0.7, 0.5, 0.4], [0.8, 0.1, nil, 0.5, 0.6])
    #expect(found.total == 5 && found.used == 2 && found.zeros == 1)
    #expect(found.positiveRankSum == 1 && found.negativeRankSum == 2)
    #expect(found.pValue == 1)
    #expect(SignedRankTest([nil, 0]).pValue == nil)
  }

  @Test func `five differences of one sign cannot be more certain than one in sixteen`() {
    #expect(SignedRankTest([1, 2, 3, 4, 5]).pValue == 1.0 / 16)
    #expect(SignedRankTest([1, 2, 3, 4, 5]).method == .exact)
    #expect(SignedRankTest([1, 2, 2, 4, 5]).method == .normal)
  }

  @Test func `the bootstrap is SciPy's with the same draws`() throws {
    for expected in try ExpectedStatistics.read().bootstrap {
      let statistics = Statistics(expected.values)
      let bootstrap = Bootstrap(
        seed: expected.seed, share: expected.share, resamples: expected.resamples)
      let found = bootstrap.interval(forMeanOf: expected.values)
      #expect(agrees(found?.lowerBound, expected.lower))
      #expect(agrees(found?.upperBound, expected.upper))
      #expect(agrees(statistics.mean, expected.mean))
      #expect(agrees(statistics.standardDeviation, expected.deviation))
      #expect(agrees(statistics.median, expected.median))
      #expect(agrees(statistics.quartiles?.lower, expected.quartiles[0]))
      #expect(agrees(statistics.quartiles?.upper, expected.quartiles[1]))
    }
  }

  @Test func `the interval depends on the seed and the values, not on their order`() throws {
    let values = [0.9, 0.7, 0.85, 0.2, 0.95]
    let first = try #require(Bootstrap(seed: 5).interval(forMeanOf: values))
    #expect(Bootstrap(seed: 5).interval(forMeanOf: values.reversed()) == first)
    #expect(first.contains(0.72))
    let many = (0..<40).map { Double($0).squareRoot() }
    #expect(
      Bootstrap(seed: 5).interval(forMeanOf: many) != Bootstrap(seed: 6).interval(forMeanOf: many))
    #expect(Bootstrap(seed: 1).interval(forMeanOf: [0.5]) == nil)
    #expect(Bootstrap(seed: 1).interval(forMeanOf: [0.5, 0.5]) == 0.5...0.5)
    #expect(Bootstrap(seed: 1).intervals(forMediansOf: [[0.5], []]) == [nil, nil])
    #expect(Bootstrap(seed: 1).interval(forMeanOf: [1e308, -1e308, 1e308]) == nil)
  }

  @Test func `columns share their draws, and a case without a value does not count`() {
    let columns = [
      [[0.9], [0.7], [0.85]], [[1, 2], [3], [], [4, 5, 6]], [[0.5], []], [[2], [8], [4]],
    ]
    let together = Bootstrap(seed: 3).intervals(forMeansOf: columns)
    #expect(together == columns.map { Bootstrap(seed: 3).intervals(forMeansOf: [$0])[0] })
    #expect(
      together[1] == Bootstrap(seed: 3).intervals(forMeansOf: [[[3], [6, 5, 4], [2, 1]]])[0])
    #expect(together[2] == nil)
  }

  @Test func `Holm's correction is that of its definition`() throws {
    let found = holmCorrected([0.01, nil, 0.04, 0.03, 0.005])
    #expect(found[1] == nil)
    for (found, expected) in zip(found.compactMap(\.self), [0.03, 0.06, 0.06, 0.02]) {
      #expect(agrees(found, expected))
    }
    #expect(holmCorrected([0.6, 0.7]) == [1, 1])
    for family in try ExpectedStatistics.read().holm {
      let found = holmCorrected(family.p)
      #expect(zip(found, family.corrected).allSatisfy { agrees($0, $1) })
    }
  }

  @Test func `values that are not numbers or cannot be paired are refused`() async {
    await #expect(processExitsWith: .failure) { _ = SignedRankTest([1], [1, 2]) }
    await #expect(processExitsWith: .failure) { _ = SignedRankTest([1, .nan]) }
    await #expect(processExitsWith: .failure) { _ = holmCorrected([0.5, 1.5]) }
    await #expect(processExitsWith: .failure) {
      _ = Bootstrap(seed: 1).interval(forMeanOf: [1, .infinity])
    }
  }
}
