import Archives
import Checkpoints
import Failures
import Foundation
import Inference
import SegmentAnything
import Tensors
import TestKit
import Testing
import Volumes

struct PromptRefusalTests {
  @Test func `a point or box outside the image is refused`() throws {
    for prompt in [
      PixelPrompt(points: [PixelPrompt.Point(x: 128.5, y: 3)]),
      PixelPrompt(points: [PixelPrompt.Point(x: 1, y: -1)]),
      PixelPrompt(box: PixelPrompt.Box(x0: 40, y0: 10, x1: 30, y1: 20)),
      PixelPrompt(box: PixelPrompt.Box(x0: 200, y0: 10, x1: 230, y1: 20)),
    ] {
      let error = #expect(throws: PromptError.self) { try answer(prompt) }
      #expect(error?.kind == .usage)
      #expect(error?.description.contains("128 x 90") == true)
    }
  }

  @Test func `a mask of another size is refused with both shapes`() throws {
    let pixels = PixelPrompt(mask: .pixels(Tensor(zeros: [90, 127]), path: "m.png"))
    #expect(
      throws: PromptError.maskShape(
        path: "m.png", expected: "the image's [90, 128]", found: [90, 127])
    ) { try answer(pixels) }
    let logits = PixelPrompt(mask: .logits(Tensor(zeros: [64, 64]), path: "m.npy"))
    #expect(
      throws: PromptError.maskShape(path: "m.npy", expected: "[32, 32]", found: [64, 64])
    ) { try answer(logits) }
  }

  @Test func `logits that are not finite or have no two axes are refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("m.npy").path
    try AtomicFile.write(NPY.file(StoredArray(shape: [2, 2], floats: [0, 1, .nan, 2])), to: path)
    #expect(throws: PromptError.notFinite(path: path)) {
      try PixelPrompt.Mask.logits(contentsOf: path)
    }
    try AtomicFile.write(NPY.file(StoredArray(shape: [4], floats: [0, 1, 2, 3])), to: path)
    #expect(throws: PromptError.maskShape(path: path, expected: "two axes", found: [4])) {
      try PixelPrompt.Mask.logits(contentsOf: path)
    }
    try AtomicFile.write(
      NPY.file(StoredArray(shape: [1, 1, 2, 2], floats: [0, 1, 2, 3])), to: path)
    #expect(
      try PixelPrompt.Mask.logits(contentsOf: path)
        == .logits(Tensor([2, 2], [0, 1, 2, 3]), path: path))
  }

  @Test func `a volume of several slices is refused`() throws {
    let scan = try Volume.read(Goldens.path("formats/nifti/oblique_q_and_s.nii"))
    #expect(throws: PromptError.notOneSlice(path: "scan", slices: 8)) {
      try model()(scan, PixelPrompt(), multimask: false, name: "scan")
    }
  }

  @Test func `an image size that is not a multiple of the patch is refused`() throws {
    let sam = try Sam(Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors")))
    #expect(throws: ConfigurationError.imageSize(100, patch: 16)) {
      try PromptedPrediction(sam, size: 100)
    }
    #expect(throws: ConfigurationError.imageSize(0, patch: 16)) {
      try PromptedPrediction(sam, size: 0)
    }
  }

  private func model() throws -> PromptedPrediction {
    try PromptedPrediction(
      Sam(Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))))
  }

  private func answer(_ prompt: PixelPrompt) throws -> PromptedPrediction.Answer {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try Volume.read(picture("same", in: folder, golden))
    return try model()(image, prompt, multimask: false, name: "same")
  }
}
