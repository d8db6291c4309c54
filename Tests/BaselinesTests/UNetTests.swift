import Autodiff
import Baselines
import Checkpoints
import Layers
import Tensors
import TestKit
import Testing

/// The U-Net against MONAI's.
struct UNetTests {
  private let golden: GoldenFile

  init() throws { golden = try Goldens.hdf5("baselines/unet.h5") }

  /// The network whose weights follow from the formula, all of them learning.
  private func network() throws -> UNet {
    let shapes = UNet.initialised(classes: 3, using: Random(seed: 1))
    let network = try UNet(
      Checkpoint(
        shapes.names.map { ($0, FormulaModel.tensor($0, shapes.shape(of: $0) ?? [])) },
        source: "formula"), classes: 3)
    for parameter in network.inventory.parameters { parameter.learns = true }
    return network
  }

  private func image(_ index: Int) throws -> Tensor {
    let image = try golden.floats("image").sliced(axis: 0, index..<index + 1)
    return image.reshaped(Array(image.shape.dropFirst()))
  }

  private func logits(_ network: UNet) throws -> Variable {
    concatenate([network(try image(0)), network(try image(1))], axis: 0)
  }

  private func loss(_ logits: Variable) throws -> SegmentationLoss {
    crossEntropyDice(
      logits, labels: try golden.bytes("label"), crossEntropyWeight: 0.2, diceWeight: 0.8)
  }

  private func difference(_ found: Tensor, _ dataset: String) throws -> Float {
    let expected = try golden.floats(dataset)
    #expect(found.shape == expected.shape)
    return zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? 0
  }

  @Test func `it has MONAI's parameters, names and logits`() throws {
    let network = try network()
    let count = network.inventory.parameters.reduce(0) { $0 + $1.value.count }
    #expect(count == (try golden.integers("parameters")[0]))
    #expect(
      network.inventory.parameters.names.sorted() == (try golden.strings("norms/name")).sorted())
    let difference = try difference(try logits(network).value, "logits")
    print("largest difference of a logit \(difference)")
    #expect(difference < 1e-4)
  }

  @Test func `its gradients are PyTorch's`() throws {
    let network = try network()
    let gradients = Gradients(of: try loss(logits(network)).total)
    let norms = try golden.doubles("norms/l2")
    var largest = 0.0
    for (name, norm) in zip(try golden.strings("norms/name"), norms) {
      let parameter = try #require(network.inventory.parameters[name])
      let found = try #require(gradients[parameter.variable]).sumOfSquares.squareRoot()
      if name.hasSuffix(".conv.bias") {
        // The norm that follows takes every offset away: in exact arithmetic its gradient is zero.
        #expect(found < 1e-5)
      } else {
        largest = max(largest, abs(found - norm) / norm)
      }
    }
    print("largest relative error of a gradient's norm \(largest)")
    #expect(largest < 1e-3)
    for name in try golden.names(of: "gradients") {
      let expected = try golden.floats("gradients/\(name)")
      let parameter = try #require(network.inventory.parameters[name])
      let difference = try #require(gradients[parameter.variable]).adding(expected.scaled(by: -1))
      #expect(
        (difference.sumOfSquares / expected.sumOfSquares).squareRoot() < 1e-3, "\(name)")
    }
  }

  @Test func `steps of AdamW lead where PyTorch's lead`() throws {
    let network = try network()
    let learning = network.inventory.parameters.learning
    var means = learning.map { Tensor(zeros: $0.shape) }
    var squares = means
    for (index, expected) in try golden.doubles("losses").enumerated() {
      let loss = try loss(logits(network))
      // After a few steps of the full rate on all weights PyTorch's own float64 is 2e-4 off.
      #expect(abs(loss.value - expected) < 5e-4, "step \(index)")
      let gradients = Gradients(of: loss.total)
      for (at, parameter) in learning.enumerated() {
        var value = parameter.value
        value.stepAdamW(
          gradient: try #require(gradients[parameter.variable]), mean: &means[at],
          square: &squares[at], step: index + 1, rate: 2e-3, betas: (0.9, 0.999), decay: 0.01,
          epsilon: 1e-8)
        parameter.value = value
      }
    }
  }

  @Test func `random weights are drawn as PyTorch draws them, each tensor by its name`() throws {
    let drawn = UNet.initialised(classes: 3, using: Random(seed: 5))
    let again = UNet.initialised(classes: 2, using: Random(seed: 5))
    let weight = try drawn.tensor("down_2.convs.conv_1.conv.weight")
    #expect(weight == (try again.tensor("down_2.convs.conv_1.conv.weight")))
    let bound = 1 / Float(48 * 9).squareRoot()
    let largest = weight.values.map { abs($0) }.max() ?? 0
    #expect(largest < bound && largest > 0.99 * bound)
    #expect(try drawn.tensor("conv_0.conv_0.adn.N.weight").values.allSatisfy { $0 == 1 })
    #expect(try drawn.tensor("conv_0.conv_0.adn.N.bias").values.allSatisfy { $0 == 0 })
  }

  @Test func `a checkpoint of other classes is refused`() throws {
    let drawn = UNet.initialised(classes: 4, using: Random(seed: 5))
    #expect(
      throws: CheckpointError.shape(
        key: "final_conv.weight", expected: [3, 24, 1, 1], found: [4, 24, 1, 1],
        file: drawn.source)
    ) { _ = try UNet(drawn, classes: 3) }
  }
}
