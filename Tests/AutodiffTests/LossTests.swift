import Autodiff
import Foundation
import Tensors
import TestKit
import Testing

/// The losses against Double twins and central differences.
struct LossTests {
  /// Cross entropy and Dice by their definition.
  static func twin(_ logits: Tensor, _ labels: [UInt8]) -> (entropy: Double, dice: Double) {
    let (images, classes) = (logits.shape[0], logits.shape[1])
    let pixels = logits.shape[2] * logits.shape[3]
    let z = logits.values.map(Double.init)
    var entropy = 0.0
    var sums = [[Double]](repeating: [0, 0, 0], count: classes)
    for image in 0..<images {
      for pixel in 0..<pixels {
        let powers = (0..<classes).map { exp(z[(image * classes + $0) * pixels + pixel]) }
        let label = Int(labels[image * pixels + pixel])
        let whole = powers.reduce(0, +)
        entropy -= log(powers[label] / whole)
        for k in 0..<classes {
          let p = powers[k] / whole
          sums[k][0] += k == label ? p : 0
          sums[k][1] += p * p
          sums[k][2] += k == label ? 1 : 0
        }
      }
    }
    let dice = sums.map { 1 - (2 * $0[0] + 1e-5) / ($0[1] + $0[2] + 1e-5) }
    return (entropy / Double(images * pixels), dice.reduce(0, +) / Double(classes))
  }

  static func labels(_ count: Int, below classes: Int, using random: inout Random) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0..<UInt8(classes), using: &random) }
  }

  @Test(arguments: [[1, 2, 1, 1], [2, 5, 3, 7], [1, 9, 29, 37]])
  func `cross entropy and Dice are those of their definition`(shape: [Int]) {
    var random = Random(seed: 1)
    let logits = randomTensor(shape, using: &random)
    let labels = Self.labels(shape[0] * shape[2] * shape[3], below: shape[1], using: &random)
    let loss = crossEntropyDice(
      Variable(logits), labels: labels, crossEntropyWeight: 0.2, diceWeight: 0.8)
    let (entropy, dice) = Self.twin(logits, labels)
    #expect(abs(loss.crossEntropy - entropy) < Tolerance.operation * entropy)
    #expect(abs(loss.dice - dice) < Tolerance.operation)
    #expect(abs(loss.value - (0.2 * entropy + 0.8 * dice)) < Tolerance.operation)
    #expect(loss.total.value.scalar == Float(loss.value))
  }

  @Test(arguments: [[1, 2, 1, 1], [2, 3, 3, 5]])
  func `cross entropy and Dice have the gradients of their formula`(shape: [Int]) {
    var random = Random(seed: 2)
    let logits = randomTensor(shape, using: &random)
    let labels = Self.labels(shape[0] * shape[2] * shape[3], below: shape[1], using: &random)
    #expect(
      gradientError(at: [logits], using: &random) {
        crossEntropyDice($0[0], labels: labels, crossEntropyWeight: 0.3, diceWeight: 0.7).total
      } < Tolerance.gradient)
  }

  @Test(arguments: [[1, 1, 1, 1], [2, 3, 3, 5]])
  func `the mask loss has the gradients of its formula`(shape: [Int]) {
    var random = Random(seed: 3)
    // Away from 0, where the IoU of (logit > 0) jumps under a central difference.
    let logits = Tensor(
      shape, randomTensor(shape, using: &random).values.map { $0 < 0 ? $0 - 0.1 : $0 + 0.1 })
    let iou = randomTensor([shape[0], shape[1]], using: &random)
    let targets = Self.labels(shape[0] * shape[2] * shape[3], below: 2, using: &random)
    #expect(
      gradientError(at: [logits, iou], using: &random) {
        focalDiceIoU($0[0], iou: $0[1], targets: targets).total
      } < Tolerance.gradient)
  }

  @Test func `the mask loss of two pixels is the one computed by hand`() {
    let loss = focalDiceIoU(
      Variable(Tensor([1, 1, 1, 2], [0, 0])), iou: Variable(Tensor([1, 1], [0.5])),
      targets: [1, 0])
    // p = 1/2 twice: focal (1/4 + 3/4) · 1/4 · ln 2 / 2, Dice 1 - (1 + 1) / (1 + 1 + 1), IoU of an empty mask 0.
    #expect(abs(loss.focal - 0.125 * log(2)) < Tolerance.operation)
    #expect(abs(loss.dice - 1.0 / 3) < Tolerance.operation)
    #expect(loss.actualIoU.values == [0])
    #expect(loss.iouError == 0.25)
  }

  @Test func `the losses do not depend on the number of threads`() {
    var random = Random(seed: 4)
    let logits = randomTensor([3, 4, 41, 53], using: &random)
    let labels = Self.labels(3 * 41 * 53, below: 4, using: &random)
    func run(_ threads: Int) -> (Double, Tensor?) {
      Threads.use(threads)
      defer { Threads.use(0) }
      let leaf = Variable(logits, wantsGradient: true)
      let loss = crossEntropyDice(leaf, labels: labels, crossEntropyWeight: 0.2, diceWeight: 0.8)
      return (loss.value, Gradients(of: loss.total)[leaf])
    }
    let (one, two) = (run(1), run(2))
    #expect(one.0 == two.0)
    #expect(one.1 == two.1)
  }

  @Test func `SAMed's loss of the golden logits has PyTorch's parts and gradient`() throws {
    let golden = try Goldens.hdf5("training/gradients.h5")
    let data = try Goldens.hdf5("training/data.h5")
    let labels = try data.bytes("low_res_label")
    let pixels = 32 * 32
    let batch = try golden.integers("samed/info/image_indices").flatMap {
      labels[$0 * pixels..<($0 + 1) * pixels]
    }
    let logits = Variable(try golden.floats("samed/info/logits"), wantsGradient: true)
    let loss = crossEntropyDice(logits, labels: batch, crossEntropyWeight: 0.2, diceWeight: 0.8)
    #expect(abs(loss.crossEntropy - (try golden.doubles("samed/info/ce")[0])) < 1e-6)
    #expect(abs(loss.dice - (try golden.doubles("samed/info/dice")[0])) < 1e-6)
    #expect(abs(loss.value - (try golden.doubles("samed/info/loss")[0])) < 1e-6)
    let found = try #require(Gradients(of: loss.total)[logits])
    let expected = try golden.floats("samed/info/grad_logits")
    #expect(relativeError(found, expected) < 1e-5)
  }

  @Test(arguments: ["sam_points_box_mask", "sam_point"])
  func `SAM's loss of the golden masks has PyTorch's parts`(name: String) throws {
    let golden = try Goldens.hdf5("training/gradients.h5")
    let targets = try golden.floats("\(name)/info/target").values.map { UInt8($0) }
    let loss = focalDiceIoU(
      Variable(try golden.floats("\(name)/info/low_res")),
      iou: Variable(try golden.floats("\(name)/info/iou")), targets: targets)
    #expect(abs(loss.focal - (try golden.doubles("\(name)/info/focal")[0])) < 1e-6)
    #expect(abs(loss.dice - (try golden.doubles("\(name)/info/dice")[0])) < 1e-6)
    #expect(abs(loss.iouError - (try golden.doubles("\(name)/info/iou_mse")[0])) < 1e-6)
    #expect(abs(loss.value - (try golden.doubles("\(name)/info/loss")[0])) < 1e-5)
    let actual = try golden.floats("\(name)/info/actual_iou")
    #expect(zip(loss.actualIoU.values, actual.values).allSatisfy { abs($0 - $1) < 1e-6 })
  }
}
