import Metrics

/// How well a prediction's confidence and its flag find the cases that came out worst.
public struct Flagging: Sendable, Equatable {
  /// Which prediction it is; nil where there is only one.
  public let prediction: String?
  /// The label; nil for cases as wholes: the mean confidence and Dice of their labels, flagged where one label is.
  public let label: Evaluation.Label?
  /// How many cases have both a confidence and a Dice.
  public let used: Int
  /// How many cases there are.
  public let total: Int
  /// Spearman's correlation of confidence with Dice; nil where it is undefined.
  public let correlation: Double?
  /// The lower quartile of Dice: the worst cases are those below it.
  public let threshold: Double?
  /// How many cases are below it.
  public let worst: Int
  /// The chance that a worst case has less confidence than another one; nil where either kind is missing.
  public let areaUnderCurve: Double?
  /// How many cases are flagged.
  public let flagged: Int
  /// The share of the flagged cases that are among the worst; nil where none is flagged.
  public let precision: Double?
  /// The share of the worst cases that are flagged; nil where there is none.
  public let recall: Double?

  /// One case: Dice as it was measured, confidence and flag.
  struct Case {
    let dice: Double?
    let confidence: Double?
    let isFlagged: Bool
  }

  init(prediction: String?, label: Evaluation.Label?, cases: [Case], total: Int) {
    self.prediction = prediction
    self.label = label
    self.total = total
    let scored = cases.compactMap { found in
      found.dice.flatMap { dice in
        found.confidence.map { (dice: dice, confidence: $0, isFlagged: found.isFlagged) }
      }
    }
    used = scored.count
    correlation = rankCorrelation(scored.map(\.confidence), scored.map(\.dice))
    let threshold = quantile(0.25, of: scored.map(\.dice))
    self.threshold = threshold
    let isWorst = scored.map { found in threshold.map { found.dice < $0 } ?? false }
    let (bad, good) = (
      zip(scored, isWorst).filter(\.1).map { -$0.0.confidence },
      zip(scored, isWorst).filter { !$0.1 }.map { -$0.0.confidence }
    )
    worst = bad.count
    areaUnderCurve = Metrics.areaUnderCurve(sought: bad, others: good)
    flagged = scored.count(where: \.isFlagged)
    let both = zip(scored, isWorst).count { $0.0.isFlagged && $0.1 }
    precision = flagged == 0 ? nil : Double(both) / Double(flagged)
    recall = bad.isEmpty ? nil : Double(both) / Double(bad.count)
  }

  /// The findings of every prediction that says how sure it was, over cases and per label where there are several.
  static func all(of evaluation: Evaluation) -> [Flagging] {
    struct Key: Hashable {
      let prediction: String?
      let name: String
    }
    let found = Dictionary(grouping: evaluation.confidences) {
      Key(prediction: $0.prediction, name: $0.name)
    }
    let rows = Dictionary(grouping: evaluation.rows) {
      Key(prediction: $0.prediction, name: $0.name)
    }
    let (names, groups) = (evaluation.cases, evaluation.groups)
    return evaluation.predictions.flatMap { prediction -> [Flagging] in
      let known = evaluation.confidences.contains { $0.prediction == prediction }
      guard known else { return [] }
      return groups.compactMap { label in
        let isWhole = label == nil || groups.count == 1
        let cases = names.compactMap { name -> Case? in
          let key = Key(prediction: prediction, name: name)
          return Case(
            rows[key] ?? [], found[key] ?? [], label: isWhole ? nil : label)
        }
        guard !cases.isEmpty else { return nil }
        return Flagging(
          prediction: prediction, label: isWhole ? nil : label, cases: cases, total: names.count)
      }
    }
  }
}

extension Flagging.Case {
  /// A case as a whole, or one of its labels; nil where nothing is said of it.
  fileprivate init?(
    _ rows: [Evaluation.Row], _ confidences: [Confidence], label: Evaluation.Label?
  ) {
    let whole = confidences.filter { $0.label == nil }
    let chosen =
      label == nil
      ? (whole.isEmpty ? confidences : whole) : confidences.filter { $0.label == label }
    guard !chosen.isEmpty else { return nil }
    dice =
      Statistics(rows.filter { label == nil || $0.label == label }.map(\.scores.dice)).mean
    confidence = Statistics(chosen.map(\.value)).mean
    isFlagged = chosen.contains(where: \.isFlagged)
  }
}
