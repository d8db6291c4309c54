import Archives
public import Checkpoints
public import Foundation
import Tensors

/// An adapter as the PEFT library loads it onto Hugging Face's `SamModel`.
///
/// A pair of corrections of queries and values becomes one of the fused projection, of twice the rank, whose
/// B has zeros where the other's rows are. All ranks are filled up with zeros to the largest, so
/// that one rank and one scale hold for all.
public struct PEFTAdapter {
  /// The tensors of `adapter_model.safetensors`.
  public let tensors: Checkpoint
  /// The content of `adapter_config.json`.
  public let configuration: Data

  /// A correction of one of Hugging Face's modules, before ranks are made equal.
  private struct Module {
    let name: String
    var a: Tensor
    var b: Tensor
    /// The weight's shape, which tells convolutions.
    let weight: [Int]
  }

  /// The mask tokens of the adapted model, where the adapter brings its own.
  private let maskTokens: Int?

  /// The export of an adapter; the weights tell the shapes of the layers it corrects.
  ///
  /// `metadata` goes with the tensors: PEFT does not read it, and this program finds its own adapter in it again.
  public init(
    _ adapter: AdapterTensors, weights: Checkpoint, metadata: [String: String] = [:]
  ) throws {
    let base = try weights.withOfficialNames()
    let adapter = try adapter.withWholePointEmbeddings(of: base)
    let table = HuggingFaceNames(base.names + adapter.replacements.map(\.0))
    let modules = try PEFTAdapter.modules(adapter, base, table)
    guard let rank = modules.map({ $0.a.shape[0] }).max() else {
      throw ConversionError.notAnAdapter(
        file: adapter.source,
        reason:
          "it corrects no layer that PEFT could; with --merge it can be folded into the weights")
    }
    var tensors: [(String, Tensor)] = []
    for module in modules {
      tensors += PEFTAdapter.tensors(of: module, rank: rank)
    }
    var saved: Set<String> = []
    for (name, tensor) in adapter.replacements where name != AdapterTensors.positionMatrix {
      let name = table.huggingFace(name)
      saved.insert(name.split(separator: ".").dropLast().joined(separator: "."))
      tensors.append(("base_model.model.\(name)", tensor))
    }
    self.tensors = Checkpoint(
      tensors, source: adapter.source, metadata: metadata.merging(["format": "pt"]) { $1 })
    maskTokens =
      adapter.replacements.first { $0.0 == "mask_decoder.mask_tokens.weight" }?.1.shape[0]
    configuration = try PEFTAdapter.configuration(
      rank: rank, alpha: Double(adapter.scale) * Double(rank), targets: modules.map(\.name),
      saved: saved.sorted())
  }

  /// A sentence of what was written, and of the model it belongs onto.
  func summary(_ folder: String) -> String {
    let written = "\(folder): an adapter of PEFT of \(tensors.names.count) tensors."
    guard let maskTokens, maskTokens != 4 else { return written }
    return written
      + " Load it onto a SamModel whose mask_decoder_config has num_multimask_outputs=\(maskTokens - 1)."
  }

  /// Writes both files into a folder, which is made where it is absent.
  public func write(to folder: String) throws {
    let url = URL(fileURLWithPath: folder)
    try AtomicFile.makeFolder(folder)
    try tensors.writeSafetensors(to: url.appendingPathComponent("adapter_model.safetensors").path)
    try AtomicFile.write(
      configuration, to: url.appendingPathComponent("adapter_config.json").path)
  }

  private static func modules(
    _ adapter: AdapterTensors, _ base: Checkpoint, _ table: HuggingFaceNames
  ) throws -> [Module] {
    var modules: [Module] = []
    for correction in adapter.corrections {
      guard let shape = base.shape(of: correction.weightName) else {
        throw ConversionError.noPlace(key: correction.path, file: adapter.source)
      }
      let name = String(table.huggingFace(correction.weightName).dropLast(".weight".count))
      let b =
        correction.part.map { widened(correction.b, rows: shape[0], part: $0) } ?? correction.b
      if let place = modules.firstIndex(where: { $0.name == name }) {
        modules[place].a = Tensor.concatenated([modules[place].a, correction.a], axis: 0)
        modules[place].b = Tensor.concatenated([modules[place].b, b], axis: 1)
      } else {
        modules.append(Module(name: name, a: correction.a, b: b, weight: shape))
      }
    }
    return modules
  }

  /// B of a third of a fused projection, with zeros for the other thirds.
  private static func widened(_ b: Tensor, rows: Int, part: Int) -> Tensor {
    let rank = b.shape[1]
    var wide = Tensor(zeros: [rows, rank])
    wide.withMutablePointer { wide in
      for index in 0..<b.count { wide[part * rows / 3 * rank + index] = b[flat: index] }
    }
    return wide
  }

  private static func tensors(of module: Module, rank: Int) -> [(String, Tensor)] {
    let missing = rank - module.a.shape[0]
    let a = Tensor.concatenated([module.a, Tensor(zeros: [missing, module.a.shape[1]])], axis: 0)
    let b = Tensor.concatenated([module.b, Tensor(zeros: [module.b.shape[0], missing])], axis: 1)
    let path = "base_model.model.\(module.name)"
    let kernel = Array(module.weight.dropFirst())
    let isConvolution = module.weight.count == 4
    return [
      ("\(path).lora_A.weight", isConvolution ? a.reshaped([rank] + kernel) : a),
      ("\(path).lora_B.weight", isConvolution ? b.reshaped([module.weight[0], rank, 1, 1]) : b),
    ]
  }

  private static func configuration(
    rank: Int, alpha: Double, targets: [String], saved: [String]
  ) throws -> Data {
    let object: [String: Any] = [
      "peft_type": "LORA", "task_type": NSNull(), "base_model_name_or_path": NSNull(),
      "inference_mode": true, "r": rank, "lora_alpha": alpha, "lora_dropout": 0, "bias": "none",
      "fan_in_fan_out": false, "init_lora_weights": true, "target_modules": targets.sorted(),
      "modules_to_save": saved.isEmpty ? NSNull() : saved as Any,
    ]
    return try JSONSerialization.data(
      withJSONObject: object, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
  }
}

extension AdapterTensors {
  /// The adapter with its correction of the point embeddings folded into them.
  ///
  /// `SamModel` takes the embeddings' weights past their modules' calls, so that corrections of them would be without
  /// effect.
  fileprivate func withWholePointEmbeddings(of base: Checkpoint) throws -> AdapterTensors {
    let parts = corrections.filter(\.isPointEmbeddings)
    guard !parts.isEmpty else { return self }
    let prefix = "prompt_encoder.point_embeddings."
    let embeddings = AdapterTensors(
      corrections: parts, replacements: replacements.filter { $0.0.hasPrefix(prefix) },
      scale: scale,
      source: source)
    let whole = try embeddings.merged(into: base)
    let rows = try whole.names.filter { $0.hasPrefix(prefix) }.map { ($0, try whole.tensor($0)) }
    return AdapterTensors(
      corrections: corrections.filter { !$0.isPointEmbeddings },
      replacements: replacements.filter { !$0.0.hasPrefix(prefix) } + rows, scale: scale,
      source: source)
  }
}
