import Metrics

extension Findings {
  /// The text of `metrics.md`: tables for a paper or an issue, with the policy and the definitions stated.
  public var markdown: String {
    let cases = evaluation.cases.count
    var parts = [
      "# Evaluation\n",
      "\(cases == 1 ? "1 case" : "\(cases) cases"). \(evaluation.note)\n",
      "Mean ± standard deviation [95 % interval] (values used of all). \(evaluation.inference)\n",
    ]
    for prediction in evaluation.predictions {
      if let prediction { parts.append("## \(escaped(prediction))\n") }
      parts += tables(of: prediction)
    }
    if let emptyMasks { parts.append(emptyMasks) }
    if let lesionCounts { parts.append(lesionCounts) }
    parts += centreTable + comparisonTable + worstTable
    if !flags.isEmpty {
      parts.append("## Confidence\n")
      parts.append(flags.map { "- \($0.sentence)\n" }.joined())
    }
    parts.append("## Definitions\n")
    parts.append("\(evaluation.definitions)\(lesionWords) Not a medical device.\n")
    return parts.joined(separator: "\n")
  }

  /// What the lesion-wise measures are.
  private var lesionWords: String {
    guard let task = evaluation.scoring.lesions else { return "" }
    let rules = task.rules
    return
      " Lesions by the rules of BraTS 2023 (\(task.rawValue.uppercased())): 26-connected, merged where they "
      + "touch after \(rules.dilations) dilations, more than \(shortest(rules.neglectedVolume)) mm³; a missed "
      + "or invented one counts Dice 0 and HD95 \(shortest(rules.penalty)) mm."
  }

  /// The telling measures of a prediction in one table, the others in another: a row for each label.
  private func tables(of prediction: String?) -> [String] {
    let telling = evaluation.telling
    let others = evaluation.measures.filter { !telling.contains($0) }
    let own = summaries.filter { $0.prediction == prediction }
    return [telling, others].filter { !$0.isEmpty }.map { measures in
      markdownTable(
        ["label"] + measures.map { $0.title + unit(of: $0) },
        evaluation.groups.map { label in
          [label.map { escaped($0.description) } ?? "all"]
            + measures.map { measure in
              own.first { $0.label == label && $0.measure == measure }?.words ?? "–"
            }
        })
    }
  }

  private var centreTable: [String] {
    guard !centres.isEmpty else { return [] }
    let measures = evaluation.telling
    let group = evaluation.groups.last ?? nil
    let rows = centres.flatMap { centre in
      evaluation.predictions.map { prediction in
        [escaped(centre.name), prediction.map(escaped), "\(centre.cases)"].compactMap { $0 }
          + measures.map { measure in
            centre.summaries.first {
              $0.prediction == prediction && $0.label == group && $0.measure == measure
            }?.words ?? "–"
          }
      }
    }
    let several = evaluation.predictions != [nil]
    let header = ["centre"] + (several ? ["prediction"] : []) + ["cases"]
    let lacking = evaluation.cases.count { evaluation.centres[$0] == nil }
    return [
      "## Centres\n", markdownTable(header + measures.map { $0.title + unit(of: $0) }, rows),
    ] + (lacking > 0 ? ["\(lacking) cases have no centre.\n"] : [])
  }

  private var comparisonTable: [String] {
    guard !comparisons.isEmpty else { return [] }
    let rows = comparisons.map { found in
      [
        escaped(found.first), escaped(found.second),
        found.label.map { escaped($0.description) } ?? "all", found.measure.title,
      ] + found.figures
    }
    return [
      "## Comparison\n",
      "Differences first − second per case (over all labels: of the means of those that both have); Wilcoxon's "
        + "signed-rank test, two-sided, corrected by Holm over the pairs of predictions for each measure and "
        + "label; interval of the median by the bootstrap.\n",
      markdownTable(["first", "second", "label", "measure"] + Comparison.figureTitles, rows),
    ]
  }

  private var worstTable: [String] {
    guard evaluation.cases.count > 2, !worst.isEmpty else { return [] }
    let (overlap, distance) = (evaluation.leadingOverlap, evaluation.leadingDistance)
    let several = evaluation.predictions != [nil]
    return [
      "## Worst cases\n",
      markdownTable(
        (several ? ["prediction"] : []) + [
          "case", overlap.title, distance.title + unit(of: distance), "worst label",
        ],
        worst.map { found in
          [
            found.prediction.map(escaped), escaped(found.name), decimals(found.dice, 4),
            decimals(found.distance, 2), escaped(found.label.description),
          ].compactMap { $0 }
        }),
    ]
  }

  private func unit(of measure: Measure) -> String {
    if measure.isDistance { return ", \(evaluation.unitWords)" }
    return measure == .volumeError ? ", \(evaluation.volumeUnit)" : ""
  }
}

extension Findings.Summary {
  /// Mean, deviation, interval and counts in a cell.
  fileprivate var words: String {
    guard let mean = statistics.mean else { return "– (\(counts))" }
    let places = measure.decimals
    let deviation = statistics.standardDeviation.map { " ± \(decimals($0, places))" } ?? ""
    let interval = interval.map {
      " [\(decimals($0.lowerBound, places)), \(decimals($0.upperBound, places))]"
    }
    return "\(decimals(mean, places))\(deviation)\(interval ?? "") (\(counts))"
  }
}

/// A table of Markdown.
func markdownTable(_ header: [String], _ rows: [[String]]) -> String {
  let rule = header.map { _ in "---" }
  return ([header, rule] + rows).map { "| \($0.joined(separator: " | ")) |\n" }.joined()
}

/// A name without anything Markdown would read as its own.
private func escaped(_ name: String) -> String {
  name.map { character in
    if character.isNewline { return " " }
    return "\\`*_[]<>|#&".contains(character) ? "\\\(character)" : "\(character)"
  }.joined()
}
