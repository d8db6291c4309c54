import Metrics

/// The sections about some scores: means, spread, comparison, centres, pictures, every case.
struct ResultsSections {
  let results: Results
  let gallery: Gallery
  /// The scores' number on the page, from 1.
  let number: Int

  /// The sections that there is something to say in.
  var sections: [Section] {
    [means, differences, centres, pictures, confidence, cases].compactMap { $0 }
  }

  private func id(_ name: String) -> String { "\(name)-\(number)" }

  private var suffix: String { results.title.map { ": \($0)" } ?? "" }

  private var means: Section {
    let plots = results.evaluation.telling.compactMap {
      BoxPlot(results: results, measure: $0).markup
    }
    let keys: HTML =
      results.isComparison
      ? LineKey.series(
        results.evaluation.predictions.map { results.name(of: $0) }, symbols: true) : ""
    let table = Tables.summary(
      results, caption: "Mean over cases, its 95 % interval, and over how many values of how many.")
    return Section(
      id("results"), "Results\(suffix)",
      "\(table)\(keys)<div class=\"charts\">\(plots)</div>\(Tables.statistics(results))")
  }

  private var differences: Section? {
    guard !results.findings.comparisons.isEmpty else { return nil }
    return Section(
      id("comparison"), "Comparison\(suffix)",
      "\(DifferencePlot(results: results).markup)\(ComparisonTables.differences(results))")
  }

  private var centres: Section? {
    guard !results.findings.centres.isEmpty else { return nil }
    let tables = results.findings.centres.map { centre -> HTML in
      """
      <h3>\(centre.name): \(plural(centre.cases, "case"))</h3>\
      \(Tables.summary(results, centre.summaries))
      """
    }
    let unknown = results.evaluation.cases.count { results.evaluation.centres[$0] == nil }
    let lead =
      unknown == 0
      ? nil : "\(plural(unknown, "case")) \(unknown == 1 ? "has" : "have") no centre."
    return Section(id("centres"), "By centre\(suffix)", lead: lead, HTML(tables))
  }

  private var pictures: Section? {
    guard !gallery.entries.isEmpty else { return nil }
    return Section(
      id("pictures"),
      gallery.entries.count > 2 ? "Best, median and worst case\(suffix)" : "Pictures\(suffix)",
      lead: "By the mean \(results.evaluation.leadingOverlap.title) of a case's labels"
        + (results.isComparison ? " in all predictions" : "")
        + "; first the slice with the largest area of the reference.",
      gallery.markup, isNewPage: true)
  }

  /// How well the predictions' own confidence finds the worst cases.
  private var confidence: Section? {
    guard !results.findings.flags.isEmpty else { return nil }
    let rows = results.findings.flags.map { flag -> HTML in
      let numbers = [
        decimals(flag.correlation, 2), decimals(flag.areaUnderCurve, 2), "\(flag.flagged)",
        decimals(flag.precision, 2), decimals(flag.recall, 2), "\(flag.used) of \(flag.total)",
      ].map { text -> HTML in "<td>\(text)</td>" }
      return """
        <tr><th scope="row">\(results.name(of: flag.prediction))</th>\
        <td class="word">\(flag.label?.description ?? "whole cases")</td>\(numbers)</tr>
        """
    }
    let head =
      [Tables.Column("prediction", isWord: true), Tables.Column("of", isWord: true)]
      + [
        "correlation with Dice", "area under the curve", "flagged",
        "of the flagged among the worst", "of the worst flagged", "n",
      ].map { Tables.Column($0) }
    return Section(
      id("confidence"), "Confidence\(suffix)",
      lead:
        "How well the predictions' own confidence tells the worst quarter of the cases by Dice, without a reference.",
      Tables.table(head, rows))
  }

  private var cases: Section {
    Section(
      id("cases"), "Every case\(suffix)", Tables.cases(results, pictured: gallery.places),
      isNewPage: true)
  }
}
