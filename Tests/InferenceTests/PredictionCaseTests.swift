import Exemplars
import Foundation
import Inference
import Tensors
import TestKit
import Testing
import Volumes

struct PredictionCaseTests {
  @Test func `a file is one case, whose labels go where they were sent`() throws {
    let path = Goldens.path("formats/nifti/oblique_q_and_s.nii")
    let cases = try PredictionCase.found(at: path)
    #expect(cases.map(\.name) == ["oblique_q_and_s"])
    #expect(cases[0].target("masks/a.nii") == "masks/a.nii")
    #expect(cases[0].target("masks/") == "masks/oblique_q_and_s.nii.gz")
    #expect(try cases[0].image().voxels.shape == [1, 8, 10, 12])
  }

  @Test func `a folder's images are cases by name, those in images first of all`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["b.nii.gz", "a.png", "._a.png", "notes.txt"] { try touch(folder, name) }
    let cases = try PredictionCase.found(at: folder.path)
    #expect(cases.map(\.name) == ["a", "b"])
    #expect(cases.map { $0.target("out") } == ["out/a.png", "out/b.nii.gz"])
    for name in ["c.nrrd", "d.nhdr", "e.mhd", "e.raw", "f.mha"] { try touch(folder, name) }
    #expect(
      try PredictionCase.found(at: folder.path).dropFirst(2).map { $0.target("out") }
        == ["out/c.nrrd", "out/d.nrrd", "out/e.mha", "out/f.mha"])
    try touch(folder.appendingPathComponent("images"), "c.nii")
    #expect(try PredictionCase.found(at: folder.path).map(\.name) == ["c"])
  }

  @Test func `a DICOM series is a case, a folder of series as many, files of several frames too`()
    throws
  {
    let series = Goldens.path("formats/dicom/series")
    let one = try PredictionCase.found(at: series + "/axial/")
    #expect(one.map(\.name) == ["axial"])
    #expect(
      one[0].target("mask.nii.gz") == "mask.nii.gz" && one[0].target("m/") == "m/axial.nii.gz")
    #expect(try one[0].image().geometry.extents == SIMD3(7, 5, 4))
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for name in ["b", "a"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("images/\(name)"), withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: series + "/oblique", toPath: folder.path + "/images/\(name)/series")
    }
    let cases = try PredictionCase.found(at: folder.path)
    #expect(cases.map(\.name) == ["a", "b"])
    #expect(cases.map { $0.target("out") } == ["out/a.nii.gz", "out/b.nii.gz"])
    for name in ["x.dcm", "y.dcm"] {
      try FileManager.default.copyItem(
        atPath: series + "/enhanced/enhanced.dcm", toPath: folder.path + "/" + name)
    }
    try FileManager.default.removeItem(at: folder.appendingPathComponent("images"))
    #expect(try PredictionCase.found(at: folder.path).map(\.name) == ["x", "y"])
  }

  @Test func `names that count channels make one case of several files`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let geometry = Geometry(extents: SIMD3(4, 3, 2), affine: Affine(spacing: SIMD3(1, 1, 2)))
    for (name, value) in [("x_0000", Float(1)), ("x_0001", 2), ("y_0000", 3), ("y_0001", 4)] {
      try Volume(
        voxels: Tensor([1, 2, 3, 4], repeating: value), geometry: geometry,
        source: Source(geometry)
      ).write(folder.appendingPathComponent("\(name).nii.gz").path)
    }
    let cases = try PredictionCase.found(at: folder.path)
    #expect(cases.map(\.name) == ["x", "y"])
    let image = try cases[1].image()
    #expect(image.voxels.shape == [2, 2, 3, 4])
    #expect(image.voxels[flat: 0] == 3)
    #expect(image.voxels[flat: 24] == 4)
    try touch(folder, "z_0001.nii.gz")
    #expect(try PredictionCase.found(at: folder.path).count == 5)
  }

  @Test func `channels of different grids are refused by name`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    for (index, spacing) in [1.0, 1.5].enumerated() {
      let geometry = Geometry(
        extents: SIMD3(4, 3, 2), affine: Affine(spacing: SIMD3(1, 1, spacing)))
      try Volume(
        voxels: Tensor(zeros: [1, 2, 3, 4]), geometry: geometry, source: Source(geometry)
      ).write(folder.appendingPathComponent("x_000\(index).nii").path)
    }
    let cases = try PredictionCase.found(at: folder.path)
    let error = #expect(throws: InferenceError.self) { try cases[0].image() }
    #expect(error?.description.contains("x_0001.nii") == true)
  }

  @Test func `folders of BraTS are cases of several modalities, in the order of a pack's channels`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let geometry = Geometry(extents: SIMD3(4, 3, 2), affine: Affine(spacing: SIMD3(1, 1, 2)))
    for (file, value) in [("T1c_a", Float(2)), ("Flair_a", 1), ("OTMultiClass", 9)] {
      let inner = folder.appendingPathComponent("pat1")
      try FileManager.default.createDirectory(at: inner, withIntermediateDirectories: true)
      try Volume(
        voxels: Tensor([1, 2, 3, 4], repeating: value), geometry: geometry,
        source: Source(geometry)
      ).write(inner.appendingPathComponent("\(file).nii.gz").path)
    }
    for path in [folder.path, folder.path + "/pat1"] {
      let cases = try PredictionCase.found(at: path)
      #expect(cases.map(\.name) == ["pat1"])
      let image = try cases[0].image()
      #expect(image.voxels.shape == [2, 2, 3, 4])
      #expect(image.voxels[flat: 0] == 1 && image.voxels[flat: 24] == 2)
    }
  }

  @Test func `of a pack the test split is taken, the one named, or all`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.path + "/p.h5"
    let geometry = Geometry(extents: SIMD3(4, 3, 2), affine: Affine(spacing: SIMD3(1, 1, 2)))
    let image = Volume(
      voxels: Tensor(zeros: [1, 2, 3, 4]), geometry: geometry, source: Source(geometry))
    let labels = LabelMap([LabelMap.Class(name: "thing", values: [1])])
    try PackWriter.write(to: path, dataset: "nifti", channels: ["MR"], labels: labels) { pack in
      for (id, split) in [("a", "train"), ("b", "test"), ("c", "test")] {
        let entry = PackedCase(
          id: id, geometry: geometry, sourceGeometry: geometry, images: [], labels: [],
          split: split)
        try pack.add(entry, image: image, classes: [UInt8](repeating: 0, count: 24))
      }
    }
    #expect(try PredictionCase.found(at: path).map(\.name) == ["b", "c"])
    #expect(try PredictionCase.found(at: path, split: "train").map(\.name) == ["a"])
    #expect(
      throws: InferenceError.emptySplit(path: path, split: "x", splits: ["test", "train"])
    ) { try PredictionCase.found(at: path, split: "x") }
    #expect(try PredictionCase.found(at: path)[0].target("out") == "out/b.nii.gz")
  }

  @Test func `a folder without images is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(throws: InferenceError.nothingToPredict(path: folder.path)) {
      try PredictionCase.found(at: folder.path)
    }
  }

  private func touch(_ folder: URL, _ name: String) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data().write(to: folder.appendingPathComponent(name))
  }
}
