import Adaptation
import Autodiff
import Checkpoints
import Failures
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Corrections that start with the principal part of what they correct.
struct PrincipalStartTests {
  private static func golden() throws -> GoldenFile { try Goldens.hdf5("pissa/pissa.h5") }

  private static func correction() throws -> LowRank {
    try #require(
      LowRank("layer", principalOf: golden().floats("weight"), rank: 3, scale: 0.5))
  }

  /// The correction of PyTorch's example after its factors moved, with gradients wanted.
  private static func moved() throws -> LowRank {
    let correction = try correction()
    for (parameter, name) in [(correction.a, "a"), (correction.b, "b")] {
      parameter.learns = true
      parameter.value = try golden().floats("moved/\(name)")
    }
    return correction
  }

  @Test func `start, output and gradients are PyTorch's`() throws {
    let golden = try Self.golden()
    let start = try Self.correction()
    #expect(error(start.a.value, try golden.floats("start/a")) < Tolerance.operation)
    #expect(error(start.b.value, try golden.floats("start/b")) < Tolerance.operation)
    let correction = try Self.moved()
    let x = Variable(try golden.floats("x"), wantsGradient: true)
    let y = linear(
      x, Variable(try golden.floats("weight")), Variable(try golden.floats("bias")))
    let out = correction.corrected(y, input: x)
    #expect(error(out.value, try golden.floats("y")) < Tolerance.operation)
    let gradients = Gradients(of: out, cotangent: try golden.floats("cotangent"))
    for (variable, name) in [
      (correction.a.variable, "a"), (correction.b.variable, "b"), (x, "x"),
    ] {
      let found = try #require(gradients[variable])
      #expect(error(found, try golden.floats("gradient/\(name)")) < Tolerance.operation, "\(name)")
    }
  }

  @Test func `the corrected matrix and its gradients are those of the corrected output`() throws {
    let golden = try Self.golden()
    let correction = try Self.moved()
    let matrix = correction.corrected(matrix: Variable(try golden.floats("weight")))
    let x = Variable(try golden.floats("x"))
    let out = linear(x, matrix, Variable(try golden.floats("bias")))
    #expect(error(out.value, try golden.floats("y")) < Tolerance.operation)
    let gradients = Gradients(of: out, cotangent: try golden.floats("cotangent"))
    for (parameter, name) in [(correction.a, "a"), (correction.b, "b")] {
      let found = try #require(gradients[parameter.variable])
      #expect(error(found, try golden.floats("gradient/\(name)")) < Tolerance.operation, "\(name)")
    }
  }

  @Test func `gradients are those of central differences`() throws {
    let golden = try Self.golden()
    let correction = try Self.moved()
    let (weight, x) = try (golden.floats("weight"), golden.floats("x"))
    let factors = [correction.a, correction.b]
    var random = Random(seed: 8)
    let cotangent = randomTensor([4, 10], using: &random)
    func output() -> Variable {
      correction.corrected(linear(Variable(x), Variable(weight), nil), input: Variable(x))
    }
    func weighed(_ factor: Parameter, _ value: Tensor) -> Double {
      factor.value = value
      return zip(output().value.values, cotangent.values)
        .reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let gradients = Gradients(of: output(), cotangent: cotangent)
    let found = try factors.map { try #require(gradients[$0.variable]) }
    for (factor, found) in zip(factors, found) {
      let middle = factor.value
      let differences = (0..<middle.count).map { place in
        var (low, high) = (middle, middle)
        low.withMutablePointer { $0[place] -= 0.01 }
        high.withMutablePointer { $0[place] += 0.01 }
        return Float((weighed(factor, high) - weighed(factor, low)) / 0.02)
      }
      factor.value = middle
      #expect(error(found, Tensor(found.shape, differences)) < Tolerance.gradient)
    }
  }

  @Test(arguments: [Float(-0.5), 2])
  func `the factors' product with the scale is the principal part`(scale: Float) throws {
    let weight = try Self.golden().floats("weight")
    let correction = try #require(
      LowRank("layer", principalOf: weight, rank: 7, scale: scale))
    let product = correction.b.value.times(correction.a.value).scaled(by: scale)
    #expect(error(product, weight) < Tolerance.operation)
  }

  private static let plans = [
    Plan(
      method: .decoderLora, scale: 0.5, initialisation: .pissa,
      classHeads: AdaptedModelTests.heads),
    Plan(
      method: .decoderLora, heads: .frozen, rank: 3, initialisation: .pissa,
      classHeads: ClassHeads(classes: 2, start: .copy)),
    Plan(method: .decoderLora, initialisation: .pissa, classHeads: nil),
    Plan(method: .encoderLora, heads: .frozen, rank: 2, initialisation: .pissa, classHeads: nil),
    Plan(
      method: .samedSmall, encoderTargets: [.attention, .mlp], initialisation: .pissa,
      classHeads: AdaptedModelTests.heads),
  ]

  @Test(arguments: plans)
  func `a fresh plan changes nothing but rounding`(plan: Plan) throws {
    var still = plan
    still.initialisation = .kaiming
    let models = try [plan, still].map(AdaptedModelTests.model)
    #expect(models[0].learning.map(\.name) == models[1].learning.map(\.name))
    #expect(models[0].learningCount == models[1].learningCount)
    let masks = models.map { logits($0.model) }
    #expect(error(masks[0], masks[1]) < Tolerance.block)
  }

  @Test(arguments: plans)
  func `trained, written, read and merged predict the same`(plan: Plan) throws {
    let model = try AdaptedModelTests.model(plan)
    var random = Random(seed: 5)
    for parameter in model.learning {
      let change = randomTensor(parameter.shape, using: &random).scaled(by: 0.02)
      parameter.value = parameter.value.adding(change)
    }
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    let adapter = Adapter(
      of: model, preprocessing: "{}", labels: [Adapter.Label(name: "a", value: 1)])
    try adapter.write(to: path("a.safetensors"))
    let read = try Adapter(contentsOf: path("a.safetensors"))
    #expect(read.plan.rank == 2 * plan.rank && read.plan.initialisation == nil)
    let before = logits(model.model)
    let after = logits(try read.model(on: AdaptedModelTests.micro(), name: "a").model)
    let fits = plan.heads == .trained && plan.classHeads != nil
    #expect(fits ? after == before : error(after, before) < Tolerance.block)
    for (target, name) in [(Conversion.Target.official, "m.pth"), (.peft, "peft")] {
      let conversion = Conversion(
        target: target, weights: try AdaptedModelTests.micro(), merges: target == .official,
        preprocessing: "{}", promptedPreprocessing: "{}")
      _ = try conversion(Conversion.input(path("a.safetensors")), to: path(name))
    }
    let merged = logits(try Sam(Checkpoint(contentsOf: path("m.pth"))))
    #expect(error(merged, before) < Tolerance.block)
    let peft = try AdapterTensors(
      Checkpoint(contentsOf: path("a.safetensors")), scale: Float(plan.scale))
    #expect(peft.corrections.allSatisfy { $0.a.shape[0] <= 2 * plan.rank })
  }

  @Test func `a file's correction cannot stand in for one that starts from the weights`() throws {
    let model = try AdaptedModelTests.model(Self.plans[0])
    let name = "mask_decoder.transformer.layers.0.self_attn.q_proj.lora_A"
    let error = #expect(throws: AdaptationError.started(key: name, file: "x")) {
      try model.fill(from: Checkpoint([(name, Tensor(zeros: [4, 32]))], source: "x"))
    }
    #expect(error?.kind == .usage)
    try model.fill(
      from: Checkpoint(
        [("mask_decoder.mask_tokens.weight", Tensor(zeros: [5, 32]))], source: "x"))
  }

  @Test func `a matrix that is not finite has no principal part`() {
    let matrix = Tensor([2, 2], [1, .infinity, 0, 1])
    #expect(LowRank("layer", principalOf: matrix, rank: 1, scale: 1).map { _ in 0 } == nil)
    #expect(AdaptationError.notDecomposed(key: "layer", file: "w").kind == .numbers)
  }

  private func logits(_ model: Sam) -> Tensor {
    var random = Random(seed: 6)
    let image = randomTensor([3, 128, 128], using: &random)
    return model.masks(of: model.imageEncoder(image)).masks.value
  }

  /// The largest difference over the largest reference.
  private func error(_ found: Tensor, _ expected: Tensor) -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let largest = expected.values.map(abs).max() ?? 0
    let furthest = zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? 0
    return Double(furthest / max(largest, 1e-6))
  }
}
