import Adaptation
import Checkpoints
import Failures
import Foundation
import Tensors
import TestKit
import Testing

struct ConversionTests {
  @Test func `a merged projection is W + B A in its thirds`() throws {
    let adapter = try AdapterTensors(samed(), scale: 0.5)
    let base = try weights()
    let merged = try adapter.merged(into: base)
    let name = "image_encoder.blocks.2.attn.qkv.weight"
    let change = try merged.tensor(name).adding(try base.tensor(name).scaled(by: -1))
    for (number, rows) in [(4, 0..<64), (5, 128..<192)] {
      let b = try samed().tensor("w_b_00\(number)")
      let product = try b.times(samed().tensor("w_a_00\(number)")).scaled(by: 0.5)
      #expect(difference(change.sliced(axis: 0, rows), product) < 1e-6)
    }
    #expect(change.sliced(axis: 0, 64..<128) == Tensor(zeros: [64, 64]))
    #expect(merged.shape(of: "mask_decoder.mask_tokens.weight") == [5, 32])
    #expect(merged.contains("mask_decoder.output_hypernetworks_mlps.4.layers.2.bias"))
    let face = try adapter.merged(into: base.withHuggingFaceNames())
    #expect(Set(face.names) == Set(merged.names))
  }

  @Test func `convolutions and point embeddings merge as matrices`() throws {
    var random = Random(seed: 1)
    let shapes = [
      ("prompt_encoder.mask_downscaling.3", [16, 16]),
      ("prompt_encoder.point_embeddings", [4, 32]),
    ]
    var tensors: [(String, Tensor)] = []
    for (path, shape) in shapes {
      tensors.append(("\(path).lora_A", randomTensor([2, shape[1]], using: &random)))
      tensors.append(("\(path).lora_B", randomTensor([shape[0], 2], using: &random)))
    }
    let adapter = try AdapterTensors(Checkpoint(tensors, source: "x"), scale: 2)
    let base = try weights()
    let merged = try adapter.merged(into: base)
    let product = tensors[3].1.times(tensors[2].1).scaled(by: 2)
    for row in 0..<4 {
      let name = "prompt_encoder.point_embeddings.\(row).weight"
      let expected = try base.tensor(name).adding(product.sliced(axis: 0, row..<row + 1))
      #expect(difference(try merged.tensor(name), expected) < 1e-6)
    }
    let name = "prompt_encoder.mask_downscaling.3.weight"
    #expect(merged.shape(of: name) == base.shape(of: name))
    let convolution = try merged.tensor(name).adding(try base.tensor(name).scaled(by: -1))
    let change = tensors[1].1.times(tensors[0].1).scaled(by: 2)
    #expect(difference(convolution.reshaped([16, 16]), change) < 1e-5)
  }

  @Test func `SAMed's file goes out as it came, with the scale in B`() throws {
    let file = try samed()
    let same = try AdapterTensors(file, scale: 1).samed(weights: nil)
    #expect(Set(same.names) == Set(file.names))
    for name in file.names { #expect(try same.tensor(name) == file.tensor(name), "\(name)") }
    let doubled = try AdapterTensors(file, scale: 2).samed(weights: nil)
    #expect(try doubled.tensor("w_b_003") == file.tensor("w_b_003").scaled(by: 2))
  }

  @Test func `SAMed's whole decoder comes from the weights`() throws {
    let file = try samed()
    let part = try file.renamed { $0.hasPrefix("w_") ? $0 : nil }
    let error = #expect(throws: ConversionError.self) {
      try AdapterTensors(part, scale: 1).samed(weights: nil)
    }
    #expect(error?.kind == .usage)
    let whole = try AdapterTensors(part, scale: 1).samed(weights: weights())
    #expect(whole.contains("mask_decoder.iou_token.weight"))
    #expect(!whole.names.contains { $0.hasPrefix("image_encoder.") })
  }

  @Test func `PEFT's fused pair is exactly the two corrections`() throws {
    let adapter = try AdapterTensors(samed(), scale: 0.5)
    let peft = try PEFTAdapter(adapter, weights: weights())
    let configuration = try #require(
      JSONSerialization.jsonObject(with: peft.configuration) as? [String: Any])
    #expect(configuration["r"] as? Int == 8)
    #expect(configuration["lora_alpha"] as? Double == 4)
    #expect((configuration["target_modules"] as? [String])?.count == 4)
    let path = "base_model.model.vision_encoder.layers.1.attn.qkv"
    let a = try peft.tensors.tensor("\(path).lora_A.weight")
    let b = try peft.tensors.tensor("\(path).lora_B.weight")
    #expect(a.shape == [8, 64])
    #expect(b.shape == [192, 8])
    let name = "image_encoder.blocks.1.attn.qkv.weight"
    let change = try adapter.merged(into: weights()).tensor(name)
      .adding(weights().tensor(name).scaled(by: -1))
    #expect(difference(change, b.times(a).scaled(by: 0.5)) < 1e-6)
    #expect(peft.tensors.contains("base_model.model.mask_decoder.upscale_conv2.bias"))
    let saved = try #require(configuration["modules_to_save"] as? [String])
    #expect(saved.contains("mask_decoder.mask_tokens"))
    #expect(!saved.contains { $0.contains("shared_embedding") })
  }

  @Test func `what does not fit the weights is refused by name`() throws {
    let base = try weights()
    func merge(_ tensors: [(String, Tensor)]) throws {
      _ = try AdapterTensors(Checkpoint(tensors, source: "x"), scale: 1).merged(into: base)
    }
    #expect(throws: ConversionError.noPlace(key: "nowhere.weight", file: "x")) {
      try merge([("nowhere.weight", Tensor(1))])
    }
    let path = "mask_decoder.transformer.layers.0.mlp.lin1"
    #expect(throws: ConversionError.self) {
      try merge([("\(path).lora_B", Tensor(zeros: [64, 2]))])
    }
    let wrong = ConversionError.shape(key: path, expected: [64, 32], found: [64, 31], file: "x")
    #expect(throws: wrong) {
      try merge([
        ("\(path).lora_A", Tensor(zeros: [2, 31])), ("\(path).lora_B", Tensor(zeros: [64, 2])),
      ])
    }
  }

  private func weights() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
  }

  private func samed() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("training/samed_lora_final.pth"))
  }

  private func difference(_ one: Tensor, _ other: Tensor) -> Float {
    zip(one.values, other.values).map { abs($0 - $1) }.max() ?? 0
  }
}

