import Metrics

/// The page of some studies: one HTML page without anything outside of it but links to the runs' own reports.
public struct StudyPage: Sendable {
  private let title: String
  private let lead: String
  private let studies: [Study]
  private let facts: [(name: String, value: String)]
  private let commands: [(title: String, lines: [String])]
  private let version: String

  /// A page about some studies.
  ///
  /// `lead` says what all of them have in common, `facts` what they were made with, `commands` how each came about;
  /// `version` is the program's.
  public init(
    title: String, lead: String, studies: [Study], facts: [(name: String, value: String)],
    commands: [(title: String, lines: [String])], version: String
  ) {
    precondition(!studies.isEmpty, "study page: no study")
    self.title = title
    self.lead = lead
    self.studies = studies
    self.facts = facts
    self.commands = commands
    self.version = version
  }

  /// The text of the page.
  public var html: String {
    Document(
      tab: "\(title) – graft", mark: "graft demo", title: title,
      lead:
        "<p class=\"asked\">\(lead)</p><div class=\"tiles\">\(studies.flatMap(tiles))</div>\(FactList.markup(facts))",
      sections: studies.enumerated().map { section($1, number: $0 + 1) } + [how, reading],
      version: version
    ).html
  }

  /// The best run and the control in large figures.
  private func tiles(_ study: Study) -> [HTML] {
    let measure = study.results.evaluation.leadingOverlap
    return [study.best, study.arms.count - 1].compactMap(\.self).map { place in
      let interval = study.summary(measure, place)?.intervalWords(3) ?? "–"
      return """
        <div class="tile"><span class="what">\(study.title), \(study.names[place])</span><strong>\
        \(decimals(study.mean(place), 3)) <small>\(measure.title)</small></strong>\
        <span>95 %: \(interval)</span></div>
        """
    }
  }

  private func section(_ study: Study, number: Int) -> Section {
    let tables = StudyTables(study: study)
    let differences = DifferencePlot(results: study.results, control: study.control).markup
    let pictures =
      study.medianCase.map {
        SideBySide(results: study.results, name: $0, place: "case-\(number)").markup
      } ?? ""
    return Section(
      "study-\(number)", study.title,
      """
      <p class="asked">\(study.question)</p><p class="answer">\(study.answer)</p>\(tables.arms)\(pictures)\
      <h3>Label by label</h3>\(tables.labels)\
      <h3>Against \(study.control), case by case</h3>\(differences)\(exemplars(study))\(warnings(study))
      """, isNewPage: number > 1)
  }

  /// What the runs learned from.
  private func exemplars(_ study: Study) -> HTML {
    guard let provenance = study.arms[0].run.provenance, !provenance.exemplars.isEmpty else {
      return ""
    }
    return """
      <h3>All that they learned from</h3><div class="gallery exemplars">\(provenance.exemplars.map(\.figure))</div>
      """
  }

  private func warnings(_ study: Study) -> HTML {
    let found =
      Warnings.of(study.results)
      + study.arms.flatMap { Warnings.of($0.run, named: true) }
    guard !found.isEmpty else { return "" }
    let items = found.map { warning -> HTML in "<li>\(warning)</li>" }
    return """
      <details><summary>\(plural(found.count, "remark"))</summary><ul class="small">\(items)</ul></details>
      """
  }

  /// The commands that led here.
  private var how: Section {
    let parts = commands.map { title, lines -> HTML in
      "<h3>\(title)</h3><pre>\(lines.joined(separator: "\n"))</pre>"
    }
    return Section(
      "commands", "The commands", lead: "The same commands work on your scans.", HTML(parts))
  }

  private var reading: Section {
    let evaluation = studies[0].results.evaluation
    return Section(
      "reading", "How to read this",
      """
      <ul><li>\(evaluation.definitions)</li><li>\(evaluation.note)</li><li>\(evaluation.inference)</li>\
      <li>In the pictures a run's mask is filled, a colour for each label, and the reference is the line; the patient's \
      right is at the left edge.</li></ul>
      """)
  }
}
