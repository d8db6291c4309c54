import Autodiff
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// ViT-B with weights from a formula, written and read by the real checkpoint code.
struct FullSizeTests {
  @Test func `a full-size ViT-B equals PyTorch at 1024 and 512, with every kind of prompt`() throws
  {
    let golden = try FormulaModel.golden()
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("vit_b.pth").path
    try writeWeights(to: path, golden)
    let model = try Sam(Checkpoint(contentsOf: path))
    #expect(model.configuration == .vitB)
    let input = try input(golden)
    try checkSmaller(model, input, golden)
    let embedding = try checkEncoder(model, input, golden, "encoder", step: 16)
    checkBrainFloat(model, input, embedding.value)
    let planar = embedding.value.channelsFirst
    try checkSample(
      planar.reshaped([256, 64, 64]), [1, 8, 8], golden, "encoder/embedding_sample",
      "encoder/embedding_stats")
    try checkChannels(planar, golden)
    let positions = model.promptEncoder.densePositions(grid: 64)
    try checkSample(
      positions.reshaped([1, 64, 64, 256]).channelsFirst.reshaped([256, 64, 64]), [1, 16, 16],
      golden, "image_pe/sample", "image_pe/stats")
    try checkPrompt(model, embedding, Prompt(), golden, "nothing")
    let point = try golden.floats("prompts/point/point").values
    try checkPrompt(
      model, embedding, Prompt(points: [Prompt.Point(x: point[0], y: point[1])]), golden, "point")
    let box = try golden.floats("prompts/box/box").values
    try checkPrompt(
      model, embedding, Prompt(box: Prompt.Box(x0: box[0], y0: box[1], x1: box[2], y1: box[3])),
      golden, "box")
  }

  /// Checks that in bfloat16 the tokens of the embedding point where they do in single precision.
  private func checkBrainFloat(_ model: Sam, _ input: Tensor, _ expected: Tensor) {
    guard Precision.bf16.available == .bf16 else {
      return print("skipped: this processor has no bfloat16 products")
    }
    model.imageEncoder.compute(in: .bf16)
    let (found, wanted) = (model.imageEncoder(input).value.values, expected.values)
    model.imageEncoder.compute(in: .f32)
    let cosines = stride(from: 0, to: found.count, by: 256).map { token in
      let pairs = (token..<token + 256).map { (Double(found[$0]), Double(wanted[$0])) }
      let product = pairs.reduce(0) { $0 + $1.0 * $1.1 }
      let squares = pairs.reduce((0.0, 0.0)) { ($0.0 + $1.0 * $1.0, $0.1 + $1.1 * $1.1) }
      return product / (squares.0 * squares.1).squareRoot()
    }.sorted()
    print("ViT-B at 1024 in bfloat16: cosine median \(cosines[2048]), least \(cosines[0])")
    #expect(cosines[2048] >= 0.999)
  }

  private func writeWeights(to path: String, _ golden: GoldenFile) throws {
    let tensors = try FormulaModel.tensors()
    let first = try golden.floats("weights/first8").values
    let last = try golden.floats("weights/last").values
    for (index, (name, tensor)) in tensors.enumerated() {
      for place in 0..<min(8, tensor.count) {
        #expect(tensor[flat: place] == first[8 * index + place], "\(name) at \(place)")
      }
      #expect(tensor[flat: tensor.count - 1] == last[index], "\(name) at its end")
    }
    try Checkpoint(tensors, source: "the formula").writeTorch(to: path)
  }

  private func input(_ golden: GoldenFile) throws -> Tensor {
    let pixels = Tensor([1, 768, 1024, 3], FormulaModel.image().map(Float.init))
    let input = Preprocessing(size: 1024, height: 768, width: 1024)
      .normalised(pixels.channelsFirst.reshaped([3, 768, 1024]))
    try checkSample(input, [1, 64, 64], golden, "input/sample", "input/stats")
    return input
  }

  /// Checks the blocks and returns the embedding.
  private func checkEncoder(
    _ model: Sam, _ input: Tensor, _ golden: GoldenFile, _ group: String, step: Int
  ) throws -> Variable {
    let grid = input.shape[1] / 16
    let patches = Tensor.patches(input, size: 16).reshaped([1, grid, grid, 768])
    let embedded = model.imageEncoder.patchEmbed.applied(toPatches: Variable(patches))
    try checkBlock(embedded, golden, "\(group)/blocks/patch_embed", step: step)
    var tokens = model.imageEncoder.patches(of: input)
    for (index, block) in model.imageEncoder.blocks.enumerated() {
      tokens = block(tokens)
      guard [0, 5, 11].contains(index) else { continue }
      try checkBlock(tokens, golden, "\(group)/blocks/block_\(index)", step: step)
    }
    return model.imageEncoder.embedding(from: tokens, block: 12)
  }

  private func checkBlock(
    _ tokens: Variable, _ golden: GoldenFile, _ group: String, step: Int
  ) throws {
    try checkSample(
      tokens.value.reshaped(Array(tokens.shape.dropFirst())), [step, step, 64], golden,
      "\(group)/sample", "\(group)/stats")
  }