struct ConversionFileTests {
  private let weights = Goldens.path("sam-micro/sam_micro.safetensors")
  private let samed = Goldens.path("training/samed_lora_final.pth")

  @Test(arguments: ["w.pth", "w.safetensors"])
  func `weights go to Hugging Face's names and come back`(name: String) throws {
    try withFolder { folder in
      let there = folder.appendingPathComponent(name).path
      let back = folder.appendingPathComponent("back.\(name)").path
      try convert(weights, to: there, .huggingface)
      #expect(try Checkpoint(contentsOf: there).contains(HuggingFaceNames.sharedCopy))
      try convert(there, to: back, .official)
      let (one, other) = try (Checkpoint(contentsOf: weights), Checkpoint(contentsOf: back))
      #expect(Set(one.names) == Set(other.names))
      for name in one.names { #expect(try one.tensor(name) == other.tensor(name), "\(name)") }
    }
  }

  @Test func `SAMed's adapter becomes ours and comes back`() throws {
    try withFolder { folder in
      let ours = folder.appendingPathComponent("adapter.safetensors").path
      let back = folder.appendingPathComponent("back.pth").path
      try convert(samed, to: ours, .graft, weights: weights)
      let adapter = try Adapter(contentsOf: ours)
      #expect(adapter.plan.rank == 4)
      #expect(adapter.labels.count == 4)
      #expect(try adapter.baseSHA256 == Checkpoint(contentsOf: weights).sha256)
      try convert(ours, to: back, .samed, weights: weights)
      let (one, other) = try (Checkpoint(contentsOf: samed), Checkpoint(contentsOf: back))
      #expect(Set(one.names) == Set(other.names))
      for name in one.names { #expect(try one.tensor(name) == other.tensor(name), "\(name)") }
      let (first, second) = ("\(ours).1.pth", "\(ours).2.pth")
      try convert(ours, to: first, .official, weights: weights, merges: true)
      try convert(samed, to: second, .official, weights: weights, merges: true)
      #expect(try Checkpoint(contentsOf: first).sha256 == Checkpoint(contentsOf: second).sha256)
      try convert(ours, to: folder.appendingPathComponent("peft").path, .peft, weights: weights)
      let files = try FileManager.default.contentsOfDirectory(
        atPath: folder.appendingPathComponent("peft").path)
      #expect(files.sorted() == ["adapter_config.json", "adapter_model.safetensors"])
    }
  }

  @Test func `an adapter for other weights is refused`() throws {
    try withFolder { folder in
      let ours = folder.appendingPathComponent("adapter.safetensors").path
      try convert(samed, to: ours, .graft, weights: weights)
      let other = Goldens.path("sam-micro/sam_micro.pth")
      #expect(throws: AdaptationError.self) {
        try convert(ours, to: "\(ours).pth", .official, weights: other, merges: true)
      }
      #expect(!FileManager.default.fileExists(atPath: "\(ours).pth"))
    }
  }

  @Test(arguments: [Conversion.Target.samed, .peft])
  func `whole weights are no adapter`(target: Conversion.Target) throws {
    #expect(throws: ConversionError.self) { try convert(weights, to: "x", target) }
  }

  @Test(arguments: [Conversion.Target.official, .huggingface, .peft, .graft])
  func `an adapter without its weights says what it needs`(target: Conversion.Target) {
    let error = #expect(throws: ConversionError.self) { try convert(samed, to: "x", target) }
    #expect(error?.kind == .usage)
    #expect(error?.description.contains("--weights") == true)
  }

  private func convert(
    _ input: String, to output: String, _ target: Conversion.Target, weights: String? = nil,
    merges: Bool = false
  ) throws {
    let conversion = Conversion(
      target: target, weights: try weights.map { try Checkpoint(contentsOf: $0) }, merges: merges,
      preprocessing: "{}", promptedPreprocessing: "{}")
    _ = try conversion(Conversion.input(input), to: output)
  }

  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
}
