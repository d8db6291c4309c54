import Foundation
import Metrics
import Reports
import Testing

struct StudyTests {
  /// A study of runs whose scores differ by a constant; the last one is the control.
  private func study(_ means: [(name: String, dice: Double)], in root: URL) throws -> Study {
    let arms = try means.map { name, dice in
      let rows = (0..<10).flatMap { index in
        ["liver", "spleen"].map { label in
          RunFolders.row(
            "case \(index)", .name(label), dice: dice + 0.01 * Double(index * index % 7))
        }
      }
      return Study.Arm(
        try Run(folder: try RunFolders.run(name, rows: rows, in: root).path), words: "the \(name)",
        seconds: 41.6, report: "\(name)/report.html")
    }
    return try Study(title: "Organs", question: "Which one?", arms: arms)
  }

  private func page(_ study: Study) -> String {
    StudyPage(
      title: "Studies", lead: "Drawn.", studies: [study], facts: [("Fact", "1")],
      commands: [("Organs", ["$ graft pack"])], version: "graft 0.1.0"
    ).html
  }

  @Test func `each run has its means, its difference to the control and its report`() async throws {
    try await inFolder { root in
      let study = try study([("one", 0.7), ("two", 0.6), ("control", 0.5)], in: root)
      let html = page(study)
      #expect(Markup(html).problem == nil)
      #expect(html.contains("<a href=\"two/report.html\">two</a><small>the two</small>"))
      #expect(html.contains("Of the methods <b>one</b> has the highest mean Dice"))
      #expect(html.contains("the median difference is <b>+0.200</b> (p = 0.005), so"))
      #expect(html.contains("42 s") && html.contains("liver") && html.contains("$ graft pack"))
      let lines = study.table.split(separator: "\n").map(String.init)
      #expect(lines.count == 5 && lines[0].hasPrefix("Organs "))
      #expect(lines[2].hasPrefix("one ") && lines[2].contains("+0.200"))
      #expect(lines[4].hasPrefix("control ") && lines[4].contains("–"))
    }
  }

  @Test func `what a control does better, or as well, is said`() async throws {
    try await inFolder { root in
      let worse = page(try study([("one", 0.4), ("control", 0.5)], in: root))
      #expect(worse.contains("<b>−0.100</b>") && worse.contains("learned before hinders."))
      let same = page(try study([("a", 0.5), ("b", 0.5)], in: root))
      #expect(same.contains("do not tell whether"))
    }
  }

  @Test func `runs of other cases make no study`() async throws {
    try await inFolder { root in
      let row = RunFolders.row("case 1", .name("liver"), dice: 0.5)
      let other = RunFolders.row("case 2", .name("liver"), dice: 0.5)
      let arms = try [("a", row), ("b", other)].map { name, row in
        Study.Arm(
          try Run(folder: try RunFolders.run(name, rows: [row], in: root).path), words: "",
          seconds: 1, report: "")
      }
      #expect(throws: ReportError.self) { try Study(title: "", question: "", arms: arms) }
    }
  }

  @Test func `the median case is shown under every run, in a page that asks for nothing outside`()
    async throws
  {
    try await inFolder { root in
      let html = try await RunFolders.study(in: root)
      #expect(Markup(html).problem == nil)
      #expect(html.components(separatedBy: "class=\"panel\"").count == 3)
      #expect(html.contains("The median case, case&lt;3&gt;"))
      #expect(html.contains("words of b") && html.contains("$ graft x &lt;y&gt;"))
      for outside in ["http:", "https:", "src=", "<link", "@import", "url(\"", root.path] {
        #expect(!html.contains(outside), "\(outside)")
      }
    }
  }
}
