public import Metrics

/// The paired comparison of two predictions by one measure over the cases.
public struct Comparison: Sendable, Equatable {
  /// One prediction.
  public let first: String
  /// The other one.
  public let second: String
  /// The label; nil for the mean over the labels of a case that have a value in both predictions.
  public let label: Evaluation.Label?
  /// The measure.
  public let measure: Measure
  /// How many cases have a value in both predictions.
  public let pairs: Int
  /// How many cases there are.
  public let total: Int
  /// The median of the differences first - second.
  public let medianDifference: Double?
  /// The bootstrap's interval for it.
  public private(set) var interval: ClosedRange<Double>?
  /// The signed-rank test of the differences.
  public let test: SignedRankTest
  /// The test's p-value after Holm's correction over the pairs that are compared, for this measure and label.
  public private(set) var corrected: Double?

  private init(
    _ first: String, _ second: String, label: Evaluation.Label?, measure: Measure,
    differences: [Double?]
  ) {
    self.first = first
    self.second = second
    self.label = label
    self.measure = measure
    let defined = differences.compactMap { $0 }
    pairs = defined.count
    total = differences.count
    medianDifference = quantile(0.5, of: defined)
    test = SignedRankTest(differences)
  }

  /// Every pair of an evaluation's predictions by every measure of which less or more is better, counts excepted.
  static func all(of evaluation: Evaluation) -> [Comparison] {
    let predictions = evaluation.predictions.compactMap(\.self)
    guard predictions.count > 1 else { return [] }
    let pairs = predictions.indices.flatMap { place in
      predictions[(place + 1)...].map { (predictions[place], $0) }
    }
    let measures = evaluation.measures.filter { $0.isLessBetter != nil && !$0.isCount }
    return of(pairs, measures, evaluation)
  }

  /// Every other prediction less one of them, by some measures; Holm's correction is over these tests alone.
  static func each(
    of evaluation: Evaluation, against other: String, measures: [Measure]
  ) -> [Comparison] {
    let pairs = evaluation.predictions.compactMap(\.self).filter { $0 != other }.map { ($0, other) }
    return pairs.isEmpty ? [] : of(pairs, measures, evaluation)
  }

  /// Pairs of predictions by some measures, for every label and all of them.
  private static func of(
    _ pairs: [(String, String)], _ measures: [Measure], _ evaluation: Evaluation
  ) -> [Comparison] {
    let rows = RowIndex(evaluation)
    var found: [Comparison] = []
    var columns: [[Double]] = []
    for measure in measures {
      for label in evaluation.groups {
        var family = pairs.map { first, second in
          let differences = rows.differences(first, second, label: label, measure)
          columns.append(differences.compactMap { $0 })
          return Comparison(first, second, label: label, measure: measure, differences: differences)
        }
        for (place, corrected) in holmCorrected(family.map(\.test.pValue)).enumerated() {
          family[place].corrected = corrected
        }
        found += family
      }
    }
    let intervals = Bootstrap(seed: evaluation.seed).intervals(forMediansOf: columns)
    for (place, interval) in intervals.enumerated() { found[place].interval = interval }
    return found
  }
}

/// The rows of an evaluation by prediction, case and label.
private struct RowIndex {
  private struct Key: Hashable {
    let prediction: String?
    let name: String
    let label: Evaluation.Label
  }

  private let evaluation: Evaluation
  private let cases: [String]
  private let labels: [Evaluation.Label]
  private let rows: [Key: Evaluation.Row]

  init(_ evaluation: Evaluation) {
    self.evaluation = evaluation
    cases = evaluation.cases
    labels = evaluation.labels
    rows = Dictionary(
      evaluation.rows.map { (Key(prediction: $0.prediction, name: $0.name, label: $0.label), $0) }
    ) { first, _ in first }
  }

  /// Per case the difference of two predictions; nil where one of them has no value.
  func differences(
    _ first: String, _ second: String, label: Evaluation.Label?, _ measure: Measure
  ) -> [Double?] {
    cases.map { name in
      let pairs = (label.map { [$0] } ?? labels).compactMap { label in
        value(first, name, label, measure).flatMap { one in
          value(second, name, label, measure).map { (one, $0) }
        }
      }
      guard let one = Statistics(pairs.map(\.0)).mean, let other = Statistics(pairs.map(\.1)).mean
      else { return nil }
      return one - other
    }
  }

  private func value(
    _ prediction: String, _ name: String, _ label: Evaluation.Label, _ measure: Measure
  ) -> Double? {
    rows[Key(prediction: prediction, name: name, label: label)].flatMap {
      evaluation.value(measure, of: $0)
    }
  }
}
