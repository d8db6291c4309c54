import Foundation
import TestKit
import Testing

/// `graft bench` across two centres on noise: the first model is made once, and both centres are tested.
struct CentreBenchTests {
  private static let descriptor = """
    title: noise of two centres
    source: made by a test
    licence: none
    layout: {images: "images/{case}.nii.gz", labels: "labels/{case}.nii.gz"}
    labels:
      both:
        classes: {one: 1, two: 2}
    centre: {name: ["{centre}_*"]}
    """

  private static func plan(centres: String) -> String {
    """
    pack: p.h5
    weights: \(TrialData.weights)
    out: bench
    methods: [none, decoder-full, vpt-deep, ptsam]
    split: {exemplars: [new_1, old_1], test: [new_2, old_2]}
    exemplars: [1]
    choices: {count: 1}
    budget: {steps: 2}
    settings: {image: {size: 64}, augment: {variants: 1}, batch: 1}
    centres: \(centres)
    """
  }

  private struct Trial {
    let data: TrialData

    init() throws {
      data = try TrialData(adapter: false)
      for kind in ["images", "labels"] {
        try FileManager.default.createDirectory(
          atPath: data.path("sites/\(kind)"), withIntermediateDirectories: true)
        for (name, source) in [("old_1", "a"), ("old_2", "b"), ("new_1", "b"), ("new_2", "a")] {
          try FileManager.default.copyItem(
            atPath: data.path("scans/\(kind)/\(source).nii.gz"),
            toPath: data.path("sites/\(kind)/\(name).nii.gz"))
        }
      }
      try write(CentreBenchTests.descriptor, to: "sites.yaml")
      let pack = try ToolRun.graft(
        ["pack", "--dataset", "sites.yaml", "sites", "--out", "p.h5"], in: data.folder)
      #expect(pack.status == 0, "\(pack.error)")
    }

    func write(_ text: String, to name: String) throws {
      try Data(text.utf8).write(to: data.folder.appendingPathComponent(name))
    }

    func bench(_ centres: String, _ more: String...) throws -> ToolRun {
      try write(CentreBenchTests.plan(centres: centres), to: "plan.yaml")
      return try ToolRun.graft(["bench", "plan.yaml"] + more, in: data.folder)
    }
  }

  private static let centres =
    "{new: [new], first: {method: decoder-full, budget: {steps: 3}}}"

  @Test func `every method starts from one first model, and the report tells gain and forgetting`()
    throws
  {
    let trial = try Trial()
    defer { trial.data.remove() }
    let dry = try trial.bench(Self.centres, "--dry-run")
    #expect(dry.status == 0, "\(dry.error)")
    #expect(!FileManager.default.fileExists(atPath: trial.data.path("bench")))
    let run = try trial.bench(Self.centres)
    #expect(run.status == 0, "\(run.error)")
    let summary = try String(
      contentsOfFile: trial.data.path("bench/summary.md"), encoding: .utf8)
    #expect(summary.contains("new is new, old old, 1 exemplar"))
    #expect(summary.contains("forgetting"))
    let page = try String(
      contentsOfFile: trial.data.path("bench/report.html"), encoding: .utf8)
    #expect(page.contains("New and old centres"))
    let mark = trial.data.path("bench/centres/old/fingerprint")
    let made = try FileManager.default.attributesOfItem(atPath: mark)[.modificationDate] as? Date
    let again = try trial.bench(Self.centres)
    #expect(again.status == 0, "\(again.error)")
    #expect(
      try FileManager.default.attributesOfItem(atPath: mark)[.modificationDate] as? Date == made)
  }

  @Test(
    arguments: [
      ("{new: [mars], first: {method: decoder-full, budget: {steps: 3}}}", "new, old"),
      ("{new: [new], old: [new], first: {method: decoder-full, budget: {steps: 3}}}", "cannot be"),
      ("{new: [new]}", "centres.first"),
      ("{new: [new], first: {method: vpt-deep, budget: {steps: 3}}}", "trains the model itself"),
      ("{new: [new], first: {method: decoder-full}}", "centres.first.budget"),
      ("{new: [new], frist: {}}", "did you mean \"centres.first\""),
    ])
  func `centres that cannot be are refused`(centres: String, words: String) throws {
    let trial = try Trial()
    defer { trial.data.remove() }
    let run = try trial.bench(centres)
    #expect(run.status == 2)
    #expect(run.error.contains(words), "\(run.error)")
  }
}
