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
    /// The weight's shape, which tells convolutions and embeddings.
    let weight: [Int]
    let isEmbedding: Bool
  }

  /// The export of an adapter; the weights tell the shapes of the layers it corrects.
  public init(_ adapter: AdapterTensors, weights: Checkpoint) throws {
    let base = try weights.withOfficialNames()
    let table = HuggingFaceNames(base.names + adapter.replacements.map(\.0))
    let modules = try PEFTAdapter.modules(adapter, base, table)
    let rank = modules.map { $0.a.shape[0] }.max() ?? 0
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
    self.tensors = Checkpoint(tensors, source: adapter.source, metadata: ["format": "pt"])
    configuration = try PEFTAdapter.configuration(
      rank: rank, alpha: Double(adapter.scale) * Double(rank), targets: modules.map(\.name),
      saved: saved.sorted())
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
      if correction.isPointEmbeddings {
        modules += try embeddings(correction, base, table)
        continue
      }
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
        modules.append(
          Module(name: name, a: correction.a, b: b, weight: shape, isEmbedding: false))
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

  /// The rows of the point embeddings' matrix are four modules of their own: `Δ [1, C] = (B A)ᵀ` of PEFT's matrices.
  private static func embeddings(
    _ correction: AdapterTensors.Correction, _ base: Checkpoint, _ table: HuggingFaceNames
  ) throws -> [Module] {
    try (0..<4).map { row in
      let name = "\(correction.path).\(row).weight"
      guard let shape = base.shape(of: name) else {
        throw ConversionError.noPlace(key: correction.path, file: base.source)
      }
      return Module(
        name: String(table.huggingFace(name).dropLast(".weight".count)),
        a: correction.b.sliced(axis: 0, row..<row + 1).swappingAxes(0),
        b: correction.a.swappingAxes(0), weight: shape, isEmbedding: true)
    }
  }

  private static func tensors(of module: Module, rank: Int) -> [(String, Tensor)] {
    let missing = rank - module.a.shape[0]
    let a = Tensor.concatenated([module.a, Tensor(zeros: [missing, module.a.shape[1]])], axis: 0)
    let b = Tensor.concatenated([module.b, Tensor(zeros: [module.b.shape[0], missing])], axis: 1)
    let path = "base_model.model.\(module.name)"
    if module.isEmbedding {
      return [("\(path).lora_embedding_A", a), ("\(path).lora_embedding_B", b)]
    }
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
