import Foundation
import TestKit
import Testing
import Volumes

struct EvaluateTests {
  private func withMasks(_ body: (URL) throws -> Void) throws {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    for (folder, counts) in [("mine", [6, 4]), ("truth", [4, 0])] {
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

  @Test func `folders of masks come out as a table, a JSON file and a page`() throws {
    try withMasks { root in
      let run = try ToolRun.graft(
        "evaluate", "--prediction", "mine", "--reference", "truth", "--out", "out", in: root)
      #expect(run.status == 0, "\(run.error)")
      let lines = run.output.split(separator: "\n").map(String.init)
      #expect(lines[0] == "Distances in mm; – is undefined.")
      #expect(
        lines[3]
          == "a     1      0.8000  0.6667  4.00      3.50         3.10  0.60   0.8000   0.9000  "
          + "             ok")
      #expect(lines[4].hasPrefix("b     1      0.0000  0.0000     –"))
      #expect(lines[4].hasSuffix("reference_empty"))
      let data = try Data(contentsOf: root.appendingPathComponent("out/metrics.json"))
      let file = try #require(
        try JSONSerialization.jsonObject(with: data) as? [String: Any])
      let cases = try #require(file["cases"] as? [[String: Any]])
      #expect(file["spacing_unit"] as? String == "mm")
      #expect(cases.map { $0["case"] as? String } == ["a", "b"])
      #expect(cases[0]["label"] as? Int == 1 && cases[0]["volume_prediction"] as? Double == 48)
      #expect(cases[1]["hd95_max"] is NSNull)
      let report = try ToolRun.graft("report", "out", in: root)
      #expect(report.status == 0 && report.output == "out/report.html\n")
      let page = try String(
        contentsOf: root.appendingPathComponent("out/report.html"), encoding: .utf8)
      #expect(page.hasPrefix("<!DOCTYPE html>") && !page.contains(root.path))
    }
  }

  @Test func `a missing case, another grid and a wrong option end in their exit codes`() throws {
    try withMasks { root in
      func evaluate(_ more: String...) throws -> ToolRun {
        try ToolRun.graft(
          ["evaluate", "--prediction", "mine", "--reference", "truth", "--out", "out"] + more,
          in: root)
      }
      #expect(try evaluate("--convention", "other").status == 2)
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
