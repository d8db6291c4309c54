import Foundation
import TestKit
import Testing
import Volumes

struct EvaluateTests {
  /// Folders `mine`, `other` and `truth` of two cases, a and b.
  private func withMasks(_ body: (URL) throws -> Void) throws {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    for (folder, counts) in [("mine", [6, 4]), ("other", [4, 2]), ("truth", [4, 0])] {
      let url = root.appendingPathComponent(folder)
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      for (name, count) in zip(["a", "b"], counts) {
        try line(count).write(url.appendingPathComponent("\(name).nii.gz").path)
      }
    }
    try body(root)
  }

  /// A row of 8 voxels of 2 mm, the first `count` of them labelled.
  private func line(_ count: Int, length: Int = 8) -> LabelVolume {
    LabelVolume(
      values: (0..<length).map { $0 < count ? 1 : 0 },
      geometry: Geometry(
        extents: SIMD3(length, 1, 1), affine: Affine(spacing: SIMD3(2, 2, 2))))
  }

  private func text(_ path: String, in root: URL) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  private func object(_ path: String, in root: URL) throws -> [String: Any] {
    let data = try Data(contentsOf: root.appendingPathComponent(path))
    return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  @Test func `folders of masks come out as a table, files and a page`() throws {
    try withMasks { root in
      let run = try ToolRun.graft(
        "evaluate", "mine", "--reference", "truth", "--out", "out", in: root)
      #expect(run.status == 0, "\(run.error)")
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(run.output.contains("Empty masks, of 2 rows: reference in 1."))
      #expect(lines[0].hasPrefix("Policy strict: undefined values are left out"))
      #expect(lines[1] == "Distances in mm; – is undefined.")
      #expect(
        lines[4] == "a     1      0.8000      3.50  0.60   0.8000       +50.0 %               ok")
      #expect(
        lines[5] == "b     1      0.0000         –     –        –             –  reference_empty")
      let file = try object("out/metrics.json", in: root)
      let cases = try #require(file["cases"] as? [[String: Any]])
      #expect(file["spacing_unit"] as? String == "mm")
      #expect(cases.map { $0["case"] as? String } == ["a", "b"])
      #expect(cases[0]["label"] as? Int == 1 && cases[0]["volume_prediction"] as? Double == 48)
      #expect(cases[0]["volume_error"] as? Double == 16 && cases[0]["precision"] != nil)
      #expect(cases[1]["hd95_max"] is NSNull)
      #expect(
        try text("out/metrics.md", in: root).contains(
          "| 1 | 0.4000 ± 0.5657 [0.0000, 0.8000] (2 of 2) |"))
      let report = try ToolRun.graft("report", "out", in: root)
      #expect(report.status == 0 && report.output == "out/report.html\n")
      let page = try text("out/report.html", in: root)
      #expect(page.hasPrefix("<!DOCTYPE html>") && !page.contains(root.path))
    }
  }

  @Test func `an evaluation is computed again under another policy without the masks`() throws {
    try withMasks { root in
      let first = try ToolRun.graft(
        "evaluate", "mine", "--reference", "truth", "--out", "out", "--policy", "penalise",
        "--seed", "5", in: root)
      #expect(first.status == 0, "\(first.error)")
      let penalised = try ["json", "csv", "md"].map { try text("out/metrics.\($0)", in: root) }
      for folder in ["mine", "truth"] {
        try FileManager.default.removeItem(at: root.appendingPathComponent(folder))
      }
      let strict = try ToolRun.graft("evaluate", "--again", "out", "--policy", "strict", in: root)
      #expect(strict.status == 0 && strict.output.contains("1 of 2"))
      #expect(try text("out/metrics.json", in: root) != penalised[0])
      let again = try ToolRun.graft("evaluate", "--again", "out", "--policy", "penalise", in: root)
      #expect(again.output == first.output)
      #expect(again.output.contains("2 of 2 (1 set)"))
      #expect(
        try ["json", "csv", "md"].map { try text("out/metrics.\($0)", in: root) } == penalised)
      #expect(
        FileManager.default.fileExists(atPath: root.appendingPathComponent("out/cases.json").path))
      for (policy, status) in [("transunet", Int32(3)), ("brats2023", 3), ("mean", 2)] {
        #expect(
          try ToolRun.graft("evaluate", "--again", "out", "--policy", policy, in: root).status
            == status)
      }
      #expect(try ToolRun.graft("evaluate", "--again", "nowhere", in: root).status == 3)
    }
  }

  @Test func `several predictions are compared in pairs, whatever the number of threads`() throws {
    try withMasks { root in
      func compared(_ threads: String) throws -> (String, String) {
        let run = try ToolRun.graft(
          "evaluate", "mine", "other", "--prediction", "truth", "--reference", "truth", "--out",
          "out", "--threads", threads, in: root)
        #expect(run.status == 0, "\(run.error)")
        return (run.output, try text("out/metrics.json", in: root))
      }
      let one = try compared("1")
      #expect(one.0.contains("mine   other   dice"))
      #expect(one.0.contains("p (Holm)") && one.1.contains(#""p_holm""#))
      #expect(try compared("2") == one)
      let apart = try ["mine", "other"].map { name in
        try ToolRun.graft("evaluate", name, "--reference", "truth", "--out", name + "-e", in: root)
      }
      #expect(apart.allSatisfy { $0.status == 0 })
      let merged = try ToolRun.graft(
        "evaluate", "--again", "mine-e", "--again", "other-e", "--out", "both", in: root)
      #expect(merged.status == 0 && merged.output.contains("mine-e  other-e  dice"))
      let filled = try ToolRun.graft(
        "evaluate", "--again", "mine-e", "--again", "other-e", "--out", "both", "--policy",
        "penalise", in: root)
      #expect(filled.status == 0 && filled.output.contains("2 of 2 (1 set)"))
    }
  }

  @Test func `lesions, slices, centres and confidences are taken where they are asked for`() throws
  {
    try withMasks { root in
      try Data("case,centre\na,north\n".utf8).write(to: root.appendingPathComponent("c.csv"))
      try Data(
        #"{"cases": [{"case": "a", "label": "x", "value": 1, "confidence": 0.5, "flagged": true}]}"#
          .utf8
      )
      .write(to: root.appendingPathComponent("mine/confidence.json"))
      let run = try ToolRun.graft(
        "evaluate", "mine", "--reference", "truth", "--out", "out", "--lesions", "met", "--policy",
        "brats2023", "--per-slice", "--centres", "c.csv", "--tolerances", "0.5,3", in: root)
      #expect(run.status == 0, "\(run.error)")
      #expect(run.error.contains("no centre for 1 of 2 cases"))
      let head = "case,label,slice,dice,voxels_prediction,voxels_reference\n"
      #expect(
        try text("out/slices.csv", in: root) == head + "a,1,0,0.8,6,4\nb,1,0,0.0,4,0\n")
      #expect(
        try text("out/lesions.csv", in: root) == """
          case,label,lesion,volume,counts,found,dice,hd95
          a,1,1,32.0,yes,yes,0.8,4.0
          b,1,invented,,yes,,0.0,374.0

          """)
      let file = try object("out/metrics.json", in: root)
      let rows = try #require(file["cases"] as? [[String: Any]])
      #expect(rows[1]["lesion_fp"] as? Int == 1 && rows[1]["lesion_hd95"] as? Double == 374)
      #expect(rows[0]["nsd_surfel_0.5mm"] != nil && rows[0]["nsd_1mm"] == nil)
      #expect(file["centres"] as? [String: String] == ["a": "north"])
      #expect((file["flags"] as? [[String: Any]])?.first?["flagged"] as? Int == 1)
      #expect(run.output.contains("Confidence over 1 of 2 cases"))
    }
  }

  @Test func `a missing case, another grid and a wrong option end in their exit codes`() throws {
    try withMasks { root in
      func evaluate(_ more: String...) throws -> ToolRun {
        try ToolRun.graft(
          ["evaluate", "--prediction", "mine", "--reference", "truth", "--out", "out"] + more,
          in: root)
      }
      let wrong = [
        ["--convention", "other"], ["--tolerances", "1,x"], ["--tolerances", "-1"],
        ["--policy", "brats2023"], ["--lesions", "abc"], ["--seed", "-1"],
        ["--policy", "transunet", "--surface-elements"],
        ["--convention", "transunet", "--policy", "strict"], ["--again", "out"],
        ["--centres", "c.csv", "--pack", "p.h5"],
      ]
      for options in wrong {
        let run = try ToolRun.graft(
          ["evaluate", "mine", "--reference", "truth", "--out", "out"] + options, in: root)
        #expect(run.status == 2, "\(options)")
      }
      #expect(try ToolRun.graft("evaluate", "mine", in: root).status == 2)
      #expect(
        try ToolRun.graft("evaluate", "mine", "--reference", "truth", "--per-slice", in: root)
          .status == 2)
      #expect(try evaluate("--centres", "none.csv").status == 3)
      try line(3, length: 9).write(root.appendingPathComponent("truth/a.nii.gz").path)
      let grids = try evaluate()
      #expect(grids.status == 3)
      #expect(grids.error.contains("mine/a.nii.gz") && grids.error.contains("truth/a.nii.gz"))
      try FileManager.default.removeItem(at: root.appendingPathComponent("truth/a.nii.gz"))
      let missing = try evaluate()
      #expect(missing.status == 3 && missing.error.contains("the case a"))
      #expect(!FileManager.default.fileExists(atPath: root.appendingPathComponent("out").path))
      #expect(try ToolRun.graft("report", "mine", in: root).status == 3)
    }
  }
}
