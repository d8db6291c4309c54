import Metrics

/// The report of one or several runs: one HTML page without anything outside of it.
public struct Page: Sendable {
  private let runs: [Run]
  private let version: String

  /// A page about some runs; `version` is the program's.
  public init(_ runs: [Run], version: String) {
    precondition(!runs.isEmpty, "page: no run")
    self.runs = runs
    self.version = version
  }

  /// The text of the page.
  public var html: String {
    let contenders = Contender.all(of: runs)
    let title = runs.map(\.name).joined(separator: ", ")
    let compared: HTML =
      contenders.count > 1
      ? section(
        "Comparison", "Mean over all cases and labels.",
        "\(Tables.comparison(contenders))\(Tables.comparisonByLabel(contenders))") : ""
    let parts = runs.enumerated().map { index, run in
      part(run, contenders.filter { $0.index == index })
    }
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <title>\(title) – graft</title>
      <style>\(HTML.style)</style>
      </head>
      <body>
      <header><p class="mark">graft report</p><h1>\(title)</h1>\(subtitle(contenders))</header>
      <main>
      \(compared)\(parts)
      \(reading)
      </main>
      <footer>\(version). Research software, not a medical device.</footer>
      </body>
      </html>

      """
    return page.markup
  }

  private func subtitle(_ contenders: [Contender]) -> HTML {
    guard let first = contenders.first?.evaluation else { return "" }
    let labels = first.labels.map(\.description).joined(separator: ", ")
    return """
      <p class="lead">\(plural(first.cases.count, "case")), labels \(labels); distances in \
      \(first.unitWords).</p><p class="note">\(first.note)</p>
      """
  }

  /// Everything about one run; a heading of its own where there are several.
  private func part(_ run: Run, _ own: [Contender]) -> HTML {
    let heading: HTML = runs.count > 1 ? "<h2 class=\"run\">\(run.name)</h2>" : ""
    let notes = run.notes.map { note -> HTML in "<p class=\"note\">\(note)</p>" }
    return
      "\(heading)\(notes)\(own.map { results($0, alone: own.count == 1) })\(training(run))\(ran(run))"
  }

  private func results(_ contender: Contender, alone: Bool) -> HTML {
    let name = alone ? "" : " of \(contender.prediction ?? contender.name)"
    let pictures = contender.pictures
    let gallery: HTML =
      pictures.isEmpty
      ? ""
      : section(
        "Best, median and worst case\(name)",
        "By the mean Dice of a case's labels: the slice with the largest area of the reference.",
        """
        <p class="legend"><span class="reference">reference</span>\
        <span class="prediction">prediction</span></p><div class="gallery">\(pictures)</div>
        """)
    let chart = DiceChart(evaluation: contender.evaluation, prediction: contender.prediction).svg
    return """
      \(section("Results\(name)", "Mean ± standard deviation, and over how many values.", """
        \(tiles(contender))\(Tables.summary(contender))\(chart)
        """))\(gallery)\(section("Every case\(name)", nil, Tables.cases(contender)))
      """
  }

  private func tiles(_ contender: Contender) -> HTML {
    let shown = contender.evaluation.telling
    let tiles = shown.map { measure -> HTML in
      let statistics = contender.statistics(measure)
      let unit =
        measure.isDistance && statistics.mean != nil ? contender.evaluation.spacingUnit : ""
      return """
        <div class="tile"><span>\(measure.title)</span><strong>\
        \(decimals(statistics.mean, measure.isDistance ? 2 : 3)) <small>\(unit)</small></strong>\
        <span>mean of \(statistics.used) of \(statistics.total)</span></div>
        """
    }
    return "<div class=\"tiles\">\(tiles)</div>"
  }

  private func training(_ run: Run) -> HTML {
    guard let chart = LossChart(steps: run.steps).svg, let last = run.steps.last else { return "" }
    let seconds = run.steps.compactMap(\.seconds).reduce(0, +)
    var facts = ["\(plural(run.steps.count, "step"))"]
    if let loss = last.loss { facts.append("last loss \(decimals(loss, 4))") }
    if let rate = last.lr { facts.append("last learning rate \(significant(rate))") }
    if seconds > 0 { facts.append("\(decimals(seconds, 1)) s in steps") }
    return section("Training", facts.joined(separator: ", ") + ".", chart)
  }

  private func ran(_ run: Run) -> HTML {
    var parts: [HTML] = []
    var facts = run.environment
    if let adapter = run.adapter { facts.append(("adapter SHA-256", adapter)) }
    if !facts.isEmpty { parts.append("<h3>Environment</h3>\(Tables.list(facts))") }
    if let recipe = run.recipe { parts.append("<h3>Recipe</h3><pre>\(recipe)</pre>") }
    if let record = run.record {
      if let classes = record.classes {
        let map = classes.map {
          (name: $0.name, value: $0.values.map { "\($0)" }.joined(separator: ", "))
        }
        parts.append("<h3>Label map</h3>\(Tables.list(map))")
      }
      let files = record.cases.flatMap { files in
        [(name: "\(files.name), reference", value: files.reference.sha256)]
          + files.predictions.map {
            ("\(files.name), prediction\($0.name.map { " \($0)" } ?? "")", $0.mask.sha256)
          } + (files.image.map { [("\(files.name), image", $0.sha256)] } ?? [])
      }
      parts.append(
        "<details><summary>SHA-256 of masks and images</summary>\(Tables.list(files))</details>")
    }
    return parts.isEmpty ? "" : section("What was run", nil, HTML(parts))
  }

  private var reading: HTML {
    section(
      "How to read this", nil,
      """
      <ul class="small"><li>Measures are taken on the whole case, in its own spacing, per label; a dash is undefined, \
      never 0. Dice is 0 when one mask is empty and undefined when both are; distances need both.</li>\
      <li>Surface: voxels that one erosion with the cross of face neighbours removes; outside of the image is \
      background. HD is the largest distance of both directions, HD95 max the larger of the two directed 95th \
      percentiles (as MONAI), HD95 pooled the 95th percentile of both together (as MedPy), ASSD the mean of both \
      together. NSD is the share of both surfaces within the tolerance.</li>\
      <li>Pictures: the patient's right is at the left edge (axial, coronal), anterior at the left (sagittal).</li></ul>
      """)
  }

  private func section(_ title: String, _ lead: String?, _ body: HTML) -> HTML {
    let lead = lead.map { lead -> HTML in "<p class=\"small\">\(lead)</p>" } ?? ""
    return "<section><h2>\(title)</h2>\(lead)\(body)</section>\n"
  }

  private func plural(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
  }
}
