public import Metrics

/// What an evaluation comes to under its policy; everything is computed once, from the scores and the seed alone.
public struct Findings: Sendable, Equatable {
  /// The statistics of one measure over the cases of one label, or over all rows.
  public struct Summary: Sendable, Equatable {
    /// Which prediction it is; nil where there is only one.
    public let prediction: String?
    /// The label; nil for the rows of all labels.
    public let label: Evaluation.Label?
    /// The measure.
    public let measure: Measure
    /// Its values' statistics under the policy.
    public let statistics: Statistics
    /// How many of the values are the policy's, not measured.
    public let filled: Int
    /// The bootstrap's 95 % interval for the mean; nil below two cases.
    public let interval: ClosedRange<Double>?
  }

  /// What the cases of one centre come to.
  public struct Centre: Sendable, Equatable {
    /// The centre.
    public let name: String
    /// How many cases it has.
    public let cases: Int
    /// As those of the whole.
    public let summaries: [Summary]
  }

  /// A case that came out badly.
  public struct Worst: Sendable, Equatable {
    /// Which prediction it is; nil where there is only one.
    public let prediction: String?
    /// The case.
    public let name: String
    /// The mean of the leading overlap over its labels.
    public let dice: Double
    /// The mean of the leading distance over its labels.
    public let distance: Double?
    /// Its worst label.
    public let label: Evaluation.Label
  }

  /// The scores.
  public let evaluation: Evaluation
  /// Every measure per prediction and label, and over all labels where there are several.
  public let summaries: [Summary]
  /// The centres by name; none where no case has one.
  public let centres: [Centre]
  /// The predictions in pairs, where there are several.
  public private(set) var comparisons: [Comparison]
  /// Up to five cases of each prediction with the least overlap, the worst first.
  public let worst: [Worst]
  /// How well the predictions' confidence finds the worst cases, where they say it.
  public let flags: [Flagging]

  /// How many worst cases are named.
  public static let worstCases = 5

  /// Computes everything.
  public init(_ evaluation: Evaluation) {
    self.init(evaluation, comparisons: Comparison.all(of: evaluation))
  }

  /// The same with every other prediction compared with one that is picked by the summaries, in place of all pairs.
  static func comparing(
    _ evaluation: Evaluation, measures: [Measure], with pick: (Findings) -> String?
  ) -> Findings {
    var findings = Findings(evaluation, comparisons: [])
    if let other = pick(findings) {
      findings.comparisons = Comparison.each(of: evaluation, against: other, measures: measures)
    }
    return findings
  }

  private init(_ evaluation: Evaluation, comparisons: [Comparison]) {
    self.evaluation = evaluation
    summaries = Self.summaries(of: evaluation, rows: evaluation.rows)
    let placed = Dictionary(grouping: evaluation.rows) { evaluation.centres[$0.name] }
    centres = Set(evaluation.centres.values).sorted().compactMap { name in
      placed[name].map { rows in
        Centre(
          name: name, cases: Set(rows.map(\.name)).count,
          summaries: Self.summaries(of: evaluation, rows: rows))
      }
    }
    self.comparisons = comparisons
    worst = evaluation.predictions.flatMap { Self.worst(of: evaluation, prediction: $0) }
    flags = Flagging.all(of: evaluation)
  }

  /// The summary of one measure over the rows of a prediction and a label; nil stands for all labels.
  ///
  /// Where there is one label its summary is that of all labels.
  public func summary(
    _ measure: Measure, prediction: String?, label: Evaluation.Label?
  ) -> Summary? {
    let own = summaries.filter { $0.prediction == prediction && $0.measure == measure }
    return own.first { $0.label == label } ?? (label == nil && own.count == 1 ? own[0] : nil)
  }

  private static func summaries(of evaluation: Evaluation, rows: [Evaluation.Row]) -> [Summary] {
    struct Part {
      let prediction: String?
      let label: Evaluation.Label?
      let measure: Measure
      let values: [Double?]
      let filled: Int
      let cases: [[Double]]
    }
    let byPrediction = Dictionary(grouping: rows, by: \.prediction)
    let groups = evaluation.groups
    let parts = evaluation.predictions.flatMap { prediction in
      groups.flatMap { label -> [Part] in
        let chosen = (byPrediction[prediction] ?? []).filter {
          label == nil || $0.label == label
        }
        let cases = Dictionary(grouping: chosen, by: \.name).values
        return evaluation.measures.map { measure in
          Part(
            prediction: prediction, label: label, measure: measure,
            values: chosen.map { evaluation.value(measure, of: $0) },
            filled: chosen.count {
              $0.scores[measure] == nil && evaluation.value(measure, of: $0) != nil
            },
            cases: cases.map { $0.compactMap { evaluation.value(measure, of: $0) } })
        }
      }
    }
    let intervals = Bootstrap(seed: evaluation.seed).intervals(forMeansOf: parts.map(\.cases))
    return zip(parts, intervals).map { part, interval in
      Summary(
        prediction: part.prediction, label: part.label, measure: part.measure,
        statistics: Statistics(part.values), filled: part.filled, interval: interval)
    }
  }

  private static func worst(of evaluation: Evaluation, prediction: String?) -> [Worst] {
    let rows = evaluation.rows.filter { $0.prediction == prediction }
    let cases = Dictionary(grouping: rows, by: \.name).compactMap { name, rows -> Worst? in
      let overlaps = rows.compactMap { row in
        evaluation.value(evaluation.leadingOverlap, of: row).map { (label: row.label, value: $0) }
      }
      guard let dice = Statistics(overlaps.map(\.value)).mean,
        let label = overlaps.min(by: { $0.value < $1.value })?.label
      else { return nil }
      let distances = rows.map { evaluation.value(evaluation.leadingDistance, of: $0) }
      return Worst(
        prediction: prediction, name: name, dice: dice, distance: Statistics(distances).mean,
        label: label)
    }
    let order = cases.sorted {
      ($0.dice, -($0.distance ?? .infinity), $0.name)
        < ($1.dice, -($1.distance ?? .infinity), $1.name)
    }
    return Array(order.prefix(worstCases))
  }
}
