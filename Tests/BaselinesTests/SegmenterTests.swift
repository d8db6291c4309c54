import Adaptation
import Autodiff
import Baselines
import Checkpoints
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Networks of plans: built, kept as adapters, read again, and refused where they do not fit.
struct SegmenterTests {
  private static func base() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
  }

  private func plan(_ method: Plan.Method) -> Plan {
    Plan(method: method, classHeads: ClassHeads(classes: 2, start: .copy))
  }

  private func segmenter(_ method: Plan.Method) throws -> any LearningSegmenter {
    try plan(method).segmenter(
      on: method.needsWeights ? Self.base() : nil, imageSize: 64, using: Random(seed: 3))
  }

  private func adapter(_ segmenter: any LearningSegmenter) -> Adapter {
    Adapter(of: segmenter, preprocessing: "{}", labels: [])
  }

  @Test(arguments: [Plan.Method.unet, .linearProbe, .full, .decoderFull])
  func `an adapter makes the network it was taken of`(method: Plan.Method) throws {
    let trained = try segmenter(method)
    var random = Random(seed: 4)
    for parameter in trained.learning {
      parameter.value = parameter.value.adding(
        randomTensor(parameter.shape, using: &random).scaled(by: 0.01))
    }
    let image = randomTensor([3, 64, 64], using: &random)
    let read = try Adapter(
      Checkpoint(
        adapter(trained).tensors, source: "adapter", metadata: adapter(trained).metadata))
    let again = try read.segmenter(
      on: method.needsWeights ? Self.base() : nil, imageSize: 0, name: "adapter")
    #expect(again.learning.isEmpty)
    let logits = again.logits(of: image)
    #expect(logits == trained.logits(of: image))
    let side = trained.outputSide(imageSize: 64)
    #expect(logits.shape == [3, side, side])
    #expect(side == (method == .unet ? 64 : 16))
  }

  @Test(arguments: [128, 96]) func `full tuning moves the tables of positions at any image size`(
    size: Int
  ) throws {
    let model = try segmenter(.full)
    var random = Random(seed: 6)
    let logits = model.logits(from: .image(randomTensor([3, size, size], using: &random)))
    let gradients = Gradients(of: logits, cotangent: randomTensor(logits.shape, using: &random))
    let tables = model.learning.filter {
      $0.name.hasSuffix("pos_embed") || $0.name.contains(".rel_pos_")
    }
    #expect(tables.count == 9)
    for table in tables {
      #expect(try #require(gradients[table.variable], "\(table.name)").sumOfSquares > 0)
    }
  }

  @Test func `the stored place of a probe leads to the logits of the image`() throws {
    let probe = try segmenter(.linearProbe)
    var random = Random(seed: 5)
    let image = randomTensor([3, 64, 64], using: &random)
    let stored = probe.frozen(image)
    #expect(stored.shape == probe.frozenShape(imageSize: 64) && probe.cut == "neck")
    let logits = probe.logits(from: .stored(stored.reshaped([1] + stored.shape)))
    #expect(logits.value == probe.logits(from: .image(image)).value)
  }

  @Test func `one base serves several probes`() throws {
    let base = try Self.base()
    let probes = try (1...2).map { seed in
      try plan(.linearProbe).segmenter(on: base, imageSize: 0, using: Random(seed: UInt64(seed)))
    }
    #expect(probes[0].baseSHA256 == base.sha256)
    #expect(probes[0].learning[0].value != probes[1].learning[0].value)
  }

  @Test func `networks that do not fit are refused`() throws {
    #expect(throws: AdaptationError.needsWeights(method: "linear-probe")) {
      _ = try plan(.linearProbe).segmenter(on: nil, imageSize: 64, using: Random(seed: 1))
    }
    let probe = adapter(try segmenter(.linearProbe))
    let other = try Self.base().renamed { $0 }.replacing(
      [("image_encoder.neck.1.bias", Tensor(zeros: [32]))], metadata: [:])
    let changed = Checkpoint(
      try other.names.map { ($0, try other.tensor($0)) }, source: "other")
    #expect(
      throws: AdaptationError.foreignBase(
        adapter: "a", expected: probe.baseSHA256, weights: "other", found: changed.sha256)
    ) { _ = try probe.segmenter(on: changed, imageSize: 0, name: "a") }
    var torn = adapter(try segmenter(.unet))
    let lost = torn.tensors.removeLast().0
    #expect(throws: AdaptationError.incomplete(adapter: "a", key: lost)) {
      _ = try torn.segmenter(on: nil, imageSize: 0, name: "a")
    }
    #expect(throws: AdaptationError.otherNetwork(adapter: "a", method: "unet")) {
      _ = try torn.model(on: Self.base(), name: "a")
    }
    torn.plan.classHeads = nil
    #expect(throws: AdaptationError.self) {
      _ = try torn.segmenter(on: nil, imageSize: 0, name: "a")
    }
  }
}
