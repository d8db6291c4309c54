import Metrics

extension Findings {
  /// The text of `metrics.json`.
  public var json: String {
    let (scoring, rows) = (evaluation.scoring, evaluation.rows)
    var parts: [(String, JSONText)] = [
      ("convention", .string(scoring.convention.rawValue)),
      ("policy", .string(evaluation.policy.rawValue)),
      ("spacing_unit", .string(evaluation.spacingUnit)),
      ("tolerances", .array(scoring.tolerances.map { .number($0) })),
      ("lesions", scoring.lesions.map { .string($0.rawValue) } ?? .number(nil)),
      ("seed", .integer(Int(clamping: evaluation.seed))),
      ("cases", .lines(rows.map { $0.json(evaluation.measures) })),
      ("summary", .lines(summaries.map { $0.json(centre: nil) })),
      ("worst", .lines(worst.map(\.json))),
    ]
    if !evaluation.centres.isEmpty {
      let places = evaluation.centres.sorted { $0.key < $1.key }
      parts.append(("centres", .object(places.map { ($0.key, .string($0.value)) })))
      parts.append(
        (
          "centre_summary",
          .lines(centres.flatMap { centre in centre.summaries.map { $0.json(centre: centre) } })
        ))
    }
    if !comparisons.isEmpty { parts.append(("comparisons", .lines(comparisons.map(\.json)))) }
    if !evaluation.confidences.isEmpty {
      parts.append(("confidences", .lines(evaluation.confidences.map(\.json))))
      parts.append(("flags", .lines(flags.map(\.json))))
    }
    return "{\n" + parts.map { "  \"\($0.0)\": \($0.1.text)" }.joined(separator: ",\n") + "\n}\n"
  }

  /// The rows as comma-separated values; an undefined value is an empty cell.
  public var csv: String {
    let several = evaluation.predictions != [nil]
    let isPlaced = !evaluation.centres.isEmpty
    let header =
      (several ? ["prediction"] : []) + ["case", "label"] + evaluation.measures.map(\.name)
      + ["volume_prediction", "volume_reference", "status"] + (isPlaced ? ["centre"] : [])
    let lines = evaluation.rows.map { row in
      let numbers =
        evaluation.measures.map { row.scores[$0] } + [
          row.scores.volumeOfPrediction, row.scores.volumeOfReference,
        ]
      return (several ? [row.prediction ?? ""] : []) + [row.name, row.label.description]
        + numbers.map { $0.map { "\($0)" } ?? "" } + [row.scores.status.rawValue]
        + (isPlaced ? [evaluation.centres[row.name] ?? ""] : [])
    }
    return ([header] + lines).map(csvLine).joined()
  }
}

extension Evaluation.Label {
  fileprivate var json: JSONText {
    switch self {
    case .name(let name): .string(name)
    case .value(let value): .integer(Int(value))
    }
  }
}

extension JSONText {
  /// The members that name a prediction; none where there is only one.
  fileprivate static func naming(_ prediction: String?) -> [(key: String, value: JSONText)] {
    prediction.map { [("prediction", .string($0))] } ?? []
  }

  /// Both ends of an interval; null where there is none.
  static func interval(_ interval: ClosedRange<Double>?) -> JSONText {
    interval.map { .array([.number($0.lowerBound), .number($0.upperBound)]) } ?? .number(nil)
  }

  fileprivate static func label(_ label: Evaluation.Label?) -> JSONText {
    label?.json ?? .number(nil)
  }
}

extension Evaluation.Row {
  fileprivate func json(_ measures: [Measure]) -> JSONText {
    .object(
      JSONText.naming(prediction) + [("case", .string(name)), ("label", label.json)]
        + measures.map { measure in
          let value = scores[measure]
          return (
            measure.name,
            measure.isCount ? value.map { .integer(Int($0)) } ?? .number(nil) : .number(value)
          )
        }
        + [
          ("volume_prediction", .number(scores.volumeOfPrediction)),
          ("volume_reference", .number(scores.volumeOfReference)),
          ("diagonal", .number(scores.diagonal)), ("status", .string(scores.status.rawValue)),
        ])
  }
}

extension Findings.Summary {
  fileprivate func json(centre: Findings.Centre?) -> JSONText {
    .object(
      (centre.map { [("centre", .string($0.name)), ("cases", .integer($0.cases))] } ?? [])
        + JSONText.naming(prediction) + [
          ("label", .label(label)), ("measure", .string(measure.name)),
          ("mean", .number(statistics.mean)), ("sd", .number(statistics.standardDeviation)),
          ("interval", .interval(interval)), ("median", .number(statistics.median)),
          ("lower_quartile", .number(statistics.quartiles?.lower)),
          ("upper_quartile", .number(statistics.quartiles?.upper)),
          ("used", .integer(statistics.used)), ("total", .integer(statistics.total)),
          ("filled", .integer(filled)),
        ])
  }
}

extension Findings.Worst {
  fileprivate var json: JSONText {
    .object(
      JSONText.naming(prediction) + [
        ("case", .string(name)), ("dice", .number(dice)), ("distance", .number(distance)),
        ("label", label.json),
      ])
  }
}

extension Comparison {
  fileprivate var json: JSONText {
    .object([
      ("first", .string(first)), ("second", .string(second)), ("label", .label(label)),
      ("measure", .string(measure.name)), ("median_difference", .number(medianDifference)),
      ("interval", .interval(interval)), ("pairs", .integer(pairs)), ("total", .integer(total)),
      ("zeros", .integer(test.zeros)), ("positive_rank_sum", .number(test.positiveRankSum)),
      ("negative_rank_sum", .number(test.negativeRankSum)),
      ("method", .string(test.method.rawValue)), ("p", .number(test.pValue)),
      ("p_holm", .number(corrected)),
    ])
  }
}

extension Confidence {
  fileprivate var json: JSONText {
    .object(
      JSONText.naming(prediction) + [
        ("case", .string(name)), ("label", .label(label)), ("confidence", .number(value)),
        (
          "parts",
          .object(parts.sorted { $0.key < $1.key }.map { ($0.key, .number($0.value)) })
        ),
        ("flagged", .flag(isFlagged)),
      ])
  }
}

extension Flagging {
  fileprivate var json: JSONText {
    .object(
      JSONText.naming(prediction) + [
        ("label", .label(label)), ("used", .integer(used)), ("total", .integer(total)),
        ("spearman", .number(correlation)), ("dice_lower_quartile", .number(threshold)),
        ("worst", .integer(worst)), ("auc", .number(areaUnderCurve)),
        ("flagged", .integer(flagged)), ("precision", .number(precision)),
        ("recall", .number(recall)),
      ])
  }
}
