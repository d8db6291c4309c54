import Checkpoints
import Foundation
import TestKit
import Testing
import Volumes

/// Networks that are no adapted Segment Anything model, from the command line.
struct BaselineTests {
  private func tune(_ method: String, to out: String, _ more: [String] = []) -> [String] {
    [
      "tune", "--method", method, "--pack", "p.h5", "--out", out, "--set", "budget.steps=2",
      "--set", "batch=1", "--set", "image.size=64",
    ] + more
  }

  @Test func `a U-Net is tuned and predicts without weights`() throws {
    let data = try TrialData()
    defer { data.remove() }
    let run = try ToolRun.graft(tune("unet", to: "unet"), in: data.folder)
    #expect(run.status == 0, "\(run.error)")
    let adapter = "unet/adapter.safetensors"
    let prediction = try ToolRun.graft(
      ["predict", "--adapter", adapter, "scans/images", "--out", "masks"], in: data.folder)
    #expect(prediction.status == 0, "\(prediction.error)")
    let mask = try LabelVolume.read(data.path("masks/a.nii.gz"))
    let scan = try Volume.read(data.path("scans/images/a.nii.gz"))
    #expect(mask.geometry.extents == scan.geometry.extents)
    let inspection = try ToolRun.graft(["inspect", adapter], in: data.folder)
    #expect(inspection.output.contains("method: unet"), "\(inspection.output)")
    let report = try ToolRun.graft(["report", "unet", "--out", "page.html"], in: data.folder)
    #expect(report.status == 0, "\(report.error)")
    try data.expectRefusal(
      [
        "predict", "--adapter", adapter, "scans/images/a.nii.gz", "--out", "m.png", "--point",
        "1,1",
      ],
      status: 2, "segments its own classes without prompts")
    try data.expectRefusal(
      [
        "convert", adapter, "merged.safetensors", "--to", "graft", "--merge", "--weights",
        TrialData.weights,
      ], status: 2, "trained by the method unet", "neither merged nor converted")
    try data.expectRefusal(
      ["convert", adapter, "a.pth", "--to", "samed", "--weights", TrialData.weights], status: 2,
      "trained by the method unet")
    try data.expectRefusal(
      ["predict", "--adapter", adapter, "scans/images", "--out", "m", "--image-size", "128"],
      status: 2, "was trained on images of 64 pixels")
  }

  @Test func `a linear probe belongs to its weights`() throws {
    let data = try TrialData()
    defer { data.remove() }
    let weights = ["--weights", TrialData.weights]
    let run = try ToolRun.graft(tune("linear-probe", to: "probe", weights), in: data.folder)
    #expect(run.status == 0, "\(run.error)")
    let adapter = "probe/adapter.safetensors"
    let prediction = try ToolRun.graft(
      ["predict", "--adapter", adapter, "scans/images", "--out", "masks"] + weights,
      in: data.folder)
    #expect(prediction.status == 0, "\(prediction.error)")
    try data.expectRefusal(
      [
        "predict", "--adapter", adapter, "scans/images", "--out", "other", "--weights",
        Goldens.path("sam-micro/sam_micro_fp16.pth"),
      ], status: 3, "was trained on weights with SHA-256")
    try data.expectRefusal(
      tune("linear-probe", to: "none"), status: 2, "--weights")
  }
}
