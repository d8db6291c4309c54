import Autodiff
import Baselines
import Checkpoints
import Failures
import SegmentAnything
import Tensors
import TestKit
import Testing

/// PerSAM and PerSAM-F against a restatement in PyTorch, and what is not the paper's.
struct PerSAMTests {
  private static func golden() throws -> GoldenFile { try Goldens.hdf5("persam/persam.h5") }

  private static func model() throws -> Sam {
    try Sam(Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors")))
  }

  private static func image() throws -> Tensor {
    try Goldens.hdf5("sam-micro/forward.h5").floats("encoder/input").reshaped([3, 128, 128])
  }

  /// The image from right to left, with the mask of its object.
  private static func reference() throws -> PerSAM.Reference {
    let image = try image()
    let values = image.values
    let turned = values.indices.map { values[$0 / 128 * 128 + 127 - $0 % 128] }
    return PerSAM.Reference(
      image: Tensor([3, 128, 128], turned), mask: try golden().bytes("mask"))
  }

  @Test(arguments: [("free", PerSAM.Variant.free), ("tuned", .tuned)])
  func `targets, weights and logits are PyTorch's`(name: String, variant: PerSAM.Variant) throws {
    let golden = try Self.golden()
    let persam = try PerSAM(Self.model(), references: [[Self.reference()]], variant: variant)
    let target = try #require(persam.targets[0])
    #expect(error(target.embedding, try golden.floats("\(name)/target")) < Tolerance.block)
    if variant == .tuned {
      let weights = try golden.floats("tuned/weights")
      #expect(error(Tensor([3], target.scales ?? []), weights) < 1e-3)
      #expect(persam.trainedParameters == 2)
    } else {
      #expect(target.scales == nil && persam.trainedParameters == 0)
    }
    let logits = try persam.logits(of: Self.image())
    #expect(logits.shape == [2, 32, 32])
    #expect(logits.sliced(axis: 0, 0..<1) == Tensor(zeros: [1, 32, 32]))
    let expected = try golden.floats("\(name)/logits").reshaped([1, 32, 32])
    #expect(error(logits.sliced(axis: 0, 1..<2), expected) < 1e-3)
  }

  @Test func `the guided decoder's masks and qualities are PyTorch's`() throws {
    let golden = try Self.golden()
    let model = try Self.model()
    let points = try golden.integers("free/points")
    let prompt = Prompt(points: [
      Prompt.Point(x: Float(points[0]), y: Float(points[1])),
      Prompt.Point(x: Float(points[2]), y: Float(points[3]), label: .background),
    ])
    let prediction = model.masks(
      of: model.imageEncoder(try Self.image()), prompts: [prompt],
      guidance: Guidance(
        prior: try golden.floats("free/prior"), target: try golden.floats("free/target")))
    let masks = try golden.floats("free/first/masks")
    #expect(error(prediction.masks.value.reshaped(masks.shape), masks) < Tolerance.block)
    let quality = try golden.floats("free/first/iou")
    #expect(error(prediction.iou.value.reshaped(quality.shape), quality) < Tolerance.block)
  }

  @Test func `the weights of the scales lower the loss and add up to one`() throws {
    var random = Random(seed: 3)
    let masks = randomTensor([1, 3, 8, 8], using: &random)
    let target = masks.sliced(axis: 1, 1..<2).values.map { $0 > 0 ? UInt8(1) : 0 }
    let (weights, losses) = PerSAM.Target.scales(of: [masks, masks], targets: [target, target])
    #expect(abs(weights.reduce(0, +) - 1) < 1e-5)
    #expect(losses.count == 1000 && (losses.last ?? 1) < losses[0])
    #expect(weights[1] > weights[0] && weights[1] > weights[2])
  }

  @Test func `each class is found by itself, and one without exemplars never`() throws {
    let reference = try Self.reference()
    let other = PerSAM.Reference(
      image: reference.image, mask: reference.mask.indices.map { $0 / 32 > 24 ? 1 : 0 })
    let model = try Self.model()
    let three = try PerSAM(model, references: [[reference], [], [other]], variant: .free)
    let one = try PerSAM(model, references: [[other]], variant: .free)
    let image = try Self.image()
    let (logits, alone) = (three.logits(of: image), one.logits(of: image))
    #expect(logits.shape == [4, 32, 32])
    #expect(logits.sliced(axis: 0, 3..<4) == alone.sliced(axis: 0, 1..<2))
    #expect(logits.sliced(axis: 0, 2..<3).values.allSatisfy { $0 == PerSAM.absent })
  }

  @Test func `the features of several exemplars count together`() throws {
    let reference = try Self.reference()
    let model = try Self.model()
    let once = PerSAM.Target([reference], model, .free)
    let twice = PerSAM.Target([reference, reference], model, .free)
    #expect(error(twice.embedding, once.embedding) < Tolerance.operation)
  }

  @Test func `an object smaller than a token has the features of where it is`() {
    var random = Random(seed: 1)
    let embedding = randomTensor([1, 2, 2, 3], using: &random)
    var mask = [UInt8](repeating: 0, count: 64)
    mask[4 * 8 + 7] = 1
    #expect(PerSAM.Target.features(embedding, in: mask) == [Array(embedding.values[9..<12])])
  }

  @Test func `an image that is less alike than all with the object has none`() throws {
    let reference = try Self.reference()
    let persam = try PerSAM(Self.model(), references: [[reference]], variant: .free)
    let image = try Self.image()
    persam.calibrate([
      (persam.likeness(to: reference.image), [true]), (persam.likeness(to: image), [false]),
    ])
    #expect(persam.targets[0]?.threshold != nil)
    let logits = persam.logits(of: image)
    #expect(logits.sliced(axis: 0, 1..<2).values.allSatisfy { $0 == PerSAM.absent })
    #expect(persam.logits(of: reference.image).values.contains { $0 != 0 && $0 != PerSAM.absent })
  }

  @Test(
    arguments: [
      ([(0.9, true), (0.8, true), (0.2, false), (0.4, false)], 0.6),
      ([(0.9, true), (0.3, true), (0.5, false), (0.1, false)], 0.2),
      ([(0.9, true), (0.8, true)], nil), ([(0.9, false)], nil), ([], nil),
      ([(0.2, true), (0.8, false)], nil),
    ] as [([(Double, Bool)], Double?)])
  func `the threshold separates best, or there is none`(
    known: [(Double, Bool)], expected: Double?
  ) {
    let found = Presence.threshold(known.map { (score: Float($0.0), isPresent: $0.1) })
    #expect(found.map { abs(Double($0) - (expected ?? .infinity)) < 1e-6 } ?? (expected == nil))
  }

  @Test func `an empty image is answered`() throws {
    let persam = try PerSAM(Self.model(), references: [[Self.reference()]], variant: .tuned)
    #expect(persam.logits(of: Tensor(zeros: [3, 128, 128])).isFinite)
  }

  @Test func `a model with class heads is refused`() throws {
    let heads = ClassHeads(classes: 2, start: .copy)
    let base = try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
    let model = try Sam(heads.applied(to: base, using: Random(seed: 1)))
    let error = #expect(throws: PerSAMError.maskTokens(found: 3)) {
      try PerSAM(model, references: [], variant: .free)
    }
    #expect(error?.kind == .badInput)
  }

  /// The largest difference over the largest reference.
  private func error(_ found: Tensor, _ expected: Tensor) -> Double {
    guard found.shape == expected.shape else { return .infinity }
    let largest = expected.values.map(abs).max() ?? 0
    let furthest = zip(found.values, expected.values).map { abs($0 - $1) }.max() ?? 0
    return Double(furthest / max(largest, 1e-6))
  }
}
