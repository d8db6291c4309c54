import Archives
import Checkpoints
import Foundation
import Inference
import SegmentAnything
import Tensors
import TestKit
import Testing
import Volumes

struct PromptedPredictionTests {
  private static let cases = [
    "nothing", "point1", "points2", "box", "box_point", "box_points2", "mask", "mask_point",
  ]

  @Test(arguments: cases, [false, true])
  func `a picture and its prompt give PyTorch's logits, qualities and masks`(
    name: String, multimask: Bool
  ) throws {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try Volume.read(picture("down", in: folder, golden))
    let answer = try model()(
      image, prompt(golden, "prompts/\(name)"), multimask: multimask, name: "down")
    let group = "prompts/\(name)/\(multimask ? "multi" : "single")"
    let low = try golden.floats("\(group)/low_res").values
    #expect(answer.lowResolution.shape == [multimask ? 3 : 1, 32, 32])
    #expect(largest(answer.lowResolution.values, low) < Float(Tolerance.block))
    #expect(largest(answer.iou, try golden.floats("\(group)/iou").values) < 1e-4)
    #expect(answer.embedding.shape == [32, 8, 8])
    #expect(
      largest(answer.embedding.values, try golden.floats("encoder/output").values)
        < Float(Tolerance.block))
    for (index, count) in try golden.integers("\(group)/binary_pixel_count").enumerated() {
      let pixels = answer.logits.shape[1] * answer.logits.shape[2]
      let own = answer.logits.values[index * pixels..<(index + 1) * pixels]
      let near = own.count { abs($0) < 1e-4 }
      #expect(abs(answer.mask(index).count { $0 == 1 } - count) <= near)
    }
  }

  @Test func `logits are written under their names, masks with their index`() throws {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try Volume.read(picture("tall", in: folder, golden))
    let answer = try model()(image, PixelPrompt(), multimask: true, name: "tall")
    let logits = folder.appendingPathComponent("out.h5").path
    try answer.writeLogits(to: logits)
    let file = try HDF5File(reading: logits)
    #expect(try file.layout(of: "low_res_logits").shape == [3, 32, 32])
    #expect(try file.layout(of: "logits").shape == [3, 101, 68])
    #expect(try file.layout(of: "embedding").shape == [32, 8, 8])
    let iou: [Float] = try file.read("iou")
    #expect(iou == answer.iou)
    let paths = try answer.writeMasks(
      to: folder.appendingPathComponent("mask.png").path, of: image)
    #expect(
      paths.map { URL(fileURLWithPath: $0).lastPathComponent }
        == ["mask-0.png", "mask-1.png", "mask-2.png"])
    let picture = try PNG(Data(contentsOf: URL(fileURLWithPath: paths[1])), source: paths[1])
    #expect(picture.bytes == answer.mask(1).map { $0 * 255 })
  }

  @Test func `a mask of the image's size becomes sure logits, with nothing beyond the image`()
    throws
  {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try Volume.read(picture("same", in: folder, golden))
    let prediction = try model()
    let whole = Tensor([90, 128], repeating: 1)
    let pixels = PixelPrompt(mask: .pixels(whole, path: "whole"))
    let sure = Float(log(999.0))
    // 90 of 128 rows become 23 of 32; below them there is no image.
    let expected = (0..<32 * 32).map { $0 / 32 < 23 ? sure : -sure }
    let logits = PixelPrompt(mask: .logits(Tensor([32, 32], expected), path: "expected"))
    let one = try prediction(image, pixels, multimask: false, name: "same")
    let two = try prediction(image, logits, multimask: false, name: "same")
    #expect(largest(one.lowResolution.values, two.lowResolution.values) < 1e-2)
  }

  @Test func `an image of more than 8 bits is brought to 0 to 255`() throws {
    let values = (0..<40 * 30).map { Float(1000 + $0) }
    let geometry = Geometry(
      extents: SIMD3(30, 40, 1),
      affine: Affine(spacing: SIMD3(1, 1, 1), translation: SIMD3(0, 0, 0)))
    let source = Source(geometry)
    let scan = Volume(voxels: Tensor([1, 1, 40, 30], values), geometry: geometry, source: source)
    let answer = try model()(scan, PixelPrompt(), multimask: false, name: "scan")
    #expect(answer.logits.shape == [1, 40, 30])
    #expect(answer.logits.values.allSatisfy { $0.isFinite })
  }

  private func model() throws -> PromptedPrediction {
    try PromptedPrediction(
      Sam(Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))))
  }

  private func largest(_ one: [Float], _ other: [Float]) -> Float {
    one.count == other.count ? zip(one, other).map { abs($0 - $1) }.max() ?? 0 : .infinity
  }
}

/// A raw golden image as a PNG file.
func picture(_ name: String, in folder: URL, _ golden: GoldenFile) throws -> String {
  let shape = try golden.shape("raw/\(name)")
  let picture = PNG(
    width: shape[1], height: shape[0], channels: 3, bytes: try golden.bytes("raw/\(name)"))
  let path = folder.appendingPathComponent("\(name).png").path
  try AtomicFile.write(picture.file, to: path)
  return path
}

/// The prompt of a golden case in raw pixels.
func prompt(_ golden: GoldenFile, _ group: String) throws -> PixelPrompt {
  var prompt = PixelPrompt()
  if golden.contains("\(group)/points_raw_xy") {
    let places = try golden.doubles("\(group)/points_raw_xy")
    prompt.points = try golden.integers("\(group)/labels").enumerated().map { index, label in
      PixelPrompt.Point(
        x: places[2 * index], y: places[2 * index + 1], isForeground: label == 1)
    }
  }
  if golden.contains("\(group)/boxes_raw_xyxy") {
    let edges = try golden.doubles("\(group)/boxes_raw_xyxy")
    prompt.box = PixelPrompt.Box(x0: edges[0], y0: edges[1], x1: edges[2], y1: edges[3])
  }
  if golden.contains("\(group)/mask_input") {
    let logits = try golden.floats("\(group)/mask_input").reshaped([32, 32])
    prompt.mask = .logits(logits, path: group)
  }
  return prompt
}