  private func checkSmaller(_ model: Sam, _ input: Tensor, _ golden: GoldenFile) throws {
    let corner = input.sliced(axis: 1, 0..<512).sliced(axis: 2, 0..<512)
    let embedding = try checkEncoder(model, corner, golden, "encoder_512", step: 8)
    try checkSample(
      embedding.value.channelsFirst.reshaped([256, 32, 32]), [1, 8, 8], golden,
      "encoder_512/embedding_sample",
      "encoder_512/embedding_stats")
  }

  private func checkChannels(_ planar: Tensor, _ golden: GoldenFile) throws {
    let expected = try golden.doubles("encoder/embedding_stats_per_channel")
    for channel in 0..<256 {
      checkStatistics(
        planar.sliced(axis: 1, channel..<channel + 1),
        Array(expected[4 * channel..<4 * channel + 4]),
        "channel \(channel)")
    }
  }

  private func checkPrompt(
    _ model: Sam, _ embedding: Variable, _ prompt: Prompt, _ golden: GoldenFile, _ name: String
  ) throws {
    let encoded = model.promptEncoder([prompt], imageSize: 1024)
    if let sparse = encoded.sparse {
      let expected = try golden.floats("prompts/\(name)/sparse")
      let largest = expected.values.map(abs).max() ?? 0
      #expect(
        difference(sparse.value.reshaped(expected.shape), expected) <= 1e-4 * Double(largest))
    }
    let all = model.masks(of: embedding, prompts: [prompt])
    for output in ["single", "multi"] {
      let group = "prompts/\(name)/\(output)"
      let prediction = all.chosen(multimask: output == "multi")
      let masks = prediction.masks.value.reshaped(Array(prediction.masks.shape.dropFirst()))
      let iou = try golden.floats("\(group)/iou")
      #expect(difference(prediction.iou.value.reshaped(iou.shape), iou) <= 1e-4)
      try checkMasks(masks, golden, group)
    }
  }

  private func checkMasks(_ masks: Tensor, _ golden: GoldenFile, _ group: String) throws {
    let statistics = try golden.doubles("\(group)/low_res_stats")
    let restored = Preprocessing(size: 1024, height: 768, width: 1024).restored(masks)
    let positive = try golden.integers("\(group)/positive_pixel_count")
    let near = try golden.integers("\(group)/near_zero_pixel_count")
    var largest = 0.0
    for mask in 0..<masks.shape[0] {
      let expected = Array(statistics[4 * mask..<4 * mask + 4])
      checkStatistics(masks.sliced(axis: 0, mask..<mask + 1), expected, "\(group), mask \(mask)")
      largest = max(largest, abs(expected[2]), abs(expected[3]))
      let count = restored.sliced(axis: 0, mask..<mask + 1).values.count { $0 > 0 }
      #expect(abs(count - positive[mask]) <= near[mask] + 786, "\(group), mask \(mask)")
    }
    let low = difference(
      sampled(masks, [1, 16, 16]), try golden.floats("\(group)/low_res_sample"))
    #expect(low <= 1e-4 * largest, "\(group)/low_res_sample differs by \(low / largest)")
    let full = difference(
      sampled(restored, [1, 64, 64]), try golden.floats("\(group)/postprocessed_sample"))
    #expect(full <= 1e-4 * largest, "\(group)/postprocessed_sample differs by \(full / largest)")
  }

  private func checkSample(
    _ found: Tensor, _ steps: [Int], _ golden: GoldenFile, _ sample: String, _ statistics: String
  ) throws {
    let expected = try golden.doubles(statistics)
    let largest = max(abs(expected[2]), abs(expected[3]))
    let error = difference(sampled(found, steps), try golden.floats(sample)) / largest
    #expect(error <= 1e-4, "\(sample) differs by \(error)")
    checkStatistics(found, expected, statistics)
  }

  /// Checks sum, sum of squares, minimum and maximum as the goldens' README says.
  private func checkStatistics(_ found: Tensor, _ expected: [Double], _ name: String) {
    var (sum, squares) = (0.0, 0.0)
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in found.values.lazy.map(Double.init) {
      sum += value
      squares += value * value
      low = min(low, value)
      high = max(high, value)
    }
    let largest = max(abs(expected[2]), abs(expected[3]))
    let spread = (Double(found.count) * expected[1]).squareRoot()
    #expect(abs(sum - expected[0]) <= 1e-4 * spread, "the sum of \(name) is \(sum)")
    #expect(abs(squares - expected[1]) <= 1e-4 * expected[1], "the squares of \(name): \(squares)")
    #expect(abs(low - expected[2]) <= 1e-4 * largest, "the minimum of \(name) is \(low)")
    #expect(abs(high - expected[3]) <= 1e-4 * largest, "the maximum of \(name) is \(high)")
  }

  /// Every n-th element along each axis of [A, B, C].
  private func sampled(_ tensor: Tensor, _ steps: [Int]) -> Tensor {
    let shape = tensor.shape
    let places = zip(shape, steps).map { Array(stride(from: 0, to: $0, by: $1)) }
    let values = places[0].flatMap { a in
      places[1].flatMap { b in
        places[2].map { c in tensor[flat: (a * shape[1] + b) * shape[2] + c] }
      }
    }
    return Tensor(places.map(\.count), values)
  }
}
