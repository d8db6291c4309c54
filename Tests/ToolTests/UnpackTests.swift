import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Scans into a pack and back, and masks in every format, through the program.
struct UnpackTests {
  @Test(arguments: [
    "int16_ras.nii", "float32_lps.nii", "oblique_q_only.nii", "permuted_sform.nii.gz",
  ])
  func `a scan comes back in its own grid, and the folder packs again`(file: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let ending = file.hasSuffix(".gz") ? ".nii.gz" : ".nii"
    for part in ["images", "labels"] {
      try FileManager.default.createDirectory(
        at: folder.appendingPathComponent("scans/\(part)"), withIntermediateDirectories: true)
    }
    let golden = Goldens.path("formats/nifti/\(file)")
    let scan = folder.appendingPathComponent("scans/images/x\(ending)").path
    try FileManager.default.copyItem(atPath: golden, toPath: scan)
    let image = try Volume.read(golden)
    let labels = LabelVolume(
      values: (0..<image.geometry.count).map { Int32($0 % 4) }, geometry: image.geometry,
      source: image.source)
    try labels.write(folder.appendingPathComponent("scans/labels/x\(ending)").path)
    for arguments in [
      ["pack", "--dataset", "nifti", "scans", "--out", "p.h5"],
      ["unpack", "p.h5", "--out", "back"],
      ["pack", "--dataset", "nifti", "back", "--out", "q.h5"],
    ] {
      let run = try ToolRun.graft(arguments, in: folder)
      #expect(run.status == 0, "\(arguments): \(run.error)")
    }
    let back = try Volume.read(folder.appendingPathComponent("back/images/x\(ending)").path)
    #expect(back.voxels == image.voxels)
    #expect(back.geometry.affine.largestDifference(from: image.geometry.affine) < 1e-5)
    let mask = try LabelVolume.read(folder.appendingPathComponent("back/labels/x\(ending)").path)
    #expect(mask.values == labels.values)
    let packs = try ["p.h5", "q.h5"].map { try Pack(folder.appendingPathComponent($0).path) }
    #expect(try packs[0].image("x").voxels == packs[1].image("x").voxels)
    #expect(packs[0].labels == packs[1].labels)
  }

  @Test
  func `a folder that is not empty, a case that is not there and a format of no kind are refused`()
    throws
  {
    let trial = try TrialData(adapter: false)
    defer { trial.remove() }
    let run = try ToolRun.graft(trial.pack(to: "p.h5"), in: trial.folder)
    #expect(run.status == 0, "\(run.error)")
    try trial.expectRefusal(
      ["unpack", "p.h5", "--out", "scans"], status: 2, "scans, which is there already")
    try trial.expectRefusal(
      ["unpack", "p.h5", "--out", "o", "--case", "z"], status: 3, "it has no case z")
    try trial.expectRefusal(
      ["unpack", "p.h5", "--out", "o", "--format", "tiff"], status: 2, "tiff")
    try trial.expectRefusal(
      ["unpack", "scans/images/a.nii.gz", "--out", "o"], status: 3, "a.nii.gz")
  }

  @Test func `masks of a folder are written in the format asked for`() throws {
    let trial = try TrialData()
    defer { trial.remove() }
    let plain = try ToolRun.graft(trial.predict(to: "plain/"), in: trial.folder)
    #expect(plain.status == 0, "\(plain.error)")
    let expected = try LabelVolume.read(trial.path("plain/a.nii.gz"))
    for format in WrittenFormat.allCases where format != .gzippedNIfTI {
      let arguments = trial.predict(to: "masks/") + ["--format", format.rawValue]
      let run = try ToolRun.graft(arguments, in: trial.folder)
      #expect(run.status == 0, "\(run.error)")
      #expect(run.error.contains("note: PNG keeps no spacing") == (format == .png))
      let slices = (0..<3).map { "masks/a/a_slice00\($0).png" }
      let paths = format == .png ? slices : ["masks/a\(format.ending)"]
      let masks = try paths.map { try LabelVolume.read(trial.path($0)) }
      #expect(masks.flatMap(\.values) == expected.values)
      if format != .png {
        #expect(masks[0].geometry.difference(from: expected.geometry) == nil)
      }
    }
    try trial.expectRefusal(
      trial.predict("scans/images/a.nii.gz", to: "m.nii") + ["--format", "mha"], status: 2,
      "--format asks for .mha")
  }

  @Test func `a label of four axes or of another grid is refused with a sentence`() throws {
    let trial = try TrialData(adapter: false)
    defer { trial.remove() }
    let geometry = Geometry(extents: SIMD3(12, 10, 3), affine: Affine(spacing: SIMD3(1, 1, 2)))
    try Volume(
      voxels: Tensor([2, 3, 10, 12], [Float](repeating: 1, count: 720)), geometry: geometry
    )
    .write(trial.path("scans/labels/a.nii.gz"))
    let moved = Geometry(extents: SIMD3(12, 10, 3), affine: Affine(spacing: SIMD3(1, 1, 2.5)))
    try LabelVolume(values: (0..<360).map { Int32($0 % 12 / 4) }, geometry: moved)
      .write(trial.path("scans/labels/b.nii.gz"))
    let run = try ToolRun.graft(trial.pack(to: "p.h5"), in: trial.folder)
    #expect(run.status == 3)
    for words in [
      "scans/labels/a.nii.gz: a label has one value a voxel, and this file holds 2",
      "the spacing is 1 x 1 x 2.5 mm, not 1 x 1 x 2 mm", "Resample one onto the grid of the other",
    ] { #expect(run.output.contains(words), "\(run.output)") }
    try trial.expectRefusal(
      [
        "evaluate", "--prediction", "scans/labels/a.nii.gz", "--reference", "scans/labels/a.nii.gz",
      ],
      status: 3, "a label has one value a voxel")
    try trial.expectRefusal(
      [
        "evaluate", "--prediction", "scans/labels/b.nii.gz", "--reference", "scans/images/a.nii.gz",
      ],
      status: 3, "do not have the same grid: the spacing is")
  }
}
