import Foundation
import Testing

/// What long commands do when they are asked to stop, and how they go on.
struct InterruptionTests {
  @Test func `predict stops between cases, and --resume does the rest`() throws {
    let trial = try TrialData()
    defer { trial.remove() }
    let scans = trial.folder.appendingPathComponent("many")
    try FileManager.default.createDirectory(at: scans, withIntermediateDirectories: true)
    for index in 0..<60 {
      try FileManager.default.copyItem(
        atPath: trial.path("scans/images/a.nii.gz"), toPath: scans.path + "/c\(index).nii.gz")
    }
    let arguments = trial.predict("many", to: "masks") + ["--confidence"]
    let stopped = try ToolRun.graft(
      arguments, in: trial.folder, interruptedWhen: trial.path("masks/c0.nii.gz"))
    #expect(stopped.status == 6, "\(stopped.error)")
    #expect(stopped.error.contains("--resume"))
    let some = try names(trial.path("masks"))
    #expect(some.count > 1 && some.count < 61 && some.contains("confidence.json"))
    let before = try stamps(trial, some)
    let resumed = try ToolRun.graft(arguments + ["--resume"], in: trial.folder)
    #expect(resumed.status == 0, "\(resumed.error)")
    #expect(resumed.error.contains("\(some.count - 1) of 60 cases are done already."))
    #expect(try names(trial.path("masks")).count == 61)
    #expect(try stamps(trial, some) == before)
    let whole = try ToolRun.graft(
      trial.predict("many", to: "whole") + ["--confidence"], in: trial.folder)
    #expect(whole.status == 0)
    let reports = ["masks", "whole"].map {
      FileManager.default.contents(atPath: trial.path("\($0)/confidence.json"))
    }
    #expect(reports[0] == reports[1])
  }

  @Test func `pack and evaluate stop with nothing written`() throws {
    let trial = try TrialData()
    defer { trial.remove() }
    for (kind, ending) in [("images", "nii.gz"), ("labels", "nii.gz")] {
      for index in 0..<400 {
        try FileManager.default.copyItem(
          atPath: trial.path("scans/\(kind)/a.\(ending)"),
          toPath: trial.path("scans/\(kind)/c\(index).\(ending)"))
      }
    }
    for arguments in [
      trial.pack(to: "many.h5"),
      [
        "evaluate", "--prediction", "scans/labels", "--reference", "scans/labels", "--out",
        "evaluation",
      ],
    ] {
      let run = try ToolRun.graft(
        arguments + ["--log-format", "json"], in: trial.folder, interruptedWhenTelling: true)
      #expect(run.status == 6, "\(arguments[0]): \(run.error.suffix(300))")
      #expect(run.error.contains("Nothing was written"))
    }
    let left = try FileManager.default.contentsOfDirectory(atPath: trial.folder.path)
    #expect(Set(left).isSubset(of: ["scans", "p.h5", "p.embeddings", "run"]), "\(left)")
  }

  @Test func `dry runs of pack, embed and predict estimate and write nothing`() throws {
    let trial = try TrialData()
    defer { trial.remove() }
    let before = try trial.files()
    let embed = [
      "embed", "--weights", TrialData.weights, "--pack", "p.h5", "--image-size", "96", "--set",
      "image.normalise=none",
    ]
    for arguments in [
      ["pack", "--dataset", "nifti", "scans"], embed,
      trial.predict(to: "masks") + ["--confidence"],
    ] {
      let run = try ToolRun.graft(
        arguments + ["--dry-run", "--log-format", "json"], in: trial.folder)
      #expect(run.status == 0, "\(run.error)")
      let line = try #require(run.error.split(separator: "\n").last)
      let told = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(told?["event"] as? String == "estimate")
      for key in ["seconds", "memory_bytes", "disk_bytes"] {
        #expect(told?[key] as? Double ?? 0 > 0, "\(key) in \(line)")
      }
      #expect((told?["message"] as? String)?.hasSuffix("Nothing was written.") == true)
      #expect((told?["time"] as? String)?.hasSuffix("Z") == true)
    }
    #expect(try trial.files() == before)
    let names = try ToolRun.graft(
      "pack", "--dataset", "nifti", "scans", "--dry-run", in: trial.folder)
    #expect(names.output == "a\nb\n")
  }

  private func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
  }

  /// When the masks were written.
  private func stamps(_ trial: TrialData, _ names: [String]) throws -> [Date?] {
    try names.filter { $0 != "confidence.json" }.map {
      let path = trial.path("masks/\($0)")
      return try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    }
  }
}
