import Metrics

extension Findings {
  /// The tables for a terminal: the rows, what they come to and over how many values, and what stands out.
  ///
  /// They hold the most telling measures; the others are in the files.
  public var table: String { table(withRows: true) }

  /// The tables for a terminal without the rows.
  public var briefTable: String { table(withRows: false) }

  private func table(withRows: Bool) -> String {
    let title =
      "\(wrapped(evaluation.note))\nDistances in \(evaluation.unitWords); – is undefined.\n"
    let several = evaluation.predictions != [nil]
    var parts = [title]
    if withRows { parts.append(several ? sideBySide : caseTable) }
    parts.append(summaryTable)
    if !centres.isEmpty { parts.append(centreTable) }
    if !comparisons.isEmpty { parts.append(comparisonTable) }
    if let sentence = emptyMasks { parts.append(sentence) }
    if let sentence = lesionCounts { parts.append(sentence) }
    if let sentence = worstCases { parts.append(sentence) }
    parts += flags.filter { $0.label == nil }.map { wrapped($0.sentence) + "\n" }
    return parts.joined(separator: "\n")
  }

  private var caseTable: String {
    let shown = evaluation.telling
    return textTable(
      header: ["case", "label"] + shown.map(\.name) + ["volume error", "status"],
      rows: evaluation.rows.map { row in
        [row.name, row.label.description]
          + shown.map { decimals(row.scores[$0], $0.decimals) }
          + [percent(row.scores[.relativeVolumeError]), row.scores.status.rawValue]
      }, leading: 2)
  }

  /// The leading overlap and distance of every prediction side by side.
  private var sideBySide: String {
    let shown = [evaluation.leadingOverlap, evaluation.leadingDistance]
    let columns = shown.flatMap { measure in evaluation.predictions.map { (measure, $0) } }
    struct Key: Hashable {
      let name: String
      let label: Evaluation.Label
    }
    let keys = unique(evaluation.rows.map { Key(name: $0.name, label: $0.label) })
    let found = Dictionary(grouping: evaluation.rows) { Key(name: $0.name, label: $0.label) }
    return textTable(
      header: ["case", "label"] + columns.map { "\($0.0.name) \($0.1 ?? "")" },
      rows: keys.map { key in
        [key.name, key.label.description]
          + columns.map { measure, prediction in
            let row = found[key]?.first { $0.prediction == prediction }
            return decimals(row?.scores[measure], measure.decimals)
          }
      }, leading: 2)
  }

  private var summaryTable: String {
    let several = evaluation.predictions != [nil]
    let shown = evaluation.telling
    let lines = summaries.filter { shown.contains($0.measure) }.map { summary in
      let (found, places) = (summary.statistics, summary.measure.decimals)
      return (several ? [summary.prediction ?? ""] : []) + [
        summary.label?.description ?? "all", summary.measure.name,
        decimals(found.mean, places), decimals(found.standardDeviation, places),
        span(summary.interval, places), decimals(found.median, places),
        span(found.quartiles.map { $0.lower...$0.upper }, places), summary.counts,
      ]
    }
    return textTable(
      header: (several ? ["prediction"] : []) + [
        "label", "measure", "mean", "SD", "95 % interval", "median", "quartiles", "values",
      ], rows: lines, leading: several ? 3 : 2)
  }

  private var centreTable: String {
    let several = evaluation.predictions != [nil]
    let shown = [evaluation.leadingOverlap, evaluation.leadingDistance]
    let lines = centres.flatMap { centre in
      evaluation.predictions.map { prediction in
        let own = centre.summaries.filter { summary in
          summary.prediction == prediction
            && summary.label == (evaluation.groups.last ?? nil)
        }
        return (several ? [prediction ?? ""] : []) + [centre.name, "\(centre.cases)"]
          + shown.flatMap { measure -> [String] in
            let found = own.first { $0.measure == measure }
            return [
              decimals(found?.statistics.mean, measure.decimals),
              span(found?.interval, measure.decimals),
            ]
          }
      }
    }
    let header =
      (several ? ["prediction"] : []) + ["centre", "cases"]
      + shown.flatMap { [$0.name, "95 % interval"] }
    return textTable(header: header, rows: lines, leading: several ? 2 : 1)
  }

