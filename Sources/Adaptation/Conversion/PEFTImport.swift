import Archives
public import Checkpoints
import Foundation
import Tensors

extension Conversion {
  /// Reads a checkpoint, or an adapter of PEFT: its folder, or the file of tensors with the configuration beside it.
  public static func input(_ path: String) throws -> Checkpoint {
    let files = try PEFTFiles(path)
    let file = try Checkpoint(contentsOf: files.tensors)
    guard PEFTConfiguration.recognises(file.names) else { return file }
    guard FileManager.default.fileExists(atPath: files.configuration) else {
      throw ConversionError.needs(
        what: "the adapter_config.json beside \(files.tensors)",
        reason: "PEFT keeps the scale of its corrections there")
    }
    let text = String(decoding: try Data(mapping: files.configuration), as: UTF8.self)
    let metadata = file.metadata.merging([PEFTConfiguration.key: text]) { $1 }
    return try file.renamed(metadata: metadata) { $0 }
  }
}

/// Where the two files of an adapter of PEFT lie, when a path is one.
private struct PEFTFiles {
  let tensors: String
  let configuration: String

  init(_ path: String) throws {
    var isFolder: ObjCBool = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    let url = URL(fileURLWithPath: path)
    let folder = isFolder.boolValue ? url : url.deletingLastPathComponent()
    configuration = folder.appendingPathComponent("adapter_config.json").path
    guard isFolder.boolValue else {
      tensors = path
      return
    }
    let found = ["adapter_model.safetensors", "adapter_model.bin"]
      .map { folder.appendingPathComponent($0).path }
      .first { FileManager.default.fileExists(atPath: $0) }
    guard let found else {
      throw ConversionError.notAnAdapter(
        file: path, reason: "the folder holds no adapter_model.safetensors")
    }
    tensors = found
  }
}

/// What PEFT's adapter_config.json says of its corrections.
struct PEFTConfiguration: Decodable {
  /// The metadata key under which the text of the file goes with its tensors.
  static let key = "peft_config"
  /// What all names begin with.
  static let prefix = "base_model.model."

  var peft_type: String
  var r: Int
  var lora_alpha: Double
  var use_rslora: Bool?
  var use_dora: Bool?
  var fan_in_fan_out: Bool?
  var rank_pattern: [String: Int]?
  var alpha_pattern: [String: Double]?

  /// Whether names are those of an adapter of PEFT.
  static func recognises(_ names: [String]) -> Bool {
    names.contains { $0.hasPrefix(prefix) && $0.contains(".lora_") }
  }

  init(of file: Checkpoint) throws {
    let text = file.metadata[PEFTConfiguration.key] ?? ""
    func refuse(_ reason: String) -> ConversionError {
      .notAnAdapter(file: file.source, reason: reason)
    }
    do {
      self = try JSONDecoder().decode(PEFTConfiguration.self, from: Data(text.utf8))
    } catch {
      throw refuse("its adapter_config.json lacks peft_type, r or lora_alpha")
    }
    guard peft_type == "LORA" else {
      throw refuse("its adapter_config.json says \(peft_type.prefix(40)), and only LORA is read")
    }
    guard r > 0, lora_alpha.isFinite else {
      throw refuse("its rank is \(r), its alpha \(lora_alpha)")
    }
    guard use_dora != true, fan_in_fan_out != true else {
      throw refuse("use_dora and fan_in_fan_out are not read")
    }
    guard (rank_pattern ?? [:]).isEmpty, (alpha_pattern ?? [:]).isEmpty else {
      throw refuse(
        "rank_pattern and alpha_pattern, which give layers scales of their own, are not read")
    }
  }

  /// What corrections are multiplied by.
  var scale: Double { lora_alpha / (use_rslora == true ? Double(r).squareRoot() : Double(r)) }
}

extension AdapterTensors {
  /// The tensors of an adapter of PEFT, under official names.
  ///
  /// A correction of a fused projection becomes up to three, of queries, keys and values. Rows of A and columns of B that
  /// add nothing are left out.
  init(peft file: Checkpoint, base: Checkpoint?) throws {
    let configuration = try PEFTConfiguration(of: file)
    let base = try base?.withOfficialNames()
    let names = try PEFTAdapterNames(file, base: base)
    var corrections: [Correction] = []
    for module in names.modules {
      let (a, b) = try module.matrices(in: file)
      if module.path.hasSuffix(".attn.qkv"), module.path.hasPrefix("image_encoder.") {
        corrections += AdapterTensors.parts(module.path, a, b)
      } else {
        corrections.append(Correction(path: module.path, a: a, b: b))
      }
    }
    self.init(
      corrections: AdapterTensors.withPointMatrix(corrections).map(\.compacted),
      replacements: try names.replacements.map { ($0.official, try file.tensor($0.name)) },
      scale: Float(configuration.scale), source: file.source)
  }

