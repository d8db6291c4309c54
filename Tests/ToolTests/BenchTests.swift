import Foundation
import TestKit
import Testing

/// `graft bench` on two cases of noise and one step: cells, resuming, parts, merging, refusals.
struct BenchTests {
  /// A pack of four scans and a plan.
  private struct Trial {
    let data: TrialData

    init(_ plan: String = Trial.plan()) throws {
      data = try TrialData(adapter: false)
      for (place, name) in ["c", "d"].enumerated() {
        try data.writeScan(name, factor: 43 + 4 * place)
      }
      let pack = try ToolRun.graft(
        data.pack(to: "p.h5") + ["--split", "train=2,test=-2"], in: data.folder)
      #expect(pack.status == 0, "\(pack.error)")
      try write(plan)
    }

    static func plan(methods: String = "[decoder-lora, decoder-full]", more: String = "") -> String
    {
      """
      pack: p.h5
      weights: \(TrialData.weights)
      out: bench
      methods: \(methods)
      exemplars: [1, 2]
      choices: {count: 1}
      budget: {steps: 2}
      settings: {image: {size: 64}, augment: {variants: 1}, batch: 1}
      \(more)
      """
    }

    func write(_ plan: String) throws {
      try Data(plan.utf8).write(to: data.folder.appendingPathComponent("plan.yaml"))
    }

    func bench(_ more: String...) throws -> ToolRun {
      try ToolRun.graft(["bench", "plan.yaml"] + more, in: data.folder)
    }

    /// When each cell's result was written.
    func results(in folder: String = "bench") throws -> [String: Date] {
      let cells = data.path("\(folder)/cells")
      var found: [String: Date] = [:]
      for cell in (try? FileManager.default.contentsOfDirectory(atPath: cells)) ?? [] {
        let file = "\(cells)/\(cell)/result.json"
        let attributes = try? FileManager.default.attributesOfItem(atPath: file)
        if let date = attributes?[.modificationDate] as? Date { found[cell] = date }
      }
      return found
    }
  }

  @Test func `a plan becomes cells, files and a page, and a second run trains nothing`() throws {
    let trial = try Trial()
    defer { trial.data.remove() }
    let dry = try trial.bench("--dry-run")
    #expect(dry.status == 0, "\(dry.error)")
    #expect(
      dry.output.split(separator: "\n").count == 4 && dry.error.contains("Nothing was written"))
    #expect(!FileManager.default.fileExists(atPath: trial.data.path("bench")))
    #expect(!FileManager.default.fileExists(atPath: trial.data.path("p.embeddings")))

