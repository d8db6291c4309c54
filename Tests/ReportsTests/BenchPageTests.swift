import Foundation
import Metrics
import Reports
import Testing

/// What a bench's report says of cells made up here.
struct BenchPageTests {
  /// Cells of arms whose Dice differ by a constant, grows with the exemplars and varies by case, choice and seed.
  static func report(
    _ arms: [(name: String, dice: Double)] = [("one", 0.6), ("two <b>", 0.5), ("control", 0.3)],
    counts: [Int] = [1, 5], failures: [(id: String, reason: String)] = []
  ) -> BenchReport {
    var cells: [BenchCellScores] = []
    for (name, dice) in arms {
      for count in counts {
        for choice in 1...3 {
          for seed in [UInt64(1), 2] {
            let level = dice + 0.02 * Double(count) + 0.01 * Double(choice) + 0.001 * Double(seed)
            cells.append(cell(name, count, choice, seed, dice: level))
          }
        }
      }
    }
    return BenchReport(
      BenchReport.Subject(
        title: "Which one?", lead: "Made up.", facts: [("Budget", "5 steps")], plan: "pack: <p>",
        recipes: [("one", "method: decoder-lora")], tests: ["case 0"], unit: "mm",
        planned: cells.count + failures.count, failures: failures, version: "graft 0.1.0"), cells)
  }

  private static func cell(
    _ method: String, _ count: Int, _ choice: Int, _ seed: UInt64, dice: Double
  ) -> BenchCellScores {
    let rows = (0..<10).flatMap { index in
      ["liver", "spleen"].map { label -> Evaluation.Row in
        var row = RunFolders.row(
          "case \(index)", .name(label), dice: dice + 0.01 * Double(index * index % 7)
        ).scores
        row[.hausdorff95Maximum] = index == 9 && method == "control" ? nil : 10 - 9 * dice
        return Evaluation.Row(name: "case \(index)", label: .name(label), scores: row)
      }
    }
    return BenchCellScores(
      id: "\(method)_k\(count)_random\(choice)_seed\(seed)", method: method, synthesis: nil,
      exemplars: count, selection: "random", choice: choice, seed: seed,
      names: (0..<count).map { "scan\($0 + choice)" }, rows: rows, trainedParameters: 12_345,
      steps: 5, encoding: .init(wall: 1, processor: 2),
      training: .init(wall: 4 * Double(count), processor: 8),
      prediction: .init(wall: 3, processor: 5),
      peakMemory: 300_000_000, masks: nil, curve: [(1, 0.1, 0.9), (5, 0.5, 0.4)])
  }

  @Test func `the page leads with the best arm and what the cases tell it from`() {
    let html = BenchPage(Self.report()).html
    #expect(Markup(html).problem == nil)
    #expect(html.contains("With 5 exemplars, <b>one</b> has the highest mean Dice, <b>0.740</b>"))
    #expect(html.contains("tell it from all others"))
    #expect(html.contains("two &lt;b&gt;") && html.contains("pack: &lt;p&gt;"))
    #expect(html.contains("everything the plan asks for"))
    for outside in ["http:", "https:", "src=", "<link", "@import", "url(\""] {
      #expect(!html.contains(outside), "\(outside)")
    }
  }

  @Test func `a fact of as many letters as a hash is no hash`() {
    var subject = Self.report().subject
    let words = "60 s of processor time for training, the same for all that train"
    subject.facts = [("Budget", words), ("Pack", String(repeating: "a1", count: 32))]
    let html = BenchPage(BenchReport(subject, Self.report().cells)).html
    #expect(words.count == 64)
    #expect(html.contains("<dd>\(words)</dd>"))
    #expect(html.contains(">a1a1a1a1a1a1…</span>"))
  }

