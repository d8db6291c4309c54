import Metrics

extension Evaluation {
  /// The text of `metrics.json`.
  public var json: String {
    let parts: [(String, JSONText)] = [
      ("convention", .string(convention.rawValue)), ("spacing_unit", .string(spacingUnit)),
      ("cases", .lines(rows.map(\.json))), ("summary", .lines(summaries.map(\.json))),
    ]
    return "{\n"
      + parts.map { "  \"\($0.0)\": \($0.1.text)" }.joined(separator: ",\n") + "\n}\n"
  }

  /// The rows as comma-separated values; an undefined value is an empty cell.
  public var csv: String {
    let several = predictions != [nil]
    let header =
      (several ? ["prediction"] : []) + ["case", "label"] + Measure.allCases.map(\.rawValue)
      + ["precision", "recall", "volume_prediction", "volume_reference", "status"]
    let lines = rows.map { row in
      let measures = Measure.allCases.map { row.scores[keyPath: $0.path] }
      let numbers =
        measures + [
          row.scores.precision, row.scores.recall, row.scores.volumeOfPrediction,
          row.scores.volumeOfReference,
        ]
      return (several ? [row.prediction ?? ""] : []) + [row.name, row.label.description]
        + numbers.map { $0.map { "\($0)" } ?? "" } + [row.scores.status.rawValue]
    }
    return ([header] + lines).map(csvLine).joined()
  }

  /// The tables for a terminal: the rows, then the statistics per label with how many values they are over.
  public var table: String {
    let unit = "Distances in \(unitWords); – is undefined."
    let several = predictions != [nil]
    let title = [note, unit].compactMap { $0 }.joined(separator: "\n")
    return title + "\n\n" + (several ? comparisonTable : caseTable) + "\n" + summaryTable
  }

  private var caseTable: String {
    textTable(
      header: ["case", "label"] + Measure.allCases.map(\.rawValue) + ["status"],
      rows: rows.map { row in
        [row.name, row.label.description]
          + Measure.allCases.map { decimals(row.scores[keyPath: $0.path], $0.decimals) }
          + [row.scores.status.rawValue]
      }, leading: 2)
  }

  /// Dice and HD95 of every prediction side by side.
  private var comparisonTable: String {
    let shown: [Measure] = [
      .dice, convention == .transunet ? .hausdorff95Pooled : .hausdorff95Maximum,
    ]
    let columns = shown.flatMap { measure in predictions.map { (measure, $0) } }
    struct Key: Hashable {
      let name: String
      let label: Label
    }
    let keys = unique(rows.map { Key(name: $0.name, label: $0.label) })
    let found = Dictionary(grouping: rows) { Key(name: $0.name, label: $0.label) }
    return textTable(
      header: ["case", "label"] + columns.map { "\($0.0.rawValue) \($0.1 ?? "")" },
      rows: keys.map { key in
        [key.name, key.label.description]
          + columns.map { measure, prediction in
            let row = found[key]?.first { $0.prediction == prediction }
            return decimals(row?.scores[keyPath: measure.path], measure.decimals)
          }
      }, leading: 2)
  }

  private var summaryTable: String {
    let several = predictions != [nil]
    let header = ["label", "measure", "mean", "SD", "median", "quartiles", "values"]
    let lines = summaries.map { summary in
      let (found, places) = (summary.statistics, summary.measure.decimals)
      let quartiles = found.quartiles.map {
        "\(decimals($0.lower, places)) to \(decimals($0.upper, places))"
      }
      return (several ? [summary.prediction ?? ""] : []) + [
        summary.label?.description ?? "all", summary.measure.rawValue,
        decimals(found.mean, places), decimals(found.standardDeviation, places),
        decimals(found.median, places), quartiles ?? "–", "\(found.used) of \(found.total)",
      ]
    }
    return textTable(
      header: (several ? ["prediction"] : []) + header, rows: lines, leading: several ? 3 : 2)
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

extension Evaluation.Row {
  fileprivate var json: JSONText {
    var members: [(key: String, value: JSONText)] = []
    if let prediction { members.append(("prediction", .string(prediction))) }
    members += [("case", .string(name)), ("label", label.json)]
    members += Measure.allCases.map { ($0.rawValue, .number(scores[keyPath: $0.path])) }
    members += [
      ("volume_prediction", .number(scores.volumeOfPrediction)),
      ("volume_reference", .number(scores.volumeOfReference)),
      ("status", .string(scores.status.rawValue)),
    ]
    return .object(members)
  }
}

extension Evaluation.Summary {
  fileprivate var json: JSONText {
    var members: [(key: String, value: JSONText)] = []
    if let prediction { members.append(("prediction", .string(prediction))) }
    members += [
      ("label", label?.json ?? .number(nil)), ("measure", .string(measure.rawValue)),
      ("mean", .number(statistics.mean)), ("sd", .number(statistics.standardDeviation)),
      ("median", .number(statistics.median)),
      ("lower_quartile", .number(statistics.quartiles?.lower)),
      ("upper_quartile", .number(statistics.quartiles?.upper)),
      ("used", .integer(statistics.used)), ("total", .integer(statistics.total)),
    ]
    return .object(members)
  }
}
