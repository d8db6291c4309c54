import Metrics

/// The tables of a study: its arms side by side, on the page and on a terminal.
struct StudyTables {
  let study: Study

  private var evaluation: Evaluation { study.results.evaluation }
  private var overlap: Measure { evaluation.leadingOverlap }
  private var distance: Measure { evaluation.leadingDistance }

  /// A row for each arm: the leading measures, the difference to the control, the time and the numbers trained.
  var arms: HTML {
    let rows = study.arms.indices.map { place -> HTML in
      let arm = study.arms[place]
      return """
        <tr><th scope="row"><a href="\(arm.report)">\(study.names[place])</a><small>\(arm.words)</small></th>\
        \(mean(overlap, place))\(mean(distance, place))\(difference(place))\
        <td>\(decimals(arm.seconds, 0)) s</td><td>\(arm.run.trainedParameters.map(grouped) ?? "–")</td></tr>
        """
    }
    let head = [
      Tables.Column("run", isWord: true), Tables.Column("mean \(overlap.title)"),
      Tables.Column("mean \(distance.head(evaluation))"),
      Tables.Column("\(overlap.title) against \(study.control)"), Tables.Column("p"),
      Tables.Column("tuning"), Tables.Column("trained parameters"),
    ]
    return "<div class=\"arms\">\(Tables.table(head, rows, caption: Self.caption))</div>"
  }

  private static let caption =
    "Means over cases and labels with 95 % intervals; the median difference case by case, and its p after Holm over all "
    + "pairs. Tuning is the whole of graft tune, encoding included; runs that share an encoder share its work. "
    + "A run's name leads to its report."

  private func mean(_ measure: Measure, _ place: Int) -> HTML {
    let summary = study.summary(measure, place)
    let places = measure.headlineDecimals
    let means = study.arms.indices.compactMap { place in
      study.summary(measure, place)?.statistics.mean.map { decimals($0, places) }
    }.compactMap(Double.init)
    let best = measure.isLessBetter == true ? means.min() : means.max()
    let words = decimals(summary?.statistics.mean, places)
    let statistics = summary?.statistics
    let isPartial = statistics.map { $0.used < $0.total } ?? false
    let count = statistics.map { "; n = \($0.used) of \($0.total)" } ?? ""
    return """
      <td\(Tables.style("best", if: best != nil && Double(words) == best))>\(words)\
      <small>\(summary?.intervalWords(places) ?? "–")\(isPartial ? count : "")</small></td>
      """
  }

  private func difference(_ place: Int) -> HTML {
    guard let difference = study.difference(place) else { return "<td>–</td><td>–</td>" }
    let interval = difference.interval.map {
      "\(signed($0.lowerBound, 3)) to \(signed($0.upperBound, 3))"
    }
    let isClear = (difference.corrected ?? 1) < 0.05
    return """
      <td\(Tables.style("clear", if: isClear))>\(signed(difference.medianDifference, 3))\
      <small>\(interval ?? "–")</small></td>\
      <td\(Tables.style("clear", if: isClear))>\(probability(difference.corrected))</td>
      """
  }

  /// The leading overlap of every label: a row for each, a column for each arm.
  var labels: HTML {
    let rows = evaluation.groups.map { label -> HTML in
      let means = evaluation.predictions.map { prediction in
        decimals(
          study.results.summary(overlap, prediction, label)?.statistics.mean,
          overlap.headlineDecimals)
      }
      let best = means.compactMap(Double.init).max()
      let cells = means.map { words -> HTML in
        "<td\(Tables.style("best", if: best != nil && Double(words) == best))>\(words)</td>"
      }
      return """
        <tr\(Tables.style("all", if: label == nil))><th scope="row">\(label?.description ?? "all labels")</th>\
        \(cells)</tr>
        """
    }
    let head = [Tables.Column("label", isWord: true)] + study.names.map { Tables.Column($0) }
    return
      "<div class=\"arms\">\(Tables.table(head, rows, caption: "Mean \(overlap.title) of each label."))</div>"
  }

  /// The arms on a terminal.
  var text: String {
    textTable(
      header: [
        study.title, overlap.title, "95 % interval", distance.head(evaluation),
        "against \(study.control)", "p", "tuning", "trained",
      ],
      rows: study.arms.indices.map { place in
        let (arm, summary) = (study.arms[place], study.summary(overlap, place))
        let difference = study.difference(place)
        return [
          study.names[place], decimals(summary?.statistics.mean, overlap.headlineDecimals),
          summary?.intervalWords(overlap.headlineDecimals) ?? "–",
          decimals(study.summary(distance, place)?.statistics.mean, distance.headlineDecimals),
          signed(difference?.medianDifference, 3), probability(difference?.corrected),
          "\(decimals(arm.seconds, 0)) s", arm.run.trainedParameters.map(grouped) ?? "–",
        ]
      }, leading: 1)
  }
}

extension Study {
  /// The arms side by side, as a table for a terminal.
  public var table: String { StudyTables(study: self).text }
}

/// A whole number with a comma before every three digits.
func grouped(_ number: Int) -> String {
  let digits = Array(String(number))
  return digits.enumerated().map { place, digit in
    place > 0 && (digits.count - place) % 3 == 0 ? ",\(digit)" : "\(digit)"
  }.joined()
}