  @Test func `training is told by the clock the budget is given in`() {
    let clock = Self.report()
    #expect(clock.markdown.contains("| 12,345 | 8.0 s |") == false)
    let cells = clock.cells.map { cell in
      var cell = cell
      cell.clock = .processor
      return cell
    }
    let processor = BenchReport(clock.subject, cells)
    #expect(processor.markdown.contains("| 12,345 | 8.0 s |"), "\(processor.markdown)")
    #expect(BenchPage(processor).html.contains("of processor time, without encoding"))
  }

  @Test func `gain and forgetting are the differences to the first model, centre by centre`() {
    func cell(_ method: String, new: Double, old: Double) -> BenchCellScores {
      var cell = Self.cell(method, 2, 1, 1, dice: 0)
      cell.centres = ("B", ["A"])
      cell.isUnadapted = method == "as it was"
      cell.rows = (0..<10).map { index in
        let isNew = index < 4
        return Evaluation.Row(
          name: "case \(index)", label: .name("liver"),
          scores: RunFolders.row(
            "case \(index)", .name("liver"), dice: (isNew ? new : old) + 0.01 * Double(index)
          ).scores)
      }
      return cell
    }
    var subject = Self.report().subject
    subject.centres = Dictionary(
      uniqueKeysWithValues: (0..<10).map { ("case \($0)", $0 < 4 ? "B" : "A") })
    let report = BenchReport(
      subject, [cell("as it was", new: 0.4, old: 0.8), cell("full", new: 0.7, old: 0.5)])
    let text = report.markdown
    #expect(text.contains("B is new, A old, 2 exemplars"))
    #expect(
      text.contains("| full | 12,345 | 0.715 | +0.300 | 0.046 | 0.565 | +0.300 | 0.014 |"),
      "\(text)")
    #expect(text.contains("| as it was | 12,345 | 0.415 | – | – | 0.865 | – | – |"), "\(text)")
    let html = BenchPage(report).html
    #expect(Markup(html).problem == nil)
    #expect(html.contains("New and old centres"))
  }

  @Test func `arms that the cases do not tell apart are said to be so`() {
    let html = BenchPage(Self.report([("one", 0.5), ("same", 0.5)])).html
    #expect(html.contains("tell it from none of the others"))
    #expect(html.contains("≈"))
    #expect(html.contains("it is ahead of same in 0 of 6 cells only"))
  }

  @Test func `one arm, one number and one cell make a page`() {
    #expect(Markup(BenchPage(Self.report([("one", 0.5)], counts: [3])).html).problem == nil)
  }

  @Test func `what is missing or failed is said`() {
    let html = BenchPage(Self.report(failures: [("x_k1", "The loss is <nan>.")])).html
    #expect(html.contains("0 not run yet, 1 failed"))
    #expect(html.contains("The loss is &lt;nan&gt;."))
  }

  @Test func `spreads are those of the cells`() throws {
    let report = Self.report()
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(report.json.utf8)) as? [String: Any])
    let arms = try #require(json["arms"] as? [[String: Any]])
    #expect(arms.count == 6 && (json["cells"] as? [Any])?.count == 36)
    let first = arms[0]
    // Means of choices 0.01 apart, and of seeds 0.001 apart.
    #expect(abs((first["spread_over_choices"] as? Double ?? 0) - 0.01) < 1e-12)
    #expect(abs((first["spread_over_seeds"] as? Double ?? 0) - 0.001 / 2.0.squareRoot()) < 1e-12)
    #expect(first["best"] as? Bool == true && arms[1]["best"] as? Bool == false)
    let p = arms[1]["p"] as? Double ?? 1
    #expect(
      abs((arms[1]["p_holm"] as? Double ?? 0) - 2 * p) < 1e-12 || arms[2]["p"] as? Double == p)
  }

  @Test func `tables and files have a line for each`() {
    let report = Self.report()
    #expect(report.csv.split(separator: "\n").count == 1 + 36 * 20)
    #expect(
      report.csv.hasPrefix("cell,method,synthesis,exemplars,selection,choice,seed,case,label,dice"))
    #expect(report.markdown.contains("## 5 exemplars"))
    #expect(report.table.split(separator: "\n").count == 2 * 5)
  }
}
