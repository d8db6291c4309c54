import Foundation

/// What was run and how its training went: curves, exemplars, recipe, environment, files.
struct RunSection {
  let run: Run
  /// The run's number on the page, from 1, and what is added to headings where there are several.
  let number: Int
  let suffix: String

  /// Curves, exemplars, and what was run.
  var sections: [Section] {
    [training, exemplars, ran].compactMap { $0 }
  }

  private var training: Section? {
    let figures = Curves(steps: run.steps).figures
    guard !figures.isEmpty else { return nil }
    var facts = ["\(plural(run.steps.count, "step"))"]
    if let seconds = run.seconds { facts.append("\(duration(seconds)) in all") }
    return Section(
      "training-\(number)", "Learning curves\(suffix)",
      lead: facts.joined(separator: ", ")
        + "; the line is smoothed, the band goes from the least to the largest value.",
      "<div class=\"charts\">\(figures)</div>")
  }

  private var exemplars: Section? {
    guard let provenance = run.provenance, !provenance.exemplars.isEmpty else { return nil }
    let figures = provenance.exemplars.map(\.figure)
    let keys =
      provenance.classes.count > LineKey.colours
      ? HTML("") : LineKey.classes(provenance.classes)
    return Section(
      "exemplars-\(number)", "Exemplars\(suffix)",
      lead: "What the run learned from: the slice of each case with the largest labelled area.",
      "\(keys)<div class=\"gallery exemplars\">\(figures)</div>")
  }

  private var ran: Section? {
    var parts: [HTML] = []
    var facts = run.environment
    if let adapter = run.adapter { facts.append(("adapter_sha256", adapter)) }
    if !facts.isEmpty { parts.append("<h3>Environment</h3>\(Tables.list(facts))") }
    if let recipe = run.recipe { parts.append("<h3>Recipe</h3><pre>\(recipe)</pre>") }
    if let record = run.record {
      if let classes = record.classes {
        let map = classes.map {
          (name: $0.name, value: $0.values.map { "\($0)" }.joined(separator: ", "))
        }
        parts.append("<h3>Label map</h3>\(Tables.list(map))")
      }
      parts.append(
        """
        <details><summary>SHA-256 of masks and images</summary>\(Tables.list(files(record)))</details>
        """)
    }
    return parts.isEmpty
      ? nil
      : Section("run-\(number)", "What was run\(suffix)", HTML(parts), isNewPage: true)
  }

  private func files(_ record: EvaluationRecord) -> [(name: String, value: String)] {
    record.cases.flatMap { files in
      [(name: "\(files.name), reference", value: files.reference.sha256)]
        + files.predictions.map {
          ("\(files.name), prediction\($0.name.map { " \($0)" } ?? "")", $0.mask.sha256)
        } + (files.image.map { [("\(files.name), image", $0.sha256)] } ?? [])
    }
  }
}

/// A part of the page with a heading.
struct Section {
  let id: String
  let title: String
  let lead: String?
  let body: HTML
  let isNewPage: Bool

  init(
    _ id: String, _ title: String, lead: String? = nil, _ body: HTML, isNewPage: Bool = false
  ) {
    self.id = id
    self.title = title
    self.lead = lead
    self.body = body
    self.isNewPage = isNewPage
  }

  var markup: HTML {
    let lead = lead.map { lead -> HTML in "<p class=\"small\">\(lead)</p>" } ?? ""
    let style = Tables.style("new-page", if: isNewPage)
    return """
      <section id="\(id)"\(style) aria-labelledby="\(id)-title"><h2 id="\(id)-title">\(title)</h2>\
      \(lead)\(body)</section>

      """
  }

  var link: HTML { "<li><a href=\"#\(id)\">\(title)</a></li>" }
}