  /// The queries', keys' and values' parts of a correction of the fused projection that are changed; of one that changes
  /// nothing, the queries' and values'.
  private static func parts(_ path: String, _ a: Tensor, _ b: Tensor) -> [Correction] {
    let height = b.shape[0] / 3
    let parts = ["q", "k", "v"].enumerated().map { index, part in
      let rows = b.sliced(axis: 0, index * height..<(index + 1) * height)
      return Correction(path: "\(path).\(part)", a: a, b: rows)
    }
    let used = parts.filter { $0.b.values.contains { $0 != 0 } }
    return used.isEmpty ? [parts[0], parts[2]] : used
  }

  /// The corrections of the four point embeddings as one of their matrix [4, C], side by side.
  private static func withPointMatrix(_ corrections: [Correction]) -> [Correction] {
    let path = "prompt_encoder.point_embeddings"
    let rows = (0..<4).compactMap { row in corrections.first { $0.path == "\(path).\(row)" } }
    guard rows.count == 4 else { return corrections }
    let others = corrections.filter { !$0.path.hasPrefix("\(path).") }
    let rank = rows.map { $0.a.shape[0] }.reduce(0, +)
    var b = Tensor(zeros: [4, rank])
    b.withMutablePointer { b in
      var column = 0
      for (row, correction) in rows.enumerated() {
        for index in 0..<correction.a.shape[0] {
          b[row * rank + column] = correction.b[flat: index]
          column += 1
        }
      }
    }
    return others
      + [Correction(path: path, a: Tensor.concatenated(rows.map(\.a), axis: 0), b: b)]
  }
}

/// The names in an adapter of PEFT, taken apart.
private struct PEFTAdapterNames {
  /// A corrected module.
  struct Module {
    let name: String
    let path: String
    let isEmbedding: Bool

    /// A [R, K] and B [N, R] of the module's weight [N, K]; those of an embedding's weight are turned round in PEFT.
    func matrices(in file: Checkpoint) throws -> (a: Tensor, b: Tensor) {
      let (first, second) =
        isEmbedding
        ? ("\(name).lora_embedding_A", "\(name).lora_embedding_B")
        : ("\(name).lora_A.weight", "\(name).lora_B.weight")
      func matrix(_ key: String) throws -> Tensor {
        let tensor = try file.tensor(key)
        guard let rows = tensor.shape.first, rows > 0, tensor.shape.count > 1, tensor.count > 0
        else {
          throw ConversionError.notAnAdapter(
            file: file.source, reason: "\(key) has the shape \(tensor.shape)")
        }
        return tensor.reshaped([rows, tensor.count / rows])
      }
      let (a, b) = (try matrix(first), try matrix(second))
      guard a.shape[0] == b.shape[1] else {
        throw ConversionError.notAnAdapter(
          file: file.source, reason: "\(first) is \(a.shape) and \(second) \(b.shape)")
      }
      return isEmbedding ? (b.swappingAxes(0), a.swappingAxes(0)) : (a, b)
    }
  }

  let modules: [Module]
  let replacements: [(name: String, official: String)]

  init(_ file: Checkpoint, base: Checkpoint?) throws {
    var modules: [Module] = []
    var replacements: [(name: String, official: String)] = []
    var plain: [String] = []
    for name in file.names {
      guard name.hasPrefix(PEFTConfiguration.prefix) else {
        throw ConversionError.notAnAdapter(
          file: file.source, reason: "\(name) is none of PEFT's names")
      }
      plain.append(String(name.dropFirst(PEFTConfiguration.prefix.count)))
    }
    let known = try base?.withHuggingFaceNames().names ?? []
    let table = HuggingFaceNames(known + plain.filter { !$0.contains(".lora_") })
    for (name, plain) in zip(file.names, plain) {
      guard let end = plain.range(of: ".lora_") else {
        let inside = plain.replacingOccurrences(of: ".base_layer.", with: ".")
        if let official = table.official(inside) { replacements.append((name, official)) }
        continue
      }
      let kind = plain[end.lowerBound...]
      guard [".lora_A.weight", ".lora_embedding_A"].contains(kind) else {
        guard [".lora_B.weight", ".lora_embedding_B"].contains(kind) else {
          throw ConversionError.notAnAdapter(file: file.source, reason: "\(name) is not read")
        }
        continue
      }
      let module = plain[..<end.lowerBound]
      let path = table.official("\(module).weight")?.dropLast(".weight".count)
      modules.append(
        Module(
          name: PEFTConfiguration.prefix + module, path: path.map(String.init) ?? String(module),
          isEmbedding: kind == ".lora_embedding_A"))
    }
    self.modules = modules
    self.replacements = replacements
  }
}
