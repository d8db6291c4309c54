import Foundation
import Metrics
import Reports
import Testing

struct PageTests {
  @Test func `a run's page has recipe, environment, scores and curves, all escaped`() async throws {
    try await inFolder { root in
      let html = try RunFolders.page(
        RunFolders.run("run & co", recipe: "pack: <P>.h5\n", in: root))
      #expect(html.contains("<title>run &amp; co – graft</title>"))
      #expect(html.contains("<pre>pack: &lt;P&gt;.h5\n</pre>"))
      #expect(html.contains("blas.core</th><td class=\"word code\">Haswell</td>"))
      #expect(html.contains("case &lt;1&gt;") && html.contains("a&amp;b"))
      #expect(!html.contains("<1>") && !html.contains("a&b"))
      #expect(html.contains("<td class=\"word odd\">prediction empty</td>"))
      #expect(html.contains("0.6667") && html.contains("n = 1 of 2"))
      for curve in ["Loss", "Cross entropy", "Dice loss", "Learning rate"] {
        #expect(html.contains("aria-label=\"\(curve) over training steps"), "\(curve)")
      }
      #expect(html.contains("2 steps, 1.4 min") || html.contains("2 steps, 81 s"))
      #expect(html.contains("<dt>Peak memory</dt><dd>734 MB</dd>"))
      #expect(html.contains("The evaluation has no cases.json, so there are no pictures."))
      #expect(html.contains("not a medical device") && !html.contains("could not be read"))
    }
  }

  @Test func `a page is well-formed, refers to nothing outside of it and names no path`()
    async throws
  {
    try await inFolder { root in
      let run = try RunFolders.run("run", in: root)
      let pictured = try await RunFolders.evaluation(of: ["a", "b", "c"], in: root)
      for folders in [[run], [pictured], [run, pictured]] {
        let runs = try folders.map { try Run(folder: $0.path) }
        let html = Page(runs, version: "graft 0.1.0").html
        #expect(Markup(html).problem == nil)
        #expect(!html.contains("HTML(markup"))
        for outside in ["http:", "https:", "src=", "<link", "@import", "url(\"", root.path] {
          #expect(!html.contains(outside), "\(outside)")
        }
      }
    }
  }

  @Test func `several runs share a page with a comparison`() async throws {
    try await inFolder { root in
      let names = (0..<8).map { "case \($0)" }
      let runs = try [("one", 0.7), ("two", 0.6)].map { name, dice in
        let rows = names.enumerated().map { index, name in
          RunFolders.row(name, .value(1), dice: dice + 0.01 * Double(index * index % 7))
        }
        return try RunFolders.run(name, rows: rows, in: root)
      }
      let html = try RunFolders.page(runs[0], runs[1])
      #expect(html.contains("<b>one</b> has the highest mean Dice"))
      #expect(html.contains(">Comparison</h2>") && html.contains("one − two"))
      #expect(html.contains("0.1000") && html.contains("8 of 8"))
      #expect(html.contains("Learning curves: one") && html.contains("What was run: two"))
      let alone = try RunFolders.page(runs[0])
      #expect(!alone.contains(">Comparison</h2>") && !alone.contains("Learning curves: one"))
    }
  }

  @Test func `an evaluation alone is shown, and a folder with nothing to show is refused`()
    async throws
  {
    try await inFolder { root in
      let run = try RunFolders.run("run", in: root)
      let html = try RunFolders.page(run.appendingPathComponent("evaluation"))
      #expect(html.contains(">Results</h2>") && !html.contains("Learning curves"))
      let empty = root.appendingPathComponent("empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
      #expect(throws: ReportError.self) { try Run(folder: empty.path) }
      try "{".write(
        to: empty.appendingPathComponent("metrics.json"), atomically: true, encoding: .utf8)
      #expect(throws: ReportError.self) { try Run(folder: empty.path) }
      try FileManager.default.removeItem(at: run.appendingPathComponent("evaluation"))
      let without = try RunFolders.page(run)
      #expect(without.contains("nothing has been evaluated yet"))
      #expect(Markup(without).problem == nil)
    }
  }

  @Test func `names that are markup or script stay names`() async throws {
    try await inFolder { root in
      let attack = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&\u{2028}ä"
      let rows = [
        RunFolders.row(attack, .name(attack), dice: 0.5),
        RunFolders.row("plain", .name(attack), dice: 0.6),
      ]
      let run = try RunFolders.run("run", recipe: "out: '\(attack)'\n", rows: rows, in: root)
      let name = "a<b>&\"c'] ]>"
      let pictured = try await RunFolders.evaluation(of: [name], in: root)
      for (html, scripts) in [
        (try RunFolders.page(run), 1), (try RunFolders.page(pictured), 2),
      ] {
        let markup = Markup(html)
        #expect(markup.problem == nil)
        #expect(markup.tags.count { $0 == "script" } == scripts)
        #expect(!markup.tags.contains("img") && !html.contains("<script>alert"))
      }
      #expect(try RunFolders.page(pictured).contains("a&lt;b&gt;&amp;&quot;c&#39;] ]&gt;"))
    }
  }
}

struct WarningTests {
  private func warnings(_ rows: [Evaluation.Row], log: String? = nil) async throws -> String {
    try await inFolder { root in
      let html = try RunFolders.page(RunFolders.run("run", rows: rows, log: log, in: root))
      let list = try #require(html.components(separatedBy: "id=\"warnings\"").last)
      return String(list.prefix { $0 != "\n" })
    }
  }

  @Test func `empty predictions, labels never predicted and undefined values are named`()
    async throws
  {
    let empty = (0..<6).map { index in
      Evaluation.Row(
        name: "case \(index)", label: .name("tumour"),
        scores: Scores(volumeOfPrediction: 0, volumeOfReference: 5, status: .predictionEmpty))
    }
    let found = (0..<6).map { RunFolders.row("case \($0)", .name("liver"), dice: 0.9) }
    let some = try await warnings(empty + found)
    #expect(some.contains("Never predicted: tumour."))
    #expect(some.contains("Empty predictions") && some.contains("in 6 of 12 rows: case 0 (tumour)"))
    #expect(some.contains("and 1 more") && some.contains("left out of the means: Dice 6"))
    let all = try await warnings(empty)
    #expect(all.contains("Collapse: every mask is empty, in all 6 cases."))
  }

  @Test func `a loss that does not fall, or rises again, is a warning`() async throws {
    let rows = (0..<6).map { RunFolders.row("case \($0)", .name("liver"), dice: 0.9) }
    func log(_ loss: (Int) -> Double) -> String {
      (1...100).map { "{\"step\": \($0), \"loss\": \(loss($0))}" }.joined(separator: "\n")
    }
    #expect(try await warnings(rows, log: log { _ in 0.7 }).contains("The loss did not fall"))
    let jump = log { $0 < 60 ? 1 - 0.015 * Double($0) : 0.6 }
    #expect(try await warnings(rows, log: jump).contains("The loss rose again"))
    let good = try await warnings(Array(rows.prefix(5)), log: log { 1 / Double($0) })
    #expect(!good.contains("loss") && good.contains("Only 5 cases"))
  }
}
