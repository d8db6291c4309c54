import Metrics

/// The tables of scores.
enum Tables {
  /// Mean, interval and count of the telling measures: a row for each prediction and label.
  static func summary(
    _ results: Results, _ summaries: [Findings.Summary]? = nil, caption: String? = nil
  ) -> HTML {
    let evaluation = results.evaluation
    let summaries = summaries ?? results.findings.summaries
    let first = evaluation.predictions.first ?? nil
    let rows = evaluation.groups.flatMap { label in
      evaluation.predictions.map { prediction -> HTML in
        let cells = evaluation.telling.map { measure in
          cell(
            summaries.first {
              $0.prediction == prediction && $0.label == label && $0.measure == measure
            }, measure)
        }
        let name: HTML =
          results.isComparison ? "<td class=\"word\">\(results.name(of: prediction))</td>" : ""
        let styles = [label == nil ? "all" : nil, prediction == first ? nil : "more"]
          .compactMap { $0 }.joined(separator: " ")
        return """
          <tr\(style(styles, if: !styles.isEmpty))><th scope="row">\
          \(label?.description ?? "all labels")</th>\(name)\(cells)</tr>
          """
      }
    }
    let head =
      [Column("label", isWord: true)]
      + (results.isComparison ? [Column("prediction", isWord: true)] : [])
      + evaluation.telling.map { Column($0.head(evaluation)) }
    return table(head, rows, caption: caption)
  }

  /// Every statistic of every measure.
  static func statistics(_ results: Results) -> HTML {
    let rows = results.findings.summaries.map { summary -> HTML in
      let (found, places) = (summary.statistics, summary.measure.decimals)
      let quartiles = found.quartiles.map {
        "\(decimals($0.lower, places)) to \(decimals($0.upper, places))"
      }
      let numbers = [
        decimals(found.mean, places), summary.intervalWords(places),
        decimals(found.standardDeviation, places), decimals(found.median, places),
        quartiles ?? "–", "\(found.used) of \(found.total)",
        summary.filled == 0 ? "" : "\(summary.filled)",
      ].map { text -> HTML in "<td>\(text)</td>" }
      let first: HTML =
        results.isComparison
        ? "<td class=\"word\">\(results.name(of: summary.prediction))</td>" : ""
      return """
        <tr><th scope="row">\(summary.label?.description ?? "all labels")</th>\(first)\
        <td class="word">\(summary.measure.head(results.evaluation))</td>\(numbers)</tr>
        """
    }
    let head =
      [Column("label", isWord: true)]
      + (results.isComparison ? [Column("prediction", isWord: true)] : [])
      + [Column("measure", isWord: true)]
      + ["mean", "95 % interval", "SD", "median", "quartiles", "n", "set by the policy"].map {
        Column($0)
      }
    return """
      <details><summary>Every measure: mean, interval, SD, median, quartiles</summary>\
      \(table(head, rows, sorts: true))</details>
      """
  }

  /// Every case and label; `pictured` are the places of pictures by case.
  static func cases(_ results: Results, pictured: [String: String]) -> HTML {
    let rows = CaseRows(results, pictured: pictured)
    let tableOfAll = table(
      rows.head, rows.rows, caption: rows.caption, sorts: true, filters: true, isTall: true)
    guard !rows.others.isEmpty else { return tableOfAll }
    return """
      <p class="extras"><label><input type="checkbox"> all \(rows.measureCount) measures</label></p>\
      \(tableOfAll)
      """
  }

  /// Names and values.
  static func list(_ entries: [(name: String, value: String)]) -> HTML {
    let rows = entries.map { entry -> HTML in
      "<tr><th scope=\"row\">\(entry.name)</th><td class=\"word code\">\(entry.value)</td></tr>"
    }
    return "<div class=\"wide\"><table class=\"list\"><tbody>\(rows)</tbody></table></div>"
  }

  /// A column of a table.
  struct Column {
    let name: String
    let isWord: Bool
    let isExtra: Bool

    init(_ name: String, isWord: Bool = false, isExtra: Bool = false) {
      self.name = name
      self.isWord = isWord
      self.isExtra = isExtra
    }

    var markup: HTML {
      let classes = [isWord ? "word" : nil, isExtra ? "extra" : nil].compactMap { $0 }
      return
        "<th scope=\"col\"\(style(classes.joined(separator: " "), if: !classes.isEmpty))>\(name)</th>"
    }
  }

  /// A table that scrolls sideways where it is too wide.
  static func table(
    _ head: [Column], _ rows: [HTML], caption: String? = nil, sorts: Bool = false,
    filters: Bool = false, isTall: Bool = false
  ) -> HTML {
    let classes = [sorts ? "sortable" : nil, filters ? "filtered" : nil].compactMap { $0 }
    let isLong = isTall && rows.count > 20
    let reach: HTML = " tabindex=\"0\" role=\"region\" aria-label=\"\(caption ?? "")\""
    let title =
      caption.map { caption -> HTML in "<caption><span>\(caption)</span></caption>" } ?? ""
    return """
      <div class="wide\(isLong ? " tall" : "")"\(isLong ? reach : "")>\
      <table\(style(classes.joined(separator: " "), if: !classes.isEmpty))>\(title)\
      <thead><tr>\(head.map(\.markup))</tr></thead><tbody>\(rows)</tbody></table></div>
      """
  }

  /// A class attribute, or nothing.
  static func style(_ name: String, if applies: Bool) -> HTML {
    attribute("class", name, if: applies)
  }

  /// An attribute, or nothing.
  static func attribute(_ name: String, _ value: String, if applies: Bool) -> HTML {
    applies ? " \(name)=\"\(value)\"" : ""
  }

  /// A mean with its interval and count.
  static func cell(
    _ summary: Findings.Summary?, _ measure: Measure, isBest: Bool = false
  ) -> HTML {
    guard let summary else { return "<td>–</td>" }
    let interval = summary.interval == nil ? "" : summary.intervalWords(measure.decimals) + "; "
    let filled = summary.filled == 0 ? "" : ", \(summary.filled) set"
    return """
      <td\(style("best", if: isBest))>\(decimals(summary.statistics.mean, measure.decimals))\
      <small>\(interval)n = \(summary.statistics.used) of \(summary.statistics.total)\(filled)</small></td>
      """
  }
}
