import Adaptation
import Autodiff
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Which layers of the encoder and of the decoder's transformer a plan corrects.
struct TargetTests {
  private static let heads = ClassHeads(classes: 2, start: .copy)

  /// The endings of the corrected layers' paths in a block of the encoder and in the decoder's transformer.
  private static func corrected(_ plan: Plan) throws -> (encoder: Set<String>, decoder: Set<String>)
  {
    let names = try AdaptedModelTests.model(plan).learning.map(\.name)
    func endings(_ prefix: String) -> Set<String> {
      let own = names.filter { $0.hasPrefix(prefix) && $0.hasSuffix(".lora_A") }
      return Set(own.map { String($0.split(separator: ".").dropLast().last ?? "") })
    }
    return (endings("image_encoder."), endings("mask_decoder.transformer."))
  }

  @Test func `without targets every method corrects what it always did`() throws {
    let projections: Set = ["q_proj", "k_proj", "v_proj", "out_proj"]
    for (method, encoder, decoder) in [
      (Plan.Method.samed, Set(["q", "v"]), Set<String>()),
      (.encoderLora, ["q", "v"], []),
      (.samedSmall, ["q", "v"], ["q_proj", "v_proj"]),
      (.decoderLora, [], projections.union(["lin1", "lin2"])),
    ] {
      let found = try Self.corrected(Plan(method: method, classHeads: Self.heads))
      #expect(found.encoder == encoder && found.decoder == decoder, "\(method)")
    }
  }

  @Test func `targets choose layers of the encoder and of the decoder apart`() throws {
    for (targets, encoder, decoder) in [
      ([Plan.Target.k], ["k"], ["k_proj"]),
      ([.out], ["proj"], ["out_proj"]),
      ([.attention], ["q", "k", "v", "proj"], ["q_proj", "k_proj", "v_proj", "out_proj"]),
      ([.q, .mlp], ["q", "lin1", "lin2"], ["q_proj", "lin1", "lin2"]),
      ([.attention, .v], ["q", "k", "v", "proj"], ["q_proj", "k_proj", "v_proj", "out_proj"]),
    ] as [([Plan.Target], Set<String>, Set<String>)] {
      let both = try Self.corrected(
        Plan(
          method: .samedSmall, targets: targets, encoderTargets: targets, classHeads: Self.heads))
      #expect(both.encoder == encoder && both.decoder == decoder, "\(targets)")
      let one = try Self.corrected(
        Plan(method: .samedSmall, encoderTargets: targets, classHeads: Self.heads))
      #expect(one.encoder == encoder && one.decoder == ["q_proj", "v_proj"], "\(targets)")
    }
  }

  @Test func `a key's correction moves the keys' third of the fused projection alone`() throws {
    let plan = Plan(
      method: .encoderLora, encoderTargets: [.k], classHeads: Self.heads)
    let model = try AdaptedModelTests.model(plan).model
    let slot = try #require(model.inventory.slot("image_encoder.blocks.1.attn.qkv"))
    let b = try #require(model.inventory.parameters["\(slot.path).k.lora_B"])
    b.value = Tensor(b.shape, repeating: 0.5)
    var random = Random(seed: 1)
    let x = randomTensor([3, 64], using: &random)
    let y = randomTensor([3, 192], using: &random)
    let out = slot(Variable(y), input: Variable(x)).value
    for (part, moves) in [(0, false), (1, true), (2, false)] {
      let range = 64 * part..<64 * (part + 1)
      #expect((out.sliced(axis: 1, range) != y.sliced(axis: 1, range)) == moves)
    }
  }

  @Test(arguments: ["samed", "samed-s", "encoder-lora", "decoder-lora"])
  func `a plan written before encoders had targets corrects what it did`(method: String) throws {
    let text = """
      {"classHeads":{"classes":2,"start":"copy"},"heads":"trained","method":"\(method)","rank":4,"scale":1,\
      "targets":["attention","mlp"]}
      """
    let old = try JSONDecoder().decode(Plan.self, from: Data(text.utf8))
    let new = Plan(method: old.method, classHeads: Self.heads)
    let names = try [old, new].map { try AdaptedModelTests.model($0).learning.map(\.name) }
    #expect(names[0] == names[1])
  }

  private static let free = Plan(
    method: .samedSmall, rank: 3, targets: [.out, .mlp], encoderTargets: [.k, .out, .mlp],
    classHeads: heads)

  @Test func `corrections of any layer go to PEFT and come back, without a word on the plan`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    let adapter = try Self.adapter(Self.free)
    let tensors = try AdapterTensors(Checkpoint(adapter.tensors, source: "a"), scale: 1)
    try PEFTAdapter(tensors, weights: AdaptedModelTests.micro()).write(to: path("peft"))
    let conversion = Conversion(
      target: .graft, weights: try AdaptedModelTests.micro(), merges: false,
      preprocessing: "{}", promptedPreprocessing: "{}")
    _ = try conversion(Conversion.input(path("peft")), to: path("back"))
    let back = try Adapter(contentsOf: path("back"))
    #expect(back.plan.method == Self.free.method && back.plan.rank == Self.free.rank)
    #expect(back.plan.targets == Self.free.targets)
    #expect(back.plan.encoderTargets == Self.free.encoderTargets)
    let models = try [adapter, back].map { try $0.model(on: AdaptedModelTests.micro(), name: "a") }
    let masks = models.map { Self.logits($0.model) }
    let furthest = zip(masks[0].values, masks[1].values).map { abs($0 - $1) }.max() ?? 1
    #expect(furthest < 1e-5)
  }

  @Test func `corrections of any layer merge, and SAMed says which it has no place for`() throws {
    let adapter = try Self.adapter(Self.free)
    let tensors = try AdapterTensors(Checkpoint(adapter.tensors, source: "a"), scale: 1)
    let merged = try Sam(tensors.merged(into: AdaptedModelTests.micro()))
    let masks = try [
      merged, adapter.model(on: AdaptedModelTests.micro(), name: "a").model,
    ].map(Self.logits)
    let furthest = zip(masks[0].values, masks[1].values).map { abs($0 - $1) }.max() ?? 1
    #expect(furthest < Float(Tolerance.block) * (masks[0].values.map(abs).max() ?? 0))
    let error = #expect(throws: ConversionError.self) {
      try tensors.samed(weights: AdaptedModelTests.micro())
    }
    #expect(error?.description.contains("blocks.0.attn.qkv.k") == true)
  }

  private static func adapter(_ plan: Plan) throws -> Adapter {
    let model = try AdaptedModelTests.model(plan)
    var random = Random(seed: 4)
    for parameter in model.learning {
      let change = randomTensor(parameter.shape, using: &random).scaled(by: 0.05)
      parameter.value = parameter.value.adding(change)
    }
    return Adapter(of: model, preprocessing: "{}", labels: [.init(name: "liver", value: 6)])
  }

  private static func logits(_ model: Sam) -> Tensor {
    var random = Random(seed: 6)
    let image = randomTensor([3, 128, 128], using: &random)
    return model.masks(of: model.imageEncoder(image)).masks.value
  }
}