  /// The comparisons by the leading measures over all labels.
  private var comparisonTable: String {
    let shown = [evaluation.leadingOverlap, evaluation.leadingDistance]
    let group = evaluation.groups.last ?? nil
    let lines = comparisons.filter { shown.contains($0.measure) && $0.label == group }.map {
      [$0.first, $0.second, $0.measure.name] + $0.figures
    }
    return textTable(
      header: ["first", "second", "measure"] + Comparison.figureTitles, rows: lines, leading: 3)
  }

  /// How many of the rows have an empty mask, in a sentence; nil where none has.
  var emptyMasks: String? {
    let counts = [
      (Status.predictionEmpty, "prediction"), (.referenceEmpty, "reference"), (.bothEmpty, "both"),
    ].compactMap { status, word in
      let count = evaluation.rows.count { $0.scores.status == status }
      return count == 0 ? nil : "\(word) in \(count)"
    }
    return counts.isEmpty
      ? nil : "Empty masks, of \(evaluation.rows.count) rows: \(counts.joined(separator: ", ")).\n"
  }

  /// How many lesions were found, invented and missed, in a sentence for each prediction; nil where none were compared.
  var lesionCounts: String? {
    guard evaluation.scoring.lesions != nil else { return nil }
    let lines = evaluation.predictions.map { prediction in
      let labels = evaluation.labels.map { label in
        let rows = evaluation.rows.filter { $0.prediction == prediction && $0.label == label }
        let counts = [
          (Measure.lesionTruePositives, "found"), (.lesionFalsePositives, "invented"),
          (.lesionFalseNegatives, "missed"),
        ].map { measure, word in
          "\(Int(rows.reduce(0) { $0 + ($1.scores[measure] ?? 0) })) \(word)"
        }
        return "\(label.description) \(counts.joined(separator: ", "))"
      }
      let whose = prediction.map { " of \($0)" } ?? ""
      return wrapped("Lesions\(whose) over all cases: \(labels.joined(separator: "; ")).")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Which cases came out worst, in a sentence for each prediction; nil where there is hardly a choice.
  private var worstCases: String? {
    guard evaluation.cases.count > 2 else { return nil }
    let lines = evaluation.predictions.compactMap { prediction -> String? in
      let own = worst.filter { $0.prediction == prediction }
      guard !own.isEmpty else { return nil }
      let cases = own.map { "\($0.name) (\(decimals($0.dice, 4)))" }.joined(separator: ", ")
      let whose = prediction.map { " of \($0)" } ?? ""
      return wrapped("Worst cases\(whose) by \(evaluation.leadingOverlap.title): \(cases).")
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension Findings.Summary {
  /// Over how many values it is, and how many of them are the policy's.
  var counts: String {
    "\(statistics.used) of \(statistics.total)" + (filled > 0 ? " (\(filled) set)" : "")
  }
}

extension Comparison {
  /// The heads of `figures`.
  static let figureTitles = ["median difference", "95 % interval", "p", "p (Holm)", "pairs"]

  /// The difference, its interval, the test and over how many cases.
  var figures: [String] {
    [
      decimals(medianDifference, measure.decimals), span(interval, measure.decimals),
      test.pValue.map(significant) ?? "–", corrected.map(significant) ?? "–",
      "\(pairs) of \(total)",
    ]
  }
}

extension Flagging {
  /// What it comes to, in a sentence.
  public var sentence: String {
    let whose = prediction.map { " of \($0)" } ?? ""
    let about = label.map { " for label \($0)" } ?? ""
    return
      "Confidence\(whose)\(about) over \(used) of \(total) cases: correlation with Dice (Spearman) "
      + "\(decimals(correlation, 2)), AUC for the \(worst) cases below the lower quartile of Dice "
      + "(\(decimals(threshold, 4))) \(decimals(areaUnderCurve, 2)); the flag names \(flagged), precision "
      + "\(decimals(precision, 2)), recall \(decimals(recall, 2))."
  }
}

/// An interval as tables show it; a dash where there is none.
func span(_ interval: ClosedRange<Double>?, _ places: Int) -> String {
  interval.map {
    "\(decimals($0.lowerBound, places)) to \(decimals($0.upperBound, places))"
  } ?? "–"
}

/// A signed share as a percentage; a dash where there is none.
func percent(_ share: Double?) -> String {
  guard let share, share.isFinite else { return "–" }
  return (share > 0 ? "+" : "") + decimals(100 * share, 1) + " %"
}
