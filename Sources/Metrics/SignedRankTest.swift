import Foundation

/// The two-sided Wilcoxon signed-rank test: whether paired differences lie around zero.
///
/// Differences of zero are left out (Wilcoxon's rule); the others are ranked by size, and equal sizes share the mean of
/// their ranks. Sizes are compared exactly, as the differences stand in Double. The p-values are those of SciPy's
/// `wilcoxon` with its methods `exact` and `approx`.
///
/// Wilcoxon, Individual comparisons by ranking methods (1945).
public struct SignedRankTest: Sendable, Equatable {
  /// Where a p-value is from.
  public enum Method: String, Sendable, Codable {
    /// The distribution of the rank sum over all 2ⁿ choices of signs.
    case exact
    /// The normal distribution with the variance corrected for ties, without a correction for continuity.
    case normal
  }

  /// The most pairs for which the exact distribution is used.
  public static let mostPairsForExact = 50

  /// How many pairs there are, those with an undefined side included.
  public let total: Int
  /// How many pairs are defined and equal.
  public let zeros: Int
  /// How many pairs are ranked.
  public let used: Int
  /// The sum of the ranks of positive differences.
  public let positiveRankSum: Double
  /// The sum of the ranks of negative differences.
  public let negativeRankSum: Double
  /// Exact without ties and up to `mostPairsForExact` ranked pairs.
  public let method: Method
  /// The probability of a rank sum at least this far from its mean where signs are chance; nil when no pair is ranked.
  public let pValue: Double?

  /// Tests the differences first - second of pairs; a pair with an undefined side has none and is counted only.
  public init(_ first: [Double?], _ second: [Double?]) {
    precondition(
      first.count == second.count,
      "signed-rank test: \(first.count) values cannot be paired with \(second.count)")
    self.init(
      zip(first, second).map { first, second in
        first.flatMap { first in second.map { first - $0 } }
      })
  }

  /// Tests the differences of pairs; nil stands for a pair with an undefined side.
  public init(_ differences: [Double?]) {
    let defined = differences.compactMap { $0 }
    precondition(
      defined.allSatisfy(\.isFinite), "signed-rank test: a difference is not finite; leave it nil")
    let ranked = defined.filter { $0 != 0 }.sorted { abs($0) < abs($1) }
    total = differences.count
    zeros = defined.count - ranked.count
    used = ranked.count
    var (positive, negative, ties) = (0.0, 0.0, 0.0)
    var start = 0
    while start < ranked.count {
      let size = abs(ranked[start])
      let end = ranked[start...].firstIndex { abs($0) != size } ?? ranked.count
      let rank = Double(start + 1 + end) / 2
      positive += rank * Double(ranked[start..<end].count { $0 > 0 })
      negative += rank * Double(ranked[start..<end].count { $0 < 0 })
      let count = Double(end - start)
      ties += count * (count * count - 1)
      start = end
    }
    positiveRankSum = positive
    negativeRankSum = negative
    method = ties == 0 && ranked.count <= Self.mostPairsForExact ? .exact : .normal
    guard !ranked.isEmpty else {
      pValue = nil
      return
    }
    pValue =
      method == .exact
      ? Self.exact(Int(min(positive, negative)), pairs: ranked.count)
      : Self.normal(positive, pairs: Double(ranked.count), ties: ties)
  }

  /// Twice the share of the subsets of the ranks 1…n whose sum is at most that of the rarer sign, 1 at most.
  private static func exact(_ sum: Int, pairs: Int) -> Double {
    var subsets = [UInt64](repeating: 0, count: sum + 1)
    subsets[0] = 1
    for rank in 1...pairs where rank <= sum {
      for total in stride(from: sum, through: rank, by: -1) {
        subsets[total] += subsets[total - rank]
      }
    }
    let share = Double(subsets.reduce(0, +)) / Double(UInt64(1) << UInt64(pairs))
    return min(1, 2 * share)
  }

  /// With mean n (n + 1) / 4 and variance (n (n + 1) (2n + 1) - Σ (t³ - t) / 2) / 24 over groups of t ties.
  private static func normal(_ sum: Double, pairs n: Double, ties: Double) -> Double {
    let mean = n * (n + 1) / 4
    let variance = (n * (n + 1) * (2 * n + 1) - ties / 2) / 24
    return erfc(abs(sum - mean) / (2 * variance).squareRoot())
  }
}
