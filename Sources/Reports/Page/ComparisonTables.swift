import Metrics

/// The tables of several predictions side by side.
enum ComparisonTables {
  /// One row for each prediction: the telling measures over all labels, the best mean marked.
  static func means(_ results: Results) -> HTML {
    let evaluation = results.evaluation
    let best = Dictionary(
      uniqueKeysWithValues: evaluation.telling.map { measure in
        let means = evaluation.predictions.compactMap { prediction in
          rounded(results.summary(measure, prediction)?.statistics.mean, measure)
        }
        return (measure, measure.isLessBetter == true ? means.min() : means.max())
      })
    let rows = evaluation.predictions.map { prediction -> HTML in
      let cells = evaluation.telling.map { measure -> HTML in
        let summary = results.summary(measure, prediction)
        let mean = rounded(summary?.statistics.mean, measure)
        let isBest = mean != nil && mean == best[measure].flatMap { $0 }
        return Tables.cell(summary, measure, isBest: isBest)
      }
      return "<tr><th scope=\"row\">\(results.name(of: prediction))</th>\(cells)</tr>"
    }
    let head =
      [Tables.Column("prediction", isWord: true)]
      + evaluation.telling.map { Tables.Column($0.head(evaluation)) }
    return Tables.table(head, rows, caption: "Means over all labels, with 95 % intervals.")
  }

  /// The paired differences of the telling measures with their tests, over all labels and for each.
  static func differences(_ results: Results) -> HTML {
    let evaluation = results.evaluation
    let shown = results.findings.comparisons.filter {
      evaluation.telling.contains($0.measure)
    }
    let rows = shown.map { comparison -> HTML in
      let places = comparison.measure.decimals
      let interval = comparison.interval.map {
        "\(decimals($0.lowerBound, places)) to \(decimals($0.upperBound, places))"
      }
      let isClear = (comparison.corrected ?? 1) < 0.05
      return """
        <tr><th scope="row">\(comparison.first) − \(comparison.second)</th>\
        <td class="word">\(comparison.label?.description ?? "all labels")</td>\
        <td class="word">\(comparison.measure.head(evaluation))</td>\
        \(value(comparison.medianDifference, places))<td>\(interval ?? "–")</td>\
        \(value(Double(comparison.pairs), 0, words: "\(comparison.pairs) of \(comparison.total)"))\
        \(value(comparison.test.pValue, 3, words: probability(comparison.test.pValue)))\
        \(value(comparison.corrected, 3, words: probability(comparison.corrected), isMarked: isClear))</tr>
        """
    }
    let head =
      [("difference", true), ("label", true), ("measure", true), ("median", false)].map {
        Tables.Column($0.0, isWord: $0.1)
      } + ["95 % interval", "pairs", "p", "p after Holm"].map { Tables.Column($0) }
    return Tables.table(
      head, rows,
      caption:
        "Paired differences case by case: median, bootstrap interval, Wilcoxon's signed-rank test, "
        + "and its p-value corrected for the pairs of predictions; bold below 0.05.", sorts: true,
      isTall: true)
  }

  private static func value(
    _ value: Double?, _ places: Int, words: String? = nil, isMarked: Bool = false
  ) -> HTML {
    """
    <td\(Tables.style("best", if: isMarked)) data-value="\(value.map { "\($0)" } ?? "")">\
    \(words ?? decimals(value, places))</td>
    """
  }

  private static func rounded(_ value: Double?, _ measure: Measure) -> Double? {
    Double(decimals(value, measure.decimals))
  }
}