    let run = try trial.bench()
    #expect(run.status == 0, "\(run.error)")
    let first = try trial.results()
    #expect(
      first.keys.sorted() == [
        "decoder-full_k1_random1_seed1", "decoder-full_k2_random1_seed1",
        "decoder-lora_k1_random1_seed1", "decoder-lora_k2_random1_seed1",
      ])
    for file in ["report.html", "results.csv", "results.json", "summary.md"] {
      #expect(FileManager.default.fileExists(atPath: trial.data.path("bench/\(file)")), "\(file)")
    }
    let masks = trial.data.path("bench/cells/decoder-lora_k1_random1_seed1/masks")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: masks).sorted() == [
        "c.nii.gz", "d.nii.gz",
      ])

    let again = try trial.bench()
    #expect(again.status == 0 && again.error.contains("4 cells, of which 4 are done"))
    #expect(try trial.results() == first)
    #expect(again.output == run.output)

    // What changes a method's cells runs these alone.
    try trial.write(
      Trial.plan(methods: "[decoder-lora, {name: decoder-full, settings: {optimizer.rate: 0.001}}]")
    )
    let changed = try trial.bench()
    #expect(changed.status == 0 && changed.error.contains("4 cells, of which 2 are done"))
    let after = try trial.results()
    for (cell, date) in first { #expect((after[cell] == date) == cell.hasPrefix("decoder-lora")) }
  }

  @Test func `the scores are those of graft evaluate`() throws {
    let trial = try Trial(Trial.plan(methods: "[decoder-lora]"))
    defer { trial.data.remove() }
    #expect(try trial.bench().status == 0)
    let evaluated = try ToolRun.graft(
      "evaluate", "--prediction", "bench/cells/decoder-lora_k1_random1_seed1/masks", "--reference",
      "references", "--out", "evaluation", in: try references(trial.data))
    #expect(evaluated.status == 0, "\(evaluated.error)")
    func rows(_ file: String) throws -> [String] {
      try String(contentsOfFile: trial.data.path(file), encoding: .utf8)
        .split(separator: "\n").map(String.init)
    }
    let expected = try rows("evaluation/metrics.csv").dropFirst().map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).dropFirst(2).prefix(10)
    }
    let found = try rows("bench/results.csv").filter { $0.contains("_k1_") }.map { line in
      line.split(separator: ",", omittingEmptySubsequences: false).dropFirst(9).prefix(10)
    }
    #expect(found.map(Array.init) == expected.map(Array.init))
    #expect(found.count == 4)
  }

  /// A folder with the reference masks of the test cases alone.
  private func references(_ data: TrialData) throws -> URL {
    try FileManager.default.createDirectory(
      atPath: data.path("references"), withIntermediateDirectories: true)
    for name in ["c", "d"] {
      try FileManager.default.copyItem(
        atPath: data.path("scans/labels/\(name).nii.gz"),
        toPath: data.path("references/\(name).nii.gz"))
    }
    return data.folder
  }

  @Test func `parts run side by side in folders of their own make the same whole`() throws {
    let trial = try Trial()
    defer { trial.data.remove() }
    let whole = try trial.bench()
    #expect(whole.status == 0, "\(whole.error)")
    for part in ["1/2", "2/2"] {
      let run = try trial.bench("--shard", part, "--out", "part\(part.prefix(1))")
      #expect(run.status == 0, "\(run.error)")
      #expect(!FileManager.default.fileExists(atPath: trial.data.path("part1/report.html")))
    }
    #expect(try trial.results(in: "part1").count == 2)
    let incomplete = try trial.bench("--merge", "--out", "all", "--from", "part1")
    #expect(incomplete.status == 6 && incomplete.error.contains("2 of 4 cells have no result"))
    let merged = try trial.bench("--merge", "--out", "all", "--from", "part1", "--from", "part2")
    #expect(merged.status == 0, "\(merged.error)")
    let names = ["all", "bench"].map { trial.data.path("\($0)/results.csv") }
    #expect(
      try String(contentsOfFile: names[0], encoding: .utf8)
        == String(contentsOfFile: names[1], encoding: .utf8))
  }

  @Test func `an interrupted bench keeps what is done and goes on`() throws {
    let trial = try Trial(Trial.plan().replacing("{steps: 2}", with: "{steps: 400}"))
    defer { trial.data.remove() }
    let first = trial.data.path("bench/cells/decoder-lora_k1_random1_seed1/result.json")
    let run = try ToolRun.graft(
      ["bench", "plan.yaml"], in: trial.data.folder, interruptedWhen: first)
    #expect(run.status == 6, "\(run.error)")
    #expect(run.error.contains("The same command does the rest"))
    let kept = try trial.results()
    #expect(kept.count >= 1 && kept.count < 4)
    try trial.write(Trial.plan().replacing("{steps: 2}", with: "{steps: 400}"))
    let rest = try trial.bench("--log-format", "json")
    #expect(rest.status == 0, "\(rest.error)")
    #expect(rest.error.contains("\"event\":\"cell\"") && rest.error.contains("\"done\":"))
    for (cell, date) in kept { #expect(try trial.results()[cell] == date) }
  }

  @Test(arguments: ["spread", "representative", "nearest"])
  func `exemplars are chosen by what the encoder sees`(selection: String) throws {
    let trial = try Trial(
      Trial.plan(methods: "[decoder-lora]").replacing(
        "{count: 1}", with: "{count: 1, selection: \(selection)}"))
    defer { trial.data.remove() }
    let dry = try trial.bench("--dry-run")
    #expect(dry.status == 0, "\(dry.error)")
    #expect(!FileManager.default.fileExists(atPath: trial.data.path("p.embeddings")))
    let run = try trial.bench()
    #expect(run.status == 0, "\(run.error)")
    #expect(
      try trial.results().keys.sorted() == [
        "decoder-lora_k1_\(selection)1_seed1", "decoder-lora_k2_\(selection)1_seed1",
      ])
    #expect(try trial.bench("--dry-run").error.contains("2 cells, of which 2 are done"))
    try trial.write(
      Trial.plan(methods: "[decoder-lora]").replacing("{steps: 2}", with: "{steps: 3}"))
    let changed = try trial.bench("--dry-run")
    #expect(changed.status == 0)
    #expect(changed.error.contains("of which 0 are done"), "\(changed.error)")
  }

  @Test func `a method that fails leaves the other cells alone`() throws {
    let trial = try Trial(
      Trial.plan(
        methods: """
          [decoder-lora, {name: decoder-full, settings: {optimizer.rate: 1e30, schedule: {name: constant}}}]
          """
      ).replacing("{steps: 2}", with: "{steps: 20}"))
    defer { trial.data.remove() }
    let run = try trial.bench()
    #expect(run.status == 5, "\(run.error)")
    #expect(run.error.contains("2 cells failed"))
    #expect(try trial.results().keys.allSatisfy { $0.hasPrefix("decoder-lora") })
    let page = try String(contentsOfFile: trial.data.path("bench/report.html"), encoding: .utf8)
    #expect(page.contains("failed") && page.contains("not a finite number"))
  }

  @Test func `select names scans, the first of more being those of fewer`() throws {
    let trial = try Trial()
    defer { trial.data.remove() }
    func chosen(_ count: Int) throws -> [Substring] {
      let run = try ToolRun.graft(
        "select", "scans/images", "--weights", TrialData.weights, "--image-size", "64",
        "--count", "\(count)", in: trial.data.folder)
      #expect(run.status == 0, "\(run.error)")
      return run.output.split(separator: "\n")
    }
    let three = try chosen(3)
    #expect(Set(three).count == 3)
    #expect(try chosen(2) == Array(three.prefix(2)))
    try trial.data.expectRefusal(
      ["select", "scans/images", "--weights", TrialData.weights, "--count", "9"], status: 2,
      "has 4 scans")
  }

  @Test func `refusals name the key and write nothing`() throws {
    let trial = try Trial()
    defer { trial.data.remove() }
    func refused(_ plan: String, _ status: Int32, _ words: String, _ more: [String] = []) throws {
      try trial.write(plan)
      try trial.data.expectRefusal(["bench", "plan.yaml"] + more, status: status, words)
    }
    try refused(Trial.plan(more: "split: {test: late}"), 2, "the split late")
    try refused(Trial.plan(more: "split: {test: [a]}"), 2, "the case a is tested on")
    try refused(Trial.plan(more: "split: {test: [cc]}"), 2, "does not have")
    try refused(
      Trial.plan().replacing("exemplars: [1, 2]", with: "exemplars: [3]"), 2, "asks for 3")
    try refused(Trial.plan(), 2, "expected i/n", ["--shard", "3/2"])
    try refused(Trial.plan(), 2, "leave out --shard", ["--shard", "1/2", "--merge"])
    try refused(Trial.plan(), 6, "4 of 4 cells have no result", ["--merge"])
    try refused(Trial.plan(), 3, "it has no cells", ["--merge", "--from", "scans"])
    try refused(Trial.plan().replacing("pack: p.h5", with: "pack: q.h5"), 3, "q.h5")
    let missing = try ToolRun.graft("bench", "none.yaml", in: trial.data.folder)
    #expect(missing.status == 3)
  }
}
