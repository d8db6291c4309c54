import Metrics

/// The page of a bench: one HTML page without anything outside of it.
public struct BenchPage: Sendable {
  private let report: BenchReport
  private let picture: BenchPicture?

  /// The page of a report, with a case under all arms of the leading comparison.
  public init(_ report: BenchReport, picture: BenchPicture? = nil) {
    self.report = report
    self.picture = picture
  }

  private var subject: BenchReport.Subject { report.subject }
  private var tables: BenchTables { BenchTables(report: report) }

  /// The text of the page.
  public var html: String {
    Document(
      tab: "\(subject.title) – graft", mark: "graft bench", title: subject.title,
      lead: """
        <p class="asked">\(subject.lead)</p><p class="answer">\(answer)</p>\(remarks)\(tables.matrix)\
        \(FactList.markup(subject.facts))
        """,
      sections: centres + [curves] + report.rounds.reversed().map(section) + [how, reading],
      version: subject.version
    ).html
  }

  /// What the leading comparison says.
  private var answer: HTML {
    let round = report.leading
    let count = plural(round.exemplars, "exemplar")
    guard let best = round.best, let mean = round.mean(.dice, best) else {
      return "With \(count), no mean Dice is defined."
    }
    let lead: HTML = """
      With \(count), <b>\(best)</b> has the highest mean Dice, <b>\(decimals(mean, 3))</b>
      """
    let others = round.findings.comparisons.filter {
      $0.measure == .dice && $0.label == round.evaluation.groups.last
    }
    guard !others.isEmpty else { return "\(lead)." }
    let clear = others.filter { ($0.corrected ?? 1) < 0.05 }.map(\.first)
    let open = others.filter { ($0.corrected ?? 1) >= 0.05 }.map(\.first)
    let verdict: HTML =
      clear.isEmpty
      ? "; the test cases tell it from none of the others"
      : open.isEmpty
        ? "; the test cases tell it from all others"
        : "; the test cases do not tell it from <b>\(listed(open))</b>, but from \(listed(clear))"
    return "\(lead)\(verdict).\(contested(round))"
  }

  /// The arms that the best is not always ahead of with the same exemplars and seed.
  private func contested(_ round: BenchRound) -> HTML {
    let found = round.groups.compactMap { group in
      round.lead(over: group.arm).flatMap { lead in
        lead.ahead < lead.pairs ? "\(group.arm) in \(lead.ahead) of \(lead.pairs)" : nil
      }
    }
    return found.isEmpty
      ? "" : " With the same exemplars and seed it is ahead of \(listed(found)) cells only."
  }

  /// What is missing.
  private var remarks: HTML {
    let missing = subject.planned - report.cells.count
    guard missing > 0 else { return "<p class=\"fine\">\(report.howMany)</p>" }
    let items = subject.failures.map { failure -> HTML in
      "<li><b>\(failure.id)</b> failed: \(failure.reason)</li>"
    }
    return """
      <section class="warnings" aria-labelledby="warnings"><h2 id="warnings">Not everything is here</h2>\
      <ul><li>\(report.howMany)</li>\(items)</ul></section>
      """
  }

  /// New and old centres; nothing in a bench without.
  private var centres: [Section] {
    let rounds = report.centreRounds
    guard !rounds.isEmpty else { return [] }
    return [
      Section(
        "centres", "New and old centres", lead: CentreRound.explanation,
        "\(rounds.map(tables.centres))")
    ]
  }

  /// The curves over the number of exemplars, and what the arms cost.
  private var curves: Section {
    Section(
      "curves", "Exemplars, seconds, Dice",
      lead: "Each arm has its colour and sign in all figures.",
      "\(ArmKeys(report: report).markup)<div class=\"charts\">\(ExemplarCurve(report: report).figure)\(CostPlot(report: report).figure)</div>"
    )
  }

  /// The comparison at one number of exemplars.
  private func section(_ round: BenchRound) -> Section {
    Section(
      "k-\(round.exemplars)", "\(plural(round.exemplars, "exemplar"))",
      """
      \(tables.arms(round))<h3>Cell by cell, and against the best case by case</h3>\
      <div class="charts">\(ChoicePlot(report: report, round: round).figure)\
      \(DifferencePlot(results: round.results(), control: round.best).figures)</div>\
      \(pictures(round))\(tables.labels(round))\(tables.costs(round))
      """, isNewPage: true)
  }

  /// A case under all arms, in the leading comparison.
  private func pictures(_ round: BenchRound) -> HTML {
    guard let picture, round.exemplars == report.leading.exemplars else { return "" }
    let results = round.results(picture)
    return """
      \(SideBySide(results: results, name: picture.name, place: "case-1").markup)\
      <p class="fine">The masks are those of the first choice and seed; Dice is that of all cells.</p>
      """
  }

  private var how: Section {
    let recipes = subject.recipes.map { recipe -> HTML in
      "<details><summary>\(recipe.name)</summary><pre>\(recipe.text)</pre></details>"
    }
    return Section(
      "how", "How it was made",
      """
      <h3>The plan</h3><pre>\(subject.plan)</pre><h3>The exemplars</h3>\(tables.exemplars)\
      <h3>The test cases</h3><p class="small">\(subject.tests.joined(separator: ", "))</p>\
      <h3>The recipes, as they were resolved for the first cell of each</h3>\(recipes)
      """, isNewPage: true)
  }

  private var reading: Section {
    let evaluation = report.leading.evaluation
    return Section(
      "reading", "How to read this",
      """
      <ul><li>\(report.explanation)</li>\
      <li>Intervals and tests are about other test cases, with these exemplars. How much other exemplars would change is the \
      spread over choices; a difference within it says little about which method to take, whatever its p.</li>\
      <li>Training is what a method takes from stored embeddings of its exemplars to the end of its budget, \(report.clock.words); \
      encoding exemplars is apart, since the store is shared and whoever comes first pays for all. Prediction per case \
      includes the encoding of slices that no cell had encoded before.</li>\
      <li>\(evaluation.definitions)</li><li>\(evaluation.note)</li><li>\(evaluation.inference)</li></ul>
      """)
  }
}
