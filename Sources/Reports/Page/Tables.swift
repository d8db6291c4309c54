import Metrics

/// The tables of the page.
enum Tables {
  /// Mean, deviation and count of every measure: a row for each label.
  static func summary(_ contender: Contender) -> HTML {
    let labels: [Evaluation.Label?] = contender.evaluation.labels.map { $0 }
    let groups = labels.count > 1 ? labels + [nil] : labels
    let rows = groups.map { label -> HTML in
      let cells = contender.evaluation.measures.map { cell(contender.statistics($0, label), $0) }
      return """
        <tr\(style("all", if: label == nil))><th scope="row">\
        \(label?.description ?? "all labels")</th>\(cells)</tr>
        """
    }
    return table(head: ["label"] + contender.evaluation.measures.map(\.title), rows: rows)
  }

  /// One row for each contender: every measure over all labels.
  static func comparison(_ contenders: [Contender]) -> HTML {
    let measures = contenders.first?.evaluation.measures ?? []
    let best = Dictionary(
      uniqueKeysWithValues: measures.map { measure in
        let means = contenders.compactMap { contender in
          decimals(contender.statistics(measure).mean, measure.decimals).asNumber
        }
        return (measure, measure.isDistance ? means.min() : means.max())
      })
    let rows = contenders.map { contender -> HTML in
      let cells = measures.map { measure -> HTML in
        let statistics = contender.statistics(measure)
        let shown = decimals(statistics.mean, measure.decimals).asNumber
        let isBest = shown != nil && shown == best[measure].flatMap { $0 }
        return cell(statistics, measure, isBest: isBest && contenders.count > 1)
      }
      return "<tr><th scope=\"row\">\(contender.name)</th>\(cells)</tr>"
    }
    return table(head: ["prediction"] + measures.map(\.title), rows: rows)
  }

  /// Dice per label, one row for each contender; nothing where there is one label.
  static func comparisonByLabel(_ contenders: [Contender]) -> HTML {
    let labels = unique(contenders.flatMap(\.evaluation.labels))
    guard labels.count > 1 else { return "" }
    let rows = contenders.map { contender -> HTML in
      let cells = labels.map { cell(contender.statistics(.dice, $0), .dice) }
      return "<tr><th scope=\"row\">\(contender.name)</th>\(cells)</tr>"
    }
    return
      "<h3>Dice per label</h3>\(table(head: ["prediction"] + labels.map(\.description), rows: rows))"
  }

  /// Every case and label.
  static func cases(_ contender: Contender) -> HTML {
    let rows = contender.rows.map { row -> HTML in
      let cells = contender.evaluation.measures.map { measure -> HTML in
        let value = row.scores[measure]
        let words = decimals(value, measure.decimals)
        guard measure == .dice, let value else { return "<td>\(words)</td>" }
        return """
          <td class="bar"><span style="--share:\(decimals(100 * value, 1))%">\(words)</span></td>
          """
      }
      let status = row.scores.status
      let mark: HTML =
        status == .ok
        ? "<td class=\"word\">ok</td>"
        : "<td class=\"word odd\">\(status.rawValue.split(separator: "_").joined(separator: " "))</td>"
      return """
        <tr><th scope="row">\(row.name)</th><td class="word">\(row.label.description)</td>\(cells)\
        <td>\(decimals(row.scores.volumeOfPrediction, 0))</td>\
        <td>\(decimals(row.scores.volumeOfReference, 0))</td>\(mark)</tr>
        """
    }
    let unit = contender.evaluation.spacingUnit == "pixel" ? "pixels" : "mm³"
    return table(
      head: ["case", "label"] + contender.evaluation.measures.map(\.title) + [
        "prediction, \(unit)", "reference, \(unit)", "status",
      ], rows: rows)
  }

  /// Names and values.
  static func list(_ entries: [(name: String, value: String)]) -> HTML {
    let rows = entries.map { entry -> HTML in
      "<tr><th scope=\"row\">\(entry.name)</th><td class=\"word code\">\(entry.value)</td></tr>"
    }
    return "<div class=\"wide\"><table class=\"list\"><tbody>\(rows)</tbody></table></div>"
  }

  private static func table(head: [String], rows: [HTML]) -> HTML {
    """
    <div class="wide"><table><thead><tr>\(head.map(columnHead))\
    </tr></thead><tbody>\(rows)</tbody></table></div>
    """
  }

  /// A class attribute, or nothing.
  private static func style(_ name: String, if applies: Bool) -> HTML {
    applies ? " class=\"\(name)\"" : ""
  }

  private static func columnHead(_ name: String) -> HTML {
    "<th scope=\"col\"\(style("word", if: name == "label" || name == "status"))>\(name)</th>"
  }

  private static func cell(
    _ statistics: Statistics, _ measure: Measure, isBest: Bool = false
  ) -> HTML {
    let mean = decimals(statistics.mean, measure.decimals)
    let spread = statistics.standardDeviation.map { " ± " + decimals($0, measure.decimals) } ?? ""
    return """
      <td\(style("best", if: isBest))>\(mean)<small>\(spread)</small>\
      <small class="count">\(statistics.used) of \(statistics.total)</small></td>
      """
  }
}

extension String {
  fileprivate var asNumber: Double? { Double(self) }
}
