import Adaptation
import Autodiff
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// Plans on the micro model: what learns, what is plugged in, what is refused.
struct AdaptedModelTests {
  static func micro() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
  }

  static let heads = ClassHeads(classes: 4, start: .fresh)

  static func model(_ plan: Plan) throws -> AdaptedModel {
    try AdaptedModel(base: micro(), plan: plan, using: Random(seed: 1))
  }

  @Test func `frozen heads leave exactly the corrections of the golden trajectory to learn`()
    throws
  {
    let model = try Self.model(
      Plan(method: .decoderLora, heads: .frozen, classHeads: Self.heads))
    let golden = try Goldens.hdf5("training/trajectory_decoder_lora.h5")
    let names = try golden.names(of: "params/after_00")
    #expect(model.learning.map(\.name).sorted() == names)
    for parameter in model.learning {
      #expect(parameter.shape == (try golden.shape("params/after_00/\(parameter.name)")))
    }
  }

  @Test func `SAMed trains corrections of q and v, the prompt encoder and the mask decoder`()
    throws
  {
    let model = try Self.model(Plan(method: .samed, classHeads: Self.heads))
    let golden = try Goldens.hdf5("training/trajectory_encoder_lora.h5")
    let never = Set(try golden.strings("never_updated"))
    let names = try golden.names(of: "params/after_20").map(SAMedNames.adapter)
    #expect(Set(model.learning.map(\.name)) == never.union(names))
  }

  @Test func `trained heads learn beside the corrections, hypernetworks without any`() throws {
    let model = try Self.model(
      Plan(method: .decoderLora, targets: [.attention], classHeads: Self.heads))
    let names = Set(model.learning.map(\.name))
    #expect(names.contains("mask_decoder.mask_tokens.weight"))
    #expect(names.contains("mask_decoder.output_upscaling.3.weight"))
    #expect(names.contains("mask_decoder.output_hypernetworks_mlps.4.layers.0.weight"))
    #expect(!names.contains("mask_decoder.output_hypernetworks_mlps.4.layers.0.lora_A"))
    #expect(!names.contains("mask_decoder.transformer.layers.0.mlp.lin1.lora_A"))
    #expect(!names.contains("mask_decoder.iou_token.weight"))
  }

  @Test func `with prompts the prompt encoder is corrected, within the rank of its matrices`()
    throws
  {
    let model = try Self.model(Plan(method: .decoderLora, rank: 8, classHeads: nil))
    let parameters = model.model.inventory.parameters
    #expect(parameters["prompt_encoder.point_embeddings.lora_A"]?.shape == [4, 32])
    #expect(parameters["prompt_encoder.point_embeddings.lora_B"]?.shape == [4, 4])
    #expect(parameters["prompt_encoder.mask_downscaling.0.lora_A"]?.shape == [4, 4])
    #expect(parameters["prompt_encoder.mask_downscaling.6.lora_B"]?.shape == [32, 8])
    #expect(parameters["mask_decoder.mask_tokens.weight"]?.shape == [4, 32])
  }

  @Test(arguments: [Plan.Method.decoderLora, .samed])
  func `a fresh plan predicts what the base model predicts`(method: Plan.Method) throws {
    let base = try Sam(Self.micro())
    let model = try Self.model(Plan(method: method, classHeads: nil)).model
    var random = Random(seed: 3)
    let image = randomTensor([3, 128, 128], using: &random)
    let expected = base.masks(of: base.imageEncoder(image)).masks.value
    #expect(model.masks(of: model.imageEncoder(image)).masks.value == expected)
  }

  @Test func `an adapter written and read again gives the same model and the same bytes`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let model = try Self.model(Plan(method: .samed, classHeads: Self.heads))
    var random = Random(seed: 4)
    for parameter in model.learning {
      parameter.value = randomTensor(parameter.shape, using: &random).scaled(by: 0.02)
    }
    let labels = [Adapter.Label(name: "liver", value: 6)]
    let adapter = Adapter(of: model, preprocessing: "{}", labels: labels)
    let paths = ["a", "b"].map { folder.appendingPathComponent($0).path }
    for path in paths { try adapter.write(to: path) }
    let bytes = try paths.map { try Data(contentsOf: URL(fileURLWithPath: $0)) }
    #expect(bytes[0] == bytes[1])
    let read = try Adapter(contentsOf: paths[0])
    #expect(read.labels == labels)
    #expect(read.plan == model.plan)
    let again = try read.model(on: Self.micro(), name: "a")
    #expect(again.learning.isEmpty)
    let image = randomTensor([3, 128, 128], using: &random)
    func logits(_ model: Sam) -> Tensor { model.masks(of: model.imageEncoder(image)).masks.value }
    #expect(logits(again.model) == logits(model.model))
  }

  @Test func `an adapter for other weights is refused with both hashes`() throws {
    let model = try Self.model(Plan(method: .decoderFull, classHeads: Self.heads))
    let adapter = Adapter(of: model, preprocessing: "{}", labels: [])
    let other = try Self.micro().replacing([
      ("mask_decoder.iou_token.weight", Tensor(zeros: [1, 32]))
    ])
    #expect(
      throws: AdaptationError.foreignBase(
        adapter: "a", expected: adapter.baseSHA256, weights: other.source, found: other.sha256)
    ) { try adapter.model(on: other, name: "a") }
  }

  @Test func `an adapter without a tensor of its plan is refused by name`() throws {
    let model = try Self.model(Plan(method: .samed, classHeads: Self.heads))
    var adapter = Adapter(of: model, preprocessing: "{}", labels: [])
    let removed = adapter.tensors.removeLast().0
    #expect(throws: AdaptationError.incomplete(adapter: "a", key: removed)) {
      try adapter.model(on: Self.micro(), name: "a")
    }
  }

  @Test func `a file that is no adapter is refused`() throws {
    #expect(throws: AdaptationError.self) { try Adapter(Self.micro()) }
  }

  @Test func `initial tensors replace by name, SAMed's numbers included, and nothing else`() throws
  {
    let model = try Self.model(Plan(method: .samed, classHeads: Self.heads))
    let file = try Checkpoint(contentsOf: Goldens.path("training/samed_lora_final.pth"))
    try model.fill(from: file)
    let path = "image_encoder.blocks.1.attn.qkv.v.lora_B"
    #expect(model.model.inventory.parameters[path]?.value == (try file.tensor("w_b_003")))
    #expect(throws: AdaptationError.self) {
      try model.fill(from: Checkpoint([("colour", Tensor(1))], source: "x"))
    }
    #expect(throws: CheckpointError.self) {
      try model.fill(
        from: Checkpoint([("mask_decoder.iou_token.weight", Tensor(zeros: [2, 32]))], source: "x"))
    }
  }

  @Test func `frozen fresh heads must be filled`() throws {
    let model = try Self.model(
      Plan(method: .decoderLora, heads: .frozen, classHeads: Self.heads))
    let heads = try Checkpoint(contentsOf: Goldens.path("training/class_heads.safetensors"))
    try model.checkHeads(filledBy: [heads])
    #expect(throws: AdaptationError.unfilled(key: "mask_decoder.mask_tokens.weight")) {
      try model.checkHeads(filledBy: [])
    }
  }

  @Test func `a plan that corrects no layer is refused`() {
    #expect(throws: AdaptationError.self) {
      try Self.model(
        Plan(method: .decoderLora, heads: .trained, targets: [], classHeads: Self.heads))
    }
  }
}
