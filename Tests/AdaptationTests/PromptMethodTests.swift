import Adaptation
import Autodiff
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Methods that learn tokens, and the one that corrects the last blocks, on the micro model.
struct PromptMethodTests {
  static func plan(_ method: Plan.Method, classes: Int = 2, count: Int = 3) -> Plan {
    Plan(
      method: method, classHeads: nil, promptTokens: PromptTokens(classes: classes, count: count))
  }

  static func lastPlan(_ blocks: Int) -> Plan {
    Plan(method: .loraLast, lastBlocks: blocks, classHeads: AdaptedModelTests.heads)
  }

  @Test func `tokens are all that learns, as many as the paper has`() throws {
    let counts = try [Plan.Method.promptDecoder, .promptShallow, .promptDeep].map {
      try AdaptedModelTests.model(Self.plan($0)).learningCount
    }
    let decoder = 2 * 3 * 32
    #expect(counts == [decoder, decoder + 3 * 64, decoder + 4 * 3 * 64])
    // PTSAM in ViT-B: 8 tokens of width 256; with tokens of width 768 before each of 12 blocks 73,728 more.
    let sizes = Configuration.vitB
    #expect(PromptTokens.standardCount * sizes.promptWidth == 2048)
    #expect(PromptTokens.standardCount * sizes.width * sizes.depth == 73_728)
  }

  @Test(arguments: [Plan.Method.promptDecoder, .promptShallow, .promptDeep])
  func `an adapter of tokens gives the same model when it is read again`(method: Plan.Method) throws
  {
    let model = try AdaptedModelTests.model(Self.plan(method))
    var random = Random(seed: 5)
    for parameter in model.learning {
      parameter.value = randomTensor(parameter.shape, using: &random)
    }
    let adapter = Adapter(of: model, preprocessing: "{}", labels: [])
    let file = try Checkpoint(adapter.tensors, source: "a", metadata: adapter.metadata)
    let again = try Adapter(file).model(on: AdaptedModelTests.micro(), name: "a")
    let image = randomTensor([3, 128, 128], using: &random)
    let logits = again.logits(of: image)
    #expect(logits.shape == [3, 32, 32])
    #expect(logits == model.logits(of: image))
    #expect(logits.sliced(axis: 0, 0..<1).values.allSatisfy { $0 == 0 })
  }

  @Test func `heads of an earlier adaptation are kept, and share the tokens`() throws {
    let first = try AdaptedModelTests.model(
      Plan(method: .decoderFull, classHeads: AdaptedModelTests.heads))
    let changes = first.changes
    func merged() throws -> Checkpoint {
      try AdaptedModelTests.micro().renamed { ClassHeads.replaces($0) ? nil : $0 }
        .replacing(changes)
    }
    let kept = ClassHeads(classes: 4, start: .keep)
    var random = Random(seed: 7)
    let image = randomTensor([3, 128, 128], using: &random)
    let deep = try AdaptedModel(
      base: merged(),
      plan: Plan(
        method: .promptDeep, classHeads: kept, promptTokens: PromptTokens(classes: nil, count: 2)),
      using: random)
    #expect(deep.learningCount == 4 * 2 * 64)
    #expect(deep.logits(of: image).shape == [5, 32, 32])
    for slot in deep.inventory.tokenSlots { slot.tokens = nil }
    #expect(deep.logits(of: image) == first.logits(of: image))
    let decoder = try AdaptedModel(
      base: merged(),
      plan: Plan(
        method: .promptDecoder, classHeads: kept, promptTokens: PromptTokens(classes: nil)),
      using: random)
    #expect(decoder.learningCount == 8 * 32)
    #expect(decoder.logits(of: image).shape == [5, 32, 32])
    #expect(throws: CheckpointError.self) {
      try AdaptedModel(
        base: merged(),
        plan: Plan(method: .decoderFull, classHeads: ClassHeads(classes: 3, start: .keep)),
        using: random)
    }
  }

  @Test(arguments: [1, 2, 4])
  func `what is stored before the last blocks leads to the same logits`(blocks: Int) throws {
    let model = try AdaptedModelTests.model(Self.lastPlan(blocks))
    var random = Random(seed: 6)
    for parameter in model.learning where parameter.name.hasSuffix("lora_B") {
      parameter.value = randomTensor(parameter.shape, using: &random).scaled(by: 0.05)
    }
    let image = randomTensor([3, 128, 128], using: &random)
    let whole = model.logits(of: image)
    guard blocks < 4 else {
      #expect(model.cut == nil)
      return
    }
    #expect(model.cut == "block \(4 - blocks)")
    let stored = model.frozen(image)
    #expect(stored.shape == model.frozenShape(imageSize: 128))
    let logits = model.logits(from: .stored(stored.reshaped([1] + stored.shape))).value
    #expect(logits.reshaped(whole.shape) == whole)
    let sites = Set(model.learning.map(\.name).filter { $0.hasPrefix("image_encoder") })
    #expect(sites.count == 4 * blocks)
    #expect(
      sites.allSatisfy { name in (4 - blocks..<4).contains { name.contains("blocks.\($0).") } })
  }

  @Test func `more last blocks than the encoder has are refused`() throws {
    #expect(
      throws: AdaptationError.tooManyBlocks(
        asked: 5, found: 4, file: try AdaptedModelTests.micro().source)
    ) { try AdaptedModelTests.model(Self.lastPlan(5)) }
  }

  @Test func `an adapter whose plan has no tokens is refused`() throws {
    var adapter = Adapter(
      of: try AdaptedModelTests.model(Self.plan(.promptDecoder)), preprocessing: "{}", labels: [])
    adapter.plan.promptTokens?.count = 0
    let file = try Checkpoint(adapter.tensors, source: "a", metadata: adapter.metadata)
    #expect(throws: AdaptationError.self) { try Adapter(file) }
  }
}
