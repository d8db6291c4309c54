import Autodiff
import Checkpoints
import SegmentAnything
import Tensors
import TestKit
import Testing

/// The prompts of a golden case, in pixels of the resized image.
func prompts(_ golden: GoldenFile, _ group: String) throws -> [Prompt] {
  func optional(_ name: String) throws -> Tensor? {
    golden.contains("\(group)/\(name)") ? try golden.floats("\(group)/\(name)") : nil
  }
  let points = try optional("points_input_xy") ?? optional("points_xy")
  let labels = try optional("labels")
  let boxes = try optional("boxes_input_xyxy") ?? optional("box_xyxy")
  let mask = try optional("mask_input")
  let count = (points ?? boxes ?? mask)?.shape[0] ?? 0
  return (0..<count).map { index in
    var prompt = Prompt()
    if let points, let labels {
      let each = points.shape[1]
      prompt.points = (index * each..<(index + 1) * each).compactMap { place in
        Prompt.Point.Label(rawValue: Int(labels[flat: place])).map {
          Prompt.Point(x: points[flat: 2 * place], y: points[flat: 2 * place + 1], label: $0)
        }
      }
    }
    if let boxes {
      let edges = (0..<4).map { boxes[flat: 4 * index + $0] }
      prompt.box = Prompt.Box(x0: edges[0], y0: edges[1], x1: edges[2], y1: edges[3])
    }
    if let mask { prompt.mask = mask.reshaped(Array(mask.shape.suffix(2))) }
    return prompt
  }
}

struct PromptTests {
  static let cases = [
    "nothing", "point1", "points2", "box", "box_point", "box_points2", "mask", "mask_point",
    "points_with_padding", "batch_points", "batch_boxes",
  ]

  @Test(arguments: cases)
  func `the prompt encoder's tokens equal PyTorch's`(name: String) throws {
    let golden = try Micro.forward()
    let model = try Micro.model()
    let encoded = model.promptEncoder(try prompts(golden, "prompts/\(name)"), imageSize: 128)
    let sparse = try golden.floats("prompts/\(name)/sparse")
    if let found = encoded.sparse {
      #expect(difference(found.value, sparse) < Tolerance.block)
    } else {
      #expect(sparse.count == 0)
    }
    let dense = try golden.floats("prompts/\(name)/dense")
    if encoded.dense.shape.count == 4 {
      #expect(difference(encoded.dense.value.channelsFirst, dense) < Tolerance.block)
    } else {
      for row in 0..<dense.shape[0] {
        for channel in 0..<32 {
          #expect(encoded.dense.value[flat: channel] == dense[flat: row * 32 + channel])
        }
      }
    }
  }

  @Test(arguments: cases, ["single", "multi"])
  func `masks and qualities equal PyTorch's`(name: String, output: String) throws {
    let golden = try Micro.forward()
    let group = "prompts/\(name)/\(output)"
    let prediction = try Micro.model()
      .masks(
        of: Micro.embedding(golden), prompts: prompts(golden, "prompts/\(name)")
      )
      .chosen(multimask: output == "multi")
    #expect(
      difference(prediction.masks.value, try golden.floats("\(group)/low_res"))
        < Tolerance.block)
    #expect(difference(prediction.iou.value, try golden.floats("\(group)/iou")) < Tolerance.block)
    let shape = prediction.masks.shape
    let restored = Preprocessing(size: 128, height: 150, width: 213)
      .restored(prediction.masks.value.reshaped([shape[0] * shape[1], shape[2], shape[3]]))
    try checkRestored(restored, golden, group)
  }

  private func checkRestored(_ restored: Tensor, _ golden: GoldenFile, _ group: String) throws {
    let pixels = 150 * 213
    let logits = restored.values
    for (mask, count) in try golden.integers("\(group)/binary_pixel_count").enumerated() {
      let own = logits[mask * pixels..<(mask + 1) * pixels]
      let positive = own.count { $0 > 0 }
      let near = own.count { abs($0) < 1e-4 }
      #expect(abs(positive - count) <= near, "mask \(mask): \(positive) pixels, not \(count)")
    }
    if golden.contains("\(group)/postprocessed") {
      let expected = try golden.floats("\(group)/postprocessed").values
      let largest = zip(logits, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(largest < Float(Tolerance.block))
    }
    if golden.contains("\(group)/binary") {
      for (logit, bit) in zip(logits, try golden.bytes("\(group)/binary")) where abs(logit) >= 1e-4
      {
        #expect((logit > 0) == (bit != 0))
      }
    }
  }

  @Test func `the dense positions equal PyTorch's`() throws {
    let golden = try Micro.forward()
    let positions = try Micro.model().promptEncoder.densePositions(grid: 8)
    #expect(
      difference(
        positions.reshaped([1, 8, 8, 32]).channelsFirst, try golden.floats("image_pe"))
        < Tolerance.block)
  }

  @Test(arguments: [
    "prompt_encoder_mask_decoder_legacy.pth", "prompt_encoder_mask_decoder.npz",
  ])
  func `the decoder is the same from every layout of the weights`(file: String) throws {
    let golden = try Micro.forward()
    let whole = try Micro.checkpoint()
    let part = try Micro.checkpoint(file)
    let rest = try part.names.map { ($0, try part.tensor($0)) }
    let encoder = try whole.renamed { $0.hasPrefix("image_encoder.") ? $0 : nil }
    let model = try Sam(encoder.replacing(rest))
    let prediction = model.masks(
      of: try Micro.embedding(golden), prompts: try prompts(golden, "prompts/box_point"))
    #expect(
      difference(
        prediction.masks.value, try golden.floats("decoder_steps_box_point/all_low_res"))
        < Tolerance.block)
  }

  @Test func `prompts of different lengths are not one batch`() async {
    await #expect(processExitsWith: .failure) {
      let model = try Micro.model()
      let point = Prompt(points: [Prompt.Point(x: 1, y: 1)])
      _ = model.promptEncoder([point, Prompt()], imageSize: 128)
    }
  }
}
