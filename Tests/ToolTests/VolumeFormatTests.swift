import Archives
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

/// NRRD and MetaImage files through the program.
struct VolumeFormatTests {
  private func inFolder(_ body: (String) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path)
  }

  @Test func `inspect tells an NRRD file's facts, whatever its name`() throws {
    try inFolder { folder in
      try LabelVolume.read(Goldens.path("formats/nifti/uint8_labels_lps.nii.gz"))
        .write(folder + "/labels.nrrd")
      try FileManager.default.moveItem(atPath: folder + "/labels.nrrd", toPath: folder + "/scan")
      let run = try ToolRun.graft("inspect", "--json", folder + "/scan")
      #expect(run.status == 0, "\(run.error)")
      let facts = try run.object()
      #expect(facts["kind"] as? String == "volume")
      #expect(facts["format"] as? String == "NRRD")
      #expect(facts["shape"] as? [Int] == [12, 10, 8])
      #expect(facts["orientation"] as? String == "LPS")
      #expect((facts["labels"] as? [String: Int])?.count == 9)
    }
  }

  @Test func `a damaged file ends with status 3 and a sentence`() throws {
    try inFolder { folder in
      for name in ["scan.nrrd", "scan.mhd"] {
        try Data("nothing of the kind".utf8).write(to: URL(fileURLWithPath: folder + "/" + name))
        let run = try ToolRun.graft("inspect", folder + "/" + name)
        #expect(run.status == 3)
        #expect(run.error.contains(name))
      }
    }
  }

  @Test(arguments: ["mask.nrrd", "mask.mha"])
  func `a mask is written in the image's own grid`(name: String) throws {
    try inFolder { folder in
      let flat = Geometry(
        extents: SIMD3(24, 20, 1),
        affine: Affine(spacing: SIMD3(-0.7, -0.9, 3), translation: SIMD3(10, 20, -5)))
      let voxels = Tensor([1, 1, 20, 24], (0..<480).map { Float($0 * $0 % 97) })
      try Volume(voxels: voxels, geometry: flat).write(folder + "/scan.nrrd")
      let run = try ToolRun.graft([
        "predict", "--weights", Goldens.path("sam-micro/sam_micro.pth"), folder + "/scan.nrrd",
        "--out", "\(folder)/\(name)", "--point", "12,10",
      ])
      #expect(run.status == 0, "\(run.error)")
      let mask = try LabelVolume.read("\(folder)/\(name)")
      #expect(mask.geometry.difference(from: flat) == nil)
      #expect(Set(mask.values).isSubset(of: [0, 1]))
    }
  }

  @Test func `predict refuses an ending it does not write`() throws {
    let run = try ToolRun.graft("predict", "scan.nrrd", "--out", "mask.nhdr", "--point", "1,1")
    #expect(run.status == 2)
    #expect(run.error.contains(".nii.gz, .nii, .nrrd, .mha, .png"))
  }

  @Test func `masks in different formats are compared by name`() throws {
    try inFolder { folder in
      let labels = try LabelVolume.read(Goldens.path("formats/nifti/uint8_labels_lps.nii.gz"))
      for path in ["p/a.nrrd", "p/b.mha", "r/a.mha", "r/b.nii.gz"] {
        try labels.write(folder + "/" + path)
      }
      let run = try ToolRun.graft(
        "evaluate", "--prediction", folder + "/p", "--reference", folder + "/r", "--out",
        folder + "/out")
      #expect(run.status == 0, "\(run.error)")
      let table = try String(contentsOfFile: folder + "/out/metrics.csv", encoding: .utf8)
      let rows = table.split(separator: "\n").dropFirst()
      #expect(rows.count == 16)
      for row in rows {
        let fields = row.split(separator: ",", omittingEmptySubsequences: false)
        #expect(Double(fields[2]) == 1 && row.contains("ok"), "\(row)")
      }
    }
  }
}
