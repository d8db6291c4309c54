import Foundation
import Metrics
import Reports
import Tensors
import TestKit
import Testing
import Volumes

struct PictureTests {
  /// A scan of 20 x 16 x 4 voxels whose masks are boxes; the prediction is one voxel off.
  private func withEvaluation(_ body: (_ root: URL, _ out: URL) throws -> Void) async throws {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let geometry = Geometry(
      extents: SIMD3(20, 16, 4), affine: Affine(spacing: SIMD3(1, 1, 3)))
    func box(_ shift: Int) -> LabelVolume {
      LabelVolume(
        values: (0..<geometry.count).map { index in
          let (x, y, z) = (index % 20, index / 20 % 16, index / 320)
          return 5 + shift..<9 + shift ~= x && 6..<9 ~= y && z == 2 ? 1 : 0
        }, geometry: geometry)
    }
    for folder in ["labels", "images", "predictions"] {
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    func path(_ name: String) -> String { root.appendingPathComponent(name).path }
    try box(0).write(path("labels/a.nii.gz"))
    try box(1).write(path("predictions/a.nii.gz"))
    let image = Tensor([1, 4, 16, 20], (0..<geometry.count).map { Float($0) })
    try Volume(voxels: image, geometry: geometry).write(path("images/a.nii.gz"))
    let cases = try CaseFiles.matched(
      predictions: [path("predictions")], reference: path("labels"))
    let found = try await Evaluator.compared(cases, names: nil, map: nil)
    try Findings(found.evaluation).write(to: path("out"), record: found.record)
    try body(root, root.appendingPathComponent("out"))
  }

  private func page(_ folder: URL) throws -> String {
    Page([try Run(folder: folder.path)], version: "graft 0.1.0").html
  }

  @Test func `the slice with the largest reference is drawn with both outlines over the image`()
    async throws
  {
    try await withEvaluation { _, out in
      let html = try page(out)
      #expect(html.contains("href=\"data:image/png;base64,iVBOR"))
      #expect(html.contains("Axial slice 3 of 4."))
      // columns 5..<9 and rows 6..<9 from right and front: 11..<15 and 7..<10 as shown
      #expect(html.contains("d=\"M11 7h4M11 10h4M11 7v3M15 7v3\""))
      #expect(html.contains("d=\"M10 7h4M10 10h4M10 7v3M14 7v3\""))
    }
  }

  @Test func `files that moved or changed are named on the page, which is made all the same`()
    async throws
  {
    try await withEvaluation { root, out in
      try FileManager.default.removeItem(at: root.appendingPathComponent("images/a.nii.gz"))
      let without = try page(out)
      #expect(without.contains("The image is no longer there.") && without.contains("M11 7h4"))
      try Data([1]).write(to: root.appendingPathComponent("predictions/a.nii.gz"))
      let changed = try page(out)
      #expect(changed.contains("the predicted mask has changed since the evaluation"))
      #expect(
        !changed.contains("<figure><figcaption><b>The case</b> <span class=\"id\">a</span>\n<svg"))
      #expect(!changed.contains(root.path))
    }
  }
}
