import Foundation
import TestKit
import Tensors
import Testing
import Volumes

struct InspectPackTests {
  @Test func `a pack's cases, grids and labels are told`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let geometry = Geometry(
      extents: SIMD3(8, 6, 4), affine: Affine(spacing: SIMD3(-1, -1, 2.5)))
    for name in ["images", "labels"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
    }
    let voxels = Tensor([1] + geometry.shape, (0..<192).map { Float($0) })
    try Volume(voxels: voxels, geometry: geometry).write(
      folder.appendingPathComponent("images/case1.nii.gz").path)
    let labels = LabelVolume(values: (0..<192).map { $0 < 10 ? 3 : 0 }, geometry: geometry)
    try labels.write(folder.appendingPathComponent("labels/case1.nii.gz").path)
    let map = folder.appendingPathComponent("map.yaml")
    try Data("tumour: 3\n".utf8).write(to: map)
    let pack = folder.appendingPathComponent("pack.h5").path
    let made = try ToolRun.graft(
      "pack", "--dataset", "nifti", folder.path, "--labels", map.path, "--out", pack)
    try #require(made.status == 0, "\(made.error)")
    let facts = try ToolRun.graft("inspect", "--json", pack).object()
    #expect(facts["kind"] as? String == "pack")
    #expect(facts["labels"] as? [String: [Int]] == ["tumour": [3]])
    let cases = try #require(facts["cases"] as? [String: [String: Any]])
    let entry = try #require(cases["case1"])
    #expect(entry["shape"] as? [Int] == [1, 4, 6, 8])
    #expect(entry["spacing_mm"] as? [Double] == [1, 1, 2.5])
    #expect(entry["source_orientation"] as? String == "LPS")
    #expect(entry["label_voxels"] as? [String: Int] == ["tumour": 10])
  }
}
