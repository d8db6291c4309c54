import Archives
import Exemplars
import Foundation
import TestKit
import Testing
import Volumes

/// `graft synthesize` from a pack of phantoms to a pack that trains.
struct SynthesizeTests {
  /// A folder with a pack of brain phantoms: two to train on and one to test.
  private func phantoms(_ body: (TrialData) throws -> Void) throws {
    let trial = try TrialData(adapter: false)
    defer { trial.remove() }
    try FileManager.default.removeItem(atPath: trial.path("scans"))
    let atlas = PhantomVolumes(.abdomen, seed: 3, extents: SIMD3(40, 36, 8))
    for index in 0..<3 {
      let (image, labels) = atlas.subject(index)
      try image.write(trial.path("scans/images/p\(index).nii.gz"))
      try labels.write(trial.path("scans/labels/p\(index).nii.gz"))
    }
    let run = try ToolRun.graft(
      trial.pack(to: "p.h5") + ["--split", "train=2,test=-1"], in: trial.folder)
    #expect(run.status == 0, "\(run.error)")
    try body(trial)
  }

  @Test func `a pack of phantoms becomes a larger one, the same for any threads, with a sheet`()
    throws
  {
    try phantoms { trial in
      let arguments = ["synthesize", "--pack", "p.h5", "--count", "6", "--seed", "5"]
      let one = try ToolRun.graft(
        arguments + ["--out", "q.h5", "--sheet", "s.png", "--threads", "1"], in: trial.folder)
      #expect(one.status == 0, "\(one.error)")
      #expect(one.output.split(separator: "\n").count == 6)
      #expect(one.output.hasPrefix("p0_synth001  deform+intensity"))
      #expect(one.error.contains("q.h5: 2 exemplars, 6 new cases."))
      let two = try ToolRun.graft(
        arguments + ["--out", "r.h5", "--threads", "2"], in: trial.folder)
      #expect(two.output == one.output)
      #expect(try trial.files()["q.h5"] == (try trial.files()["r.h5"]))
      let sheet = try PNG(
        try Data(contentsOf: URL(fileURLWithPath: trial.path("s.png"))), source: "s.png")
      #expect(sheet.width == 7 * 196 && sheet.height == 2 * 196 && sheet.channels == 3)
      let pack = try Pack(trial.path("q.h5"))
      #expect(pack.cases.count == 8 && pack.cases(in: "train").count == 8)
      let inspected = try ToolRun.graft("inspect", "q.h5", in: trial.folder)
      #expect(inspected.output.contains("synthesised_from"))
      let arguments2 = trial.tune(to: "run").map { $0 == "p.h5" ? "q.h5" : $0 }
      let tuned = try ToolRun.graft(arguments2, in: trial.folder)
      #expect(tuned.status == 0, "\(tuned.error)")
    }
  }

  @Test func `a dry run names the exemplars and writes nothing`() throws {
    try phantoms { trial in
      let before = try trial.files()
      let run = try ToolRun.graft(
        "synthesize", "--pack", "p.h5", "--out", "q.h5", "--dry-run", in: trial.folder)
      #expect(run.status == 0 && run.output == "p0\np1\n", "\(run.error)")
      #expect(run.error.contains("Nothing was written"))
      #expect(try trial.files() == before)
    }
  }

  @Test func `what cannot be done is refused before anything is written`() throws {
    try phantoms { trial in
      func refuse(_ more: [String], _ words: String, status: Int32 = 2) throws {
        try trial.expectRefusal(
          ["synthesize", "--pack", "p.h5", "--out", "q.h5"] + more, status: status, words)
      }
      try refuse(["--count", "0"], "--count is 0")
      try refuse(["--kinds", "deform,twist"], "--kinds has twist")
      try refuse(["--kinds", ","], "--kinds is empty")
      try refuse(["--sheet", "s.jpg"], "--sheet is s.jpg")
      try refuse(["--seed", "-1"], "--seed")
      try trial.expectRefusal(
        ["synthesize", "--pack", "p.h5", "--out", "p.h5"], status: 2, "--out is the pack itself")
      try trial.expectRefusal(
        ["synthesize", "--pack", "p.h5", "--out", "scans/images/p0.nii.gz"], status: 2,
        "is no pack")
      try trial.expectRefusal(
        ["synthesize", "--pack", "scans/images/p0.nii.gz", "--out", "q.h5"], status: 3,
        "p0.nii.gz")
      try trial.halve("p.h5")
      try refuse([], "p.h5", status: 3)
    }
  }

  @Test func `with one exemplar morphs fall away, which is told, and alone they are refused`()
    throws
  {
    try phantoms { trial in
      let packed = try ToolRun.graft(
        trial.pack(to: "one.h5") + ["--split", "train=1,test=-1"], in: trial.folder)
      #expect(packed.status == 0, "\(packed.error)")
      try trial.expectRefusal(
        ["synthesize", "--pack", "one.h5", "--out", "q.h5", "--kinds", "morph"], status: 2,
        "A morph needs two exemplars")
      let run = try ToolRun.graft(
        "synthesize", "--pack", "one.h5", "--out", "q.h5", "--count", "3", in: trial.folder)
      #expect(run.status == 0 && !run.output.contains("morph"))
      #expect(run.error.contains("note: The kind morph falls away"))
      let settings = { (kinds: String) in
        trial.tune(to: "run").map { $0 == "p.h5" ? "one.h5" : $0 }
          + ["--set", "synthesis={kinds: [\(kinds)], count: 2}"]
      }
      try trial.expectRefusal(settings("morph"), status: 2, "synthesis.kinds is morph alone")
      try trial.expectRefusal(
        settings("turn"), status: 2,
        "synthesis.kinds is a list; expected some of deform, morph, structure, intensity, not turn")
      let tuned = try ToolRun.graft(settings("morph, deform, structure"), in: trial.folder)
      #expect(tuned.status == 0, "\(tuned.error)")
      #expect(tuned.error.contains("warning: The kind morph of synthesis falls away"))
      #expect(tuned.error.contains("Synthesis: "))
    }
  }
}
