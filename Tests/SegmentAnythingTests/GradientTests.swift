import Autodiff
import Checkpoints
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

struct GradientTests {
  @Test func `every gradient of a SAMed step equals PyTorch's`() throws {
    let golden = try Goldens.hdf5("training/gradients.h5")
    let data = try Goldens.hdf5("training/data.h5")
    let heads = try Checkpoint(contentsOf: Goldens.path("training/class_heads.safetensors"))
    let replaced = try heads.names.map { ($0, try heads.tensor($0)) }
    let base = try Micro.checkpoint().renamed { ClassHeads.replaces($0) ? nil : $0 }
    let model = try Sam(base.replacing(replaced))
    learnEverything(model)
    let images = try data.floats("image")
    let embeddings = try golden.integers("samed/info/image_indices").map { index in
      let channel = images.sliced(axis: 0, index..<index + 1)
      return model.imageEncoder(Tensor.concatenated([channel, channel, channel], axis: 0))
    }
    let prediction = model.masks(of: concatenate(embeddings, axis: 0))
    #expect(
      difference(prediction.masks.value, try golden.floats("samed/info/logits"))
        < Tolerance.block)
    #expect(
      difference(prediction.iou.value, try golden.floats("samed/info/iou")) < Tolerance.block)
    let gradients = Gradients(
      of: prediction.masks, cotangent: try golden.floats("samed/info/grad_logits"))
    try compare(gradients, model, golden, "samed")
  }

  @Test(arguments: ["sam_points_box_mask", "sam_point", "sam_decoder_only"])
  func `every gradient of SAM's own loss equals PyTorch's`(name: String) throws {
    let golden = try Goldens.hdf5("training/gradients.h5")
    let model = try Micro.model()
    learnEverything(model)
    let channel = try golden.floats("sam_input_channel").reshaped([1, 128, 128])
    let image = Tensor.concatenated([channel, channel, channel], axis: 0)
    let prediction = model.masks(
      of: model.imageEncoder(image), prompts: try prompts(golden, "\(name)/info")
    ).chosen(multimask: true)
    #expect(
      difference(prediction.masks.value, try golden.floats("\(name)/info/low_res"))
        < Tolerance.block)
    let loss = MaskLoss(
      masks: prediction.masks.value.values, iou: prediction.iou.value.values,
      target: try golden.floats("\(name)/info/target").values,
      actual: try golden.floats("\(name)/info/actual_iou").values,
      withQuality: name != "sam_decoder_only")
    let expected = try golden.doubles("\(name)/info/loss")[0]
    #expect(abs(loss.value - expected) < 1e-4, "the loss is \(loss.value), not \(expected)")
    let outputs = [prediction.masks, prediction.iou].map { reshape($0, [$0.value.count]) }
    let cotangent = loss.masks + loss.iou
    let gradients = Gradients(
      of: concatenate(outputs, axis: 0), cotangent: Tensor([cotangent.count], cotangent))
    try compare(gradients, model, golden, name)
  }

  private func learnEverything(_ model: Sam) {
    for parameter in model.inventory.parameters where !parameter.isConstant {
      parameter.learns = true
    }
  }

  /// Checks every gradient that the goldens hold, whole or by its norm, to a relative L2 error of 1e-3.
  private func compare(
    _ gradients: Gradients, _ model: Sam, _ golden: GoldenFile, _ group: String
  ) throws {
    let names = try golden.strings("\(group)/norms/name")
    let norms = try golden.doubles("\(group)/norms/l2")
    let sums = try golden.doubles("\(group)/norms/sum")
    let full = Set(try golden.names(of: "\(group)/full"))
    for (index, name) in names.enumerated() {
      let parameter = try #require(model.inventory.parameters[name])
      let found = gradients[parameter.variable]?.values.map(Double.init)
      let values = found ?? [Double](repeating: 0, count: parameter.value.count)
      if name.hasSuffix("k_proj.bias") && name.hasPrefix("mask_decoder.") {
        #expect(values.allSatisfy { abs($0) < 1e-6 }, "\(name) is not zero")
        continue
      }
      let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(norm - norms[index]) <= 1e-3 * norms[index], "\(name): the norm is \(norm)")
      let sum = values.reduce(0, +)
      let bound = 1e-3 * norms[index] * Double(values.count).squareRoot()
      #expect(abs(sum - sums[index]) <= bound, "\(name): the sum is \(sum)")
      guard full.contains(name) else { continue }
      let expected = try golden.doubles("\(group)/full/\(name)")
      let error = zip(values, expected).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      #expect(
        error.squareRoot() <= 1e-3 * norms[index],
        "\(name) differs by \(error.squareRoot() / norms[index])")
    }
    guard group != "sam_decoder_only" else { return }
    for name in try golden.strings("\(group)/no_gradient") {
      let parameter = try #require(model.inventory.parameters[name])
      let reached = gradients[parameter.variable] != nil
      #expect(!reached, "\(name) has a gradient")
    }
  }
}
