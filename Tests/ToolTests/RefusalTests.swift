import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// What the tool refuses: the exit code, a sentence that names file and thing, and nothing written.
struct RefusalTests {
  @Test func `a checkpoint that lacks a tensor, has one too many, of another shape or not finite`()
    throws
  {
    let data = try TrialData(adapter: false)
    defer { data.remove() }
    #expect(try ToolRun.graft(data.pack(to: "p.h5"), in: data.folder).status == 0)
    let key = "mask_decoder.iou_token.weight"
    let whole = try Checkpoint(contentsOf: TrialData.weights)
    let cases = [
      (try whole.renamed { $0 == key ? nil : $0 }, key, "is missing"),
      (whole.replacing([("mask_decoder.more", Tensor([1], [0]))]), "mask_decoder.more", "not have"),
      (
        whole.replacing([(key, Tensor([2, 16], [Float](repeating: 0, count: 32)))]), key, "[2, 16]"
      ),
      (whole.replacing([(key, Tensor([1, 32], [Float](repeating: .nan, count: 32)))]), key, "NaN"),
    ]
    for (checkpoint, key, thing) in cases {
      try checkpoint.writeSafetensors(to: data.path("w.safetensors"))
      try data.expectRefusal(
        data.tune(to: "run", weights: "w.safetensors"), status: 3, "w.safetensors", key, thing)
    }
  }

  @Test func `truncated files`() throws {
    let data = try TrialData()
    defer { data.remove() }
    try data.halve("run/adapter.safetensors")
    try data.expectRefusal(
      data.predict(to: "masks"), status: 3, "run/adapter.safetensors", "cut short")
    try data.halve("run/snapshot/step-1.safetensors")
    try data.expectRefusal(
      data.tune(to: "run") + ["--resume"], status: 3, "run/snapshot/step-1.safetensors", "damaged")
    try data.halve("scans/images/b.nii.gz")
    try data.expectRefusal(data.pack(to: "q.h5"), status: 3, "scans/images/b.nii.gz", "too early")
    let parts = try FileManager.default.contentsOfDirectory(atPath: data.path("p.embeddings"))
    let part = try #require(parts.first { $0.hasPrefix("part-") })
    try data.halve("p.embeddings/\(part)")
    try data.expectRefusal(data.tune(to: "other"), status: 3, "p.embeddings", part, "delete")
    try data.halve("p.h5")
    try data.expectRefusal(data.tune(to: "other"), status: 3, "p.h5", "truncated")
    let weights = data.path("w.safetensors")
    try Checkpoint(contentsOf: TrialData.weights).writeSafetensors(to: weights)
    try data.halve("w.safetensors")
    try data.expectRefusal(
      ["convert", "w.safetensors", "x.pth", "--to", "official"], status: 3, "w.safetensors",
      "cut short")
  }

  @Test func `labels and images that do not fit`() throws {
    let data = try TrialData(adapter: false)
    defer { data.remove() }
    try "one: 1\n".write(toFile: data.path("map.yaml"), atomically: true, encoding: .utf8)
    try data.expectRefusal(
      data.pack(to: "p.h5") + ["--labels", "map.yaml"], status: 3, "labels/a.nii.gz",
      "outside the map: 2")
    let other = Geometry(extents: SIMD3(12, 10, 4), affine: Affine(spacing: SIMD3(1, 1, 2)))
    try LabelVolume(values: [Int32](repeating: 1, count: 480), geometry: other)
      .write(data.path("scans/labels/b.nii.gz"))
    try data.expectRefusal(
      data.pack(to: "p.h5"), status: 3, "labels/b.nii.gz", "images/b.nii.gz", "grid", "12 x 10 x 4")
    let nothing = Tensor([1, 4, 10, 12], [Float](repeating: .nan, count: 480))
    try Volume(voxels: nothing, geometry: other).write(data.path("scans/images/b.nii.gz"))
    try data.expectRefusal(data.pack(to: "p.h5"), status: 3, "images/b.nii.gz", "nan", "finite")
  }

  @Test func `an adapter for other weights, and keys no recipe has`() throws {
    let data = try TrialData()
    defer { data.remove() }
    let other = Goldens.path("sam-micro/sam_micro.safetensors")
    try data.expectRefusal(
      data.predict(to: "masks", weights: other), status: 3, "run/adapter.safetensors", other,
      "SHA-256")
    try "speed: 3\n".write(toFile: data.path("recipe.yaml"), atomically: true, encoding: .utf8)
    try data.expectRefusal(["tune", "recipe.yaml"], status: 2, "recipe.yaml", "\"speed\"")
    try data.expectRefusal(["tune", "none.yaml"], status: 3, "none.yaml", "no such file")
    try data.expectRefusal(
      data.tune(to: "other") + ["--set", "budget={"], status: 2, "--set budget={")
    try data.expectRefusal(data.tune(to: "run"), status: 2, "run holds a run already")
  }

  @Test func `a slip of the hand does not cost a scan`() throws {
    let data = try TrialData()
    defer { data.remove() }
    let image = "scans/images/a.nii.gz"
    try data.expectRefusal(data.predict(to: "scans/images"), status: 2, image)
    try data.expectRefusal(data.predict(image, to: "scans/../\(image)"), status: 2, "a.nii.gz")
    try data.expectRefusal(data.predict(image, to: "mask"), status: 2, "mask")
    try data.expectRefusal(data.pack(to: image), status: 2, image)
    try data.expectRefusal(data.pack(to: "scans"), status: 2, "scans")
    try data.expectRefusal(["report", "run", "--out", "p.h5"], status: 2, "p.h5", ".html")
    let demo = ["demo", "--weights", TrialData.weights, "--out"]
    try data.expectRefusal(demo + ["."], status: 2, "not a demo")
    try data.expectRefusal(demo + ["p.h5"], status: 4, "p.h5")
    let adapter = "run/adapter.safetensors"
    try data.expectRefusal(["convert", adapter, adapter, "--to", "graft"], status: 2, adapter)
  }

  @Test func `with --log-format json every line on standard error is JSON`() throws {
    let data = try TrialData()
    defer { data.remove() }
    let runs = [
      (data.pack(to: "q.h5"), 0), (data.tune(to: "other"), 0), (data.predict(to: "masks"), 0),
      (data.tune(to: "run"), 2), (data.predict("none.nii", to: "m.nii"), 3), (["tune"], 2),
      (["report", "run", "--out", "p.h5/report.html"], 4),
    ]
    for (arguments, status) in runs {
      let run = try ToolRun.graft(arguments + ["--log-format", "json"], in: data.folder)
      #expect(Int(run.status) == status, "\(run.error)")
      #expect(!run.error.isEmpty)
      for line in run.error.split(separator: "\n") {
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(object?["event"] is String, "\(line)")
        #expect(status == 0 || object?["code"] as? Int == status)
      }
    }
  }
}
