import Foundation
import Metrics
import Reports
import TestKit
import Testing

struct HTMLTests {
  @Test func `interpolated texts are escaped, interpolated HTML is not`() {
    let name = #"<script>"a" & 'b'</script>"#
    let cell: HTML = "<td title=\"\(name)\">\(name)</td>"
    let safe = "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"
    #expect(cell.markup == "<td title=\"\(safe)\">\(safe)</td>")
    let row: HTML = "<tr>\(cell)\([cell, cell])\(3)</tr>"
    #expect(row.markup == "<tr>\(cell.markup)\(cell.markup)\(cell.markup)3</tr>")
    let control: HTML = "\("a\u{0}b\u{1B}c")"
    #expect(control.markup == "a\u{FFFD}b\u{FFFD}c")
  }
}

struct PageTests {
  private func withRun(
    _ name: String, recipe: String = "method: decoder-lora\n", _ body: (URL) throws -> Void
  ) throws {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = root.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("evaluation"), withIntermediateDirectories: true)
    func write(_ text: String, _ file: String) throws {
      try text.write(
        to: folder.appendingPathComponent(file), atomically: true, encoding: .utf8)
    }
    try write(recipe, "recipe.yaml")
    try write(
      #"{"version": "0.1.0", "blas": {"core": "Haswell", "threads": 1}, "pack_sha256": "abc"}"#,
      "environment.json")
    try write(
      """
      {"step": 1, "epoch": 0, "loss": 1.0, "ce": 0.9, "dice": 1.1, "lr": 0.001, "seconds": 0.5}
      {"step": 2, "epoch": 0, "loss": 0.5, "ce": 0.4, "dice": 0.6, "lr": 0.001, "seconds": 0.5}
      {"step": 3, "ep
      """, "metrics.jsonl")
    var scores = Scores(volumeOfPrediction: 10, volumeOfReference: 20, status: .ok)
    scores[.dice] = 2.0 / 3
    let rows = [
      Evaluation.Row(name: "case <1>", label: .name("a&b"), scores: scores),
      Evaluation.Row(
        name: "case <1>", label: .name("c"),
        scores: Scores(volumeOfPrediction: 0, volumeOfReference: 5, status: .predictionEmpty)),
    ]
    let evaluation = Evaluation(spacingUnit: "mm", rows: rows)
    try write(Findings(evaluation).json, "evaluation/metrics.json")
    try body(folder)
  }

  @Test func `a run's page has recipe, environment, scores and curve, all escaped`() throws {
    try withRun("run & co", recipe: "pack: <P>.h5\n") { folder in
      let html = Page([try Run(folder: folder.path)], version: "graft 0.1.0").html
      #expect(html.contains("<title>run &amp; co – graft</title>"))
      #expect(html.contains("<pre>pack: &lt;P&gt;.h5\n</pre>"))
      #expect(html.contains("blas.core</th><td class=\"word code\">Haswell</td>"))
      #expect(html.contains("case &lt;1&gt;") && html.contains("a&amp;b"))
      #expect(!html.contains("<1>") && !html.contains("a&b"))
      #expect(html.contains("<td class=\"word odd\">prediction empty</td>"))
      #expect(html.contains("0.6667") && html.contains("1 of 2"))
      #expect(html.contains("aria-label=\"Loss over training steps\""))
      #expect(html.contains("2 steps, last loss 0.5000"))
      #expect(html.contains("The evaluation has no cases.json, so there are no pictures."))
      #expect(!html.contains("could not be read"))
    }
  }

  @Test func `a page refers to nothing outside of it and names no path`() throws {
    try withRun("run") { folder in
      let html = Page([try Run(folder: folder.path)], version: "graft 0.1.0").html
      for outside in [
        "http:", "https:", "src=", "<script", "<link", "@import", "url(", folder.path,
      ] {
        #expect(!html.contains(outside), "\(outside)")
      }
      for tag in ["table", "section", "svg", "tr", "figure", "p", "div", "span", "details"] {
        let opened =
          html.components(separatedBy: "<\(tag)>").count
          + html.components(separatedBy: "<\(tag) ").count - 2
        #expect(opened == html.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
      }
    }
  }

  @Test func `several runs share a page with a comparison`() throws {
    try withRun("one") { one in
      try withRun("two") { two in
        let runs = try [one, two].map { try Run(folder: $0.path) }
        let html = Page(runs, version: "graft 0.1.0").html
        #expect(html.contains("<h2>Comparison</h2>"))
        #expect(html.contains("<h2 class=\"run\">one</h2>"))
        #expect(html.contains("<h2 class=\"run\">two</h2>"))
        #expect(html.contains("<td class=\"best\">0.6667"))
        let alone = Page([runs[0]], version: "graft 0.1.0").html
        #expect(!alone.contains("Comparison"))
      }
    }
  }

  @Test func `an evaluation alone is shown, and a folder with nothing to show is refused`() throws {
    try withRun("run") { folder in
      let evaluation = folder.appendingPathComponent("evaluation").path
      let html = Page([try Run(folder: evaluation)], version: "graft 0.1.0").html
      #expect(html.contains("<h2>Results</h2>") && !html.contains("<h2>Training</h2>"))
    }
    let empty = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: empty) }
    #expect(throws: ReportError.self) { try Run(folder: empty.path) }
    try "{".write(
      to: empty.appendingPathComponent("metrics.json"), atomically: true, encoding: .utf8)
    #expect(throws: ReportError.self) { try Run(folder: empty.path) }
  }
}
