import Adaptation
import Autodiff
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Adapters of other programs become this one's, and come back.
struct ForeignAdapterTests {
  private static let weights = Goldens.path("sam-micro/sam_micro.safetensors")
  private static let heads = ClassHeads(classes: 3, start: .fresh)

  /// Plans of every method, with what the target can hold.
  private static let plans: [(plan: Plan, target: Conversion.Target)] = [
    (Plan(method: .samed, rank: 3, classHeads: heads), .samed),
    (Plan(method: .samedSmall, rank: 4, classHeads: heads), .samed),
    (Plan(method: .encoderLora, heads: .frozen, rank: 2, classHeads: nil), .samed),
    (Plan(method: .samed, rank: 3, scale: 0.5, classHeads: heads), .peft),
    (Plan(method: .samedSmall, rank: 4, scale: 2, classHeads: heads), .peft),
    (Plan(method: .encoderLora, heads: .frozen, rank: 2, classHeads: nil), .peft),
    (Plan(method: .encoderLora, rank: 2, classHeads: heads), .peft),
    (Plan(method: .decoderLora, rank: 3, classHeads: heads), .peft),
    (
      Plan(
        method: .decoderLora, heads: .frozen, rank: 8, scale: 0.25,
        classHeads: ClassHeads(classes: 3, start: .copy)), .peft
    ),
  ]

  @Test(arguments: plans.indices)
  func `an adapter goes out and comes back with the same effect`(index: Int) throws {
    let (plan, target) = Self.plans[index]
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    try Self.adapter(plan).write(to: path("a.safetensors"))
    try convert(path("a.safetensors"), path("there.pth"), target)
    try convert(path("there.pth"), path("back.safetensors"), .graft)
    let (one, other) = try (
      Adapter(contentsOf: path("a.safetensors")), Adapter(contentsOf: path("back.safetensors"))
    )
    // SAMed's file always holds the whole decoder.
    let isWhole = target == .samed && plan.method == .encoderLora
    #expect(other.plan.method == (isWhole ? .samed : plan.method))
    #expect(other.plan.rank == plan.rank && other.plan.targets == plan.targets)
    #expect(isWhole || other.plan.classHeads == plan.classHeads)
    if target == .peft {
      #expect(other.plan == one.plan && other.labels == one.labels)
      #expect(other.preprocessing == one.preprocessing)
    }
    for name in ["a.safetensors", "there.pth", "back.safetensors"] {
      try convert(path(name), path("m.\(name).pth"), .official, merges: true)
    }
    let merged = try Checkpoint(contentsOf: path("m.a.safetensors.pth"))
    for name in ["there.pth", "back.safetensors"] {
      let again = try Checkpoint(contentsOf: path("m.\(name).pth"))
      #expect(Set(again.names) == Set(merged.names))
      for name in merged.names {
        let (a, b) = try (merged.tensor(name), again.tensor(name))
        let largest = zip(a.values, b.values).map { abs($0 - $1) }.max() ?? 0
        #expect(a.shape == b.shape && largest < 1e-6, "\(name)")
      }
    }
    try expectSameOutput(one, path("m.a.safetensors.pth"))
  }

  /// The merged weights predict what the adapted model predicts.
  private func expectSameOutput(_ adapter: Adapter, _ merged: String) throws {
    let model = try adapter.model(on: Checkpoint(contentsOf: Self.weights), name: "a").model
    let fused = try Sam(Checkpoint(contentsOf: merged))
    var random = Random(seed: 5)
    let image = randomTensor([3, 128, 128], using: &random)
    let masks = [model, fused].map { $0.masks(of: $0.imageEncoder(image)).masks.value }
    let scale = masks[0].values.map(abs).max() ?? 1
    let largest = zip(masks[0].values, masks[1].values).map { abs($0 - $1) }.max() ?? 1
    #expect(masks[0].shape == masks[1].shape && largest < 1e-4 * max(1, scale))
  }

  @Test func `corrections of the encoder alone become an adapter that answers prompts`() throws {
    let file = try Checkpoint(contentsOf: Goldens.path("training/samed_lora_final.pth"))
      .renamed { $0.hasPrefix("w_") ? $0 : nil }
    let adapter = try Adapter(
      AdapterTensors(file, scale: 1), base: Checkpoint(contentsOf: Self.weights),
      preprocessing: "classes", promptedPreprocessing: "prompts")
    #expect(adapter.plan.method == .encoderLora)
    #expect(adapter.plan.classHeads == nil)
    #expect(adapter.preprocessing == "prompts")
    #expect(adapter.tensors.count == file.names.count)
  }

