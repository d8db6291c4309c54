import Autodiff
import Baselines
import Checkpoints
import Layers
import Tensors
import TestKit
import Testing

/// The plain transformer with prompt tokens against PyTorch's values, gradients and steps.
struct PlainViTTests {
  private let golden: GoldenFile
  private let weights = Goldens.path("vpt/vit_unetr.safetensors")

  init() throws { golden = try Goldens.hdf5("vpt/vpt.h5") }

  private func network(_ prompts: PlainViT.Prompts) throws -> PlainViT {
    try PlainViT(Checkpoint(contentsOf: weights), heads: 2, prompts: prompts)
  }

  /// An image [1, S, S].
  private func image(_ index: Int) throws -> Tensor {
    try golden.floats("image").sliced(axis: 0, index..<index + 1)
  }

  private func labels(_ indices: [Int]) throws -> [UInt8] {
    let labels = try golden.bytes("label")
    return indices.flatMap { labels[$0 * 1024..<($0 + 1) * 1024] }
  }

  private func difference(_ found: Tensor, _ dataset: String) throws -> Float {
    let expected = try golden.floats(dataset)
    #expect(found.shape == expected.shape, "\(dataset)")
    return zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? 0
  }

  @Test func `every parameter of the checkpoint has its place`() throws {
    let network = try network(.deep)
    #expect(network.inventory.parameters.reduce(0) { $0 + $1.value.count } == 11079)
    let other = try Checkpoint(contentsOf: weights).replacing(
      [("stray", Tensor(zeros: [1]))], metadata: [:])
    #expect(throws: CheckpointError.unused(keys: ["stray"], file: other.source)) {
      _ = try PlainViT(other, heads: 2, prompts: .none)
    }
    let short = try Checkpoint(contentsOf: weights).renamed { $0 == "prompt_tokens" ? nil : $0 }
    #expect(throws: CheckpointError.missing(key: "prompt_tokens", file: short.source)) {
      _ = try PlainViT(short, heads: 2, prompts: .none)
    }
  }

  @Test(arguments: PlainViT.Prompts.allCases)
  func `the stages are PyTorch's`(prompts: PlainViT.Prompts) throws {
    let stages = try network(prompts).stages(of: image(0))
    let group = "forward/\(prompts.rawValue)"
    for name in try golden.names(of: group) {
      let found =
        switch name {
        case "logits": stages.logits.value
        case "tokens": stages.tokens.value
        case "stage1": stages.stage1.value.planar
        case "stage2": stages.stage2.value.planar
        default: stages.blocks[Int(name.dropFirst("block_".count)) ?? 0].value
        }
      let difference = try difference(found, "\(group)/\(name)")
      #expect(difference < 1e-4, "\(name)")
      print("\(group)/\(name): largest difference \(difference)")
    }
  }

  /// The loss of images and the gradients of what learns.
  private func step(
    _ network: PlainViT, _ images: [Int]
  ) throws -> (loss: Double, gradients: [String: Tensor]) {
    let logits = concatenate(try images.map { network(try image($0)) }, axis: 0)
    let loss = crossEntropyDice(
      logits, labels: try labels(images), crossEntropyWeight: 0.2, diceWeight: 0.8)
    let gradients = Gradients(of: loss.total)
    var named: [String: Tensor] = [:]
    for parameter in network.inventory.parameters.learning {
      named[parameter.name] = gradients[parameter.variable]
    }
    return (loss.value, named)
  }

  @Test func `all gradients are PyTorch's`() throws {
    let network = try network(.deep)
    for parameter in network.inventory.parameters { parameter.learns = true }
    let (loss, gradients) = try step(network, [0, 1])
    #expect(abs(loss - (try golden.doubles("gradients/loss")[0])) < 1e-4)
    let names = try golden.names(of: "gradients/full")
    #expect(names.sorted() == network.inventory.parameters.names.sorted())
    var largest = 0.0
    for name in names {
      var expected = try golden.floats("gradients/full/\(name)")
      var found = try #require(gradients[name])
      #expect(found.shape == expected.shape)
      if name.hasSuffix(".qkv.bias") {
        // An offset of all keys shifts a query's scores alike: in exact arithmetic its gradient is zero.
        let keys = found.sliced(axis: 0, 16..<32)
        #expect(keys.values.allSatisfy { abs($0) < 1e-6 })
        (found, expected) = (withoutKeys(found), withoutKeys(expected))
      }
      let difference = found.adding(expected.scaled(by: -1))
      let error = (difference.sumOfSquares / expected.sumOfSquares).squareRoot()
      #expect(error < 1e-3, "\(name)")
      largest = max(largest, error)
    }
    print("largest relative error of a gradient \(largest)")
  }

  private func withoutKeys(_ bias: Tensor) -> Tensor {
    Tensor.concatenated(
      [bias.sliced(axis: 0, 0..<16), bias.sliced(axis: 0, 32..<48)], axis: 0)
  }

  @Test func `twenty steps of prompt tuning are PyTorch's`() throws {
    let network = try network(.deep)
    let frozen = ["patch.", "pos_embed", "blocks.", "norm."]
    for parameter in network.inventory.parameters
    where !frozen.contains(where: { parameter.name.hasPrefix($0) }) {
      parameter.learns = true
    }
    let learning = network.inventory.parameters.learning
    var means = learning.map { Tensor(zeros: $0.shape) }
    var squares = means
    let batches = try golden.integers("batch_indices")
    let losses = try golden.doubles("trajectory/loss")
    var largest = 0.0
    for index in losses.indices {
      let (loss, gradients) = try step(network, Array(batches[2 * index..<2 * index + 2]))
      #expect(abs(loss - losses[index]) < 1e-4)
      largest = max(largest, abs(loss - losses[index]))
      for (at, parameter) in learning.enumerated() {
        var value = parameter.value
        value.stepAdamW(
          gradient: try #require(gradients[parameter.name]), mean: &means[at],
          square: &squares[at], step: index + 1, rate: 0.004, betas: (0.9, 0.999), decay: 0.05,
          epsilon: 1e-8)
        parameter.value = value
      }
    }
    print("largest difference of a loss \(largest)")
    let names = try golden.names(of: "trajectory/params/after_20")
    #expect(names.sorted() == learning.map(\.name).sorted())
    for name in names {
      let parameter = try #require(network.inventory.parameters[name])
      #expect(
        try difference(parameter.value, "trajectory/params/after_20/\(name)") < 1e-3, "\(name)")
    }
  }
}
