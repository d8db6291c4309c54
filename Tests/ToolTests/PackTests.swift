import Foundation
import Tensors
import TestKit
import Testing
import Volumes

struct PackTests {
  /// Runs `body` in a folder of two scans `a` and `b` with labels 0, 1 and 2.
  private func withScans(_ body: (URL) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let geometry = Geometry(extents: SIMD3(3, 2, 2), affine: Affine(spacing: SIMD3(-1, 1, 2)))
    for (shift, name) in ["a", "b"].enumerated() {
      for part in ["images", "labels"] {
        try FileManager.default.createDirectory(
          at: folder.appendingPathComponent(part), withIntermediateDirectories: true)
      }
      let values = (0..<12).map { Float($0 + shift) }
      try Volume(voxels: Tensor([1, 2, 2, 3], values), geometry: geometry)
        .write(folder.appendingPathComponent("images/\(name).nii.gz").path)
      try LabelVolume(values: (0..<12).map { Int32($0 / 4) }, geometry: geometry)
        .write(folder.appendingPathComponent("labels/\(name).nii.gz").path)
    }
    try body(folder)
  }

  @Test func `scans are checked, packed and inspected`() throws {
    try withScans { folder in
      let run = try ToolRun.graft(
        "pack", "--dataset", "nifti", ".", "--out", "p.h5", "--split", "train=1,test=-1",
        "--window", "-125,275", in: folder)
      #expect(run.status == 0)
      #expect(
        run.output == """
          nifti: 2 cases; channels 0; classes 1: 1, 2: 2
          splits: test 1, train 1
          D x H x W 2 x 2 x 3; spacing 1 x 1 x 2 mm; axes LAS 2
          1: 8 voxels in 2 of 2 cases
          2: 8 voxels in 2 of 2 cases
          affines of image and label: up to 0 mm apart (0.001 mm is allowed)
          no errors, 1 warning
          case  split  C x D x H x W  spacing   axes  intensities  labels   empty
          a     train  1x2x2x3        1x1x2 mm  LAS   0…11         1:4 2:4  0/2
          b     test   1x2x2x3        1x1x2 mm  LAS   1…12         1:4 2:4  0/2
          warning: b: the label is the same as that of a, though the images differ; was a file copied?

          """)
      let facts = try ToolRun.graft("inspect", "--json", "p.h5", in: folder).object()
      #expect(facts["kind"] as? String == "pack")
      let cases = try #require(facts["cases"] as? [String: [String: Any]])
      #expect(cases["b"]?["split"] as? String == "test")
      #expect(cases["a"]?["window"] as? [Double] == [-125, 275])
      #expect(cases["a"]?["source_orientation"] as? String == "LAS")
    }
  }

  @Test func `a check writes nothing, and an error leaves the report and no pack`() throws {
    try withScans { folder in
      let check = try ToolRun.graft(
        "pack", "--dataset", "nifti", ".", "--check", "--json", in: folder)
      #expect(check.status == 0)
      let report = try check.object()
      #expect((report["cases"] as? [Any])?.count == 2)
      #expect(report["sound"] as? Bool == true && report["version"] as? Int == 1)
      try "one: 1\n".write(
        to: folder.appendingPathComponent("map.yaml"), atomically: true, encoding: .utf8)
      let refused = try ToolRun.graft(
        "pack", "--dataset", "nifti", ".", "--out", "p.h5", "--labels", "map.yaml", in: folder)
      #expect(refused.status == 3)
      #expect(
        refused.error.contains(
          "./labels/a.nii.gz: the case a has labels outside the map: 2 (4 voxels)"))
      #expect(refused.error.contains("1 more error is in the report; nothing was packed."))
      #expect(refused.output.contains("classes one: 1"))
      #expect(refused.output.contains("labels/b.nii.gz: the case b has labels outside the map"))
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
          == ["images", "labels", "map.yaml"])
    }
  }

  @Test func `wrong usage ends with 2, a folder of another kind with 3`() throws {
    try withScans { folder in
      let refused: [(arguments: [String], status: Int32)] = [
        (["nifti", "."], 2), (["none", ".", "--check"], 2), (["btcv", ".", "--check"], 3),
        (["nifti", ".", "--check", "--split", "train=7"], 2), (["brats", ".", "--check"], 3),
      ]
      for (arguments, status) in refused {
        let run = try ToolRun.graft(["pack", "--dataset"] + arguments, in: folder)
        #expect(run.status == status, "\(arguments): \(run.error)")
      }
    }
  }

  @Test func `a descriptor of one's own packs, and an ambiguous label scheme is asked for`() throws
  {
    try withScans { folder in
      let descriptor = """
        layout: {images: "images/{case}", labels: "labels/{case}"}
        channels: [CT]
        labels:
          old: {classes: {liver: 1, tumour: 2}, regions: {organ: [1, 2]}}
          new: {classes: {tumour: 1, liver: 2}}
        split: {names: {train: [a], test: [b, c]}}
        window: [-125, 275]
        """
      try descriptor.write(
        to: folder.appendingPathComponent("my.yaml"), atomically: true, encoding: .utf8)
      let asked = try ToolRun.graft(
        "pack", "--dataset", "my.yaml", ".", "--out", "p.h5", in: folder)
      #expect(asked.status == 2 && asked.error.contains("--labels new: tumour: 1, liver: 2"))
      let run = try ToolRun.graft(
        "pack", "--dataset", "my.yaml", ".", "--out", "p.h5", "--labels", "old", in: folder)
      #expect(run.status == 0)
      #expect(run.output.contains("my: 2 cases; channels CT; classes liver: 1, tumour: 2"))
      #expect(run.output.contains("The split test names 2 cases; 1 of them are not here: c."))
      let evaluated = try ToolRun.graft(
        "evaluate", "--prediction", "labels", "--reference", "labels", "--labels",
        "my.yaml:old:regions", in: folder)
      #expect(evaluated.status == 0 && evaluated.output.contains("organ"))
      let missing = try ToolRun.graft("pack", "--dataset", "none.yaml", ".", "--check", in: folder)
      #expect(missing.status == 3 || missing.status == 4)
      #expect(missing.error.contains("none.yaml"))
    }
  }
}