  @Test func `more or fewer pairs than blocks cannot be placed`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let part = folder.appendingPathComponent("part.pth").path
    try Checkpoint(contentsOf: Goldens.path("training/samed_lora_final.pth"))
      .renamed { $0.hasPrefix("w_a_00") || $0.hasPrefix("w_b_00") ? $0 : nil }
      .renamed { $0.hasSuffix("000") || $0.hasSuffix("001") ? $0 : nil }.writeTorch(to: part)
    let error = #expect(throws: ConversionError.self) { try convert(part, "x", .graft) }
    #expect(error?.description.contains("which blocks they are for is not said") == true)
  }

  @Test(arguments: [
    (Plan(method: .decoderLora, rank: 2, classHeads: nil), "k_proj"),
    (Plan(method: .decoderLora, rank: 2, targets: [.mlp], classHeads: nil), "mlp.lin1"),
  ])
  func `a correction SAMed has no place for is named`(plan: Plan, key: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.safetensors").path
    try Self.adapter(plan).write(to: path)
    let error = #expect(throws: ConversionError.self) { try convert(path, "x", .samed) }
    #expect(error?.description.contains(key) == true, "\(error?.description ?? "")")
  }

  @Test func `corrected point embeddings go to PEFT whole`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    try Self.adapter(Plan(method: .decoderLora, rank: 3, classHeads: nil)).write(to: path("a"))
    try convert(path("a"), path("peft"), .peft)
    for name in ["a", "peft"] {
      try convert(path(name), path("\(name).pth"), .official, merges: true)
    }
    let (one, other) = try (
      Checkpoint(contentsOf: path("a.pth")), Checkpoint(contentsOf: path("peft.pth"))
    )
    for name in one.names {
      let pairs = try zip(one.tensor(name).values, other.tensor(name).values)
      #expect(pairs.allSatisfy { abs($0 - $1) < 1e-6 }, "\(name)")
    }
    let error = #expect(throws: ConversionError.self) { try convert(path("peft"), "x", .graft) }
    #expect(error?.description.contains("prompt_encoder.point_embeddings.0.weight") == true)
  }

  @Test func `an adapter that corrects nothing cannot go to PEFT`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a").path
    try Self.adapter(Plan(method: .decoderFull, classHeads: Self.heads)).write(to: path)
    let error = #expect(throws: ConversionError.self) { try convert(path, "x", .peft) }
    #expect(error?.description.contains("--merge") == true)
  }

  @Test func `an adapter of PEFT without its configuration is refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.safetensors").path
    try Self.adapter(Plan(method: .encoderLora, heads: .frozen, rank: 2, classHeads: nil))
      .write(to: path)
    let peft = folder.appendingPathComponent("peft")
    try convert(path, peft.path, .peft)
    let configuration = peft.appendingPathComponent("adapter_config.json")
    let text = try String(contentsOf: configuration, encoding: .utf8)
    for (old, new) in [("\"LORA\"", "\"IA3\""), ("\"r\"", "\"s\""), ("{", "[")] {
      try text.replacingOccurrences(of: old, with: new)
        .write(to: configuration, atomically: true, encoding: .utf8)
      #expect(throws: ConversionError.self) { try convert(peft.path, "x", .graft) }
    }
    try FileManager.default.removeItem(at: configuration)
    let error = #expect(throws: ConversionError.self) { try convert(peft.path, "x", .graft) }
    #expect(error?.description.contains("adapter_config.json") == true)
  }

  /// An adapter of a plan in which everything that learns is random.
  private static func adapter(_ plan: Plan) throws -> Adapter {
    let base = try Checkpoint(contentsOf: weights)
    let model = try AdaptedModel(base: base, plan: plan, using: Random(seed: 2))
    var random = Random(seed: 3)
    for parameter in model.learning {
      let change = randomTensor(parameter.shape, using: &random).scaled(by: 0.05)
      parameter.value = parameter.value.adding(change)
    }
    return Adapter(of: model, preprocessing: "{}", labels: [.init(name: "liver", value: 6)])
  }

  private func convert(
    _ input: String, _ output: String, _ target: Conversion.Target, merges: Bool = false
  ) throws {
    let conversion = Conversion(
      target: target, weights: try Checkpoint(contentsOf: Self.weights), merges: merges,
      preprocessing: "{}", promptedPreprocessing: "{}")
    _ = try conversion(Conversion.input(input), to: output)
  }
}
