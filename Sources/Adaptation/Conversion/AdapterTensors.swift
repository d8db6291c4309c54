public import Checkpoints
public import Tensors

/// The tensors of an adapter, its low-rank corrections taken apart from what replaces tensors of the weights.
public struct AdapterTensors {
  /// A correction `s · B · A` of the linear map at a path.
  public struct Correction {
    /// The path of the map, such as `image_encoder.blocks.0.attn.qkv.q`.
    public let path: String
    /// [R, K].
    public let a: Tensor
    /// [n, R].
    public let b: Tensor

    /// The name of the weight that is corrected.
    ///
    /// The point embeddings are four weights; theirs ends before the number.
    public var weightName: String {
      part == nil ? "\(path).weight" : "\(path.dropLast(2)).weight"
    }

    /// The third of a fused projection that is corrected: 0 queries, 1 keys, 2 values; nil for a whole map.
    var part: Int? {
      for (index, name) in ["q", "k", "v"].enumerated() where path.hasSuffix(".attn.qkv.\(name)") {
        return index
      }
      return nil
    }

    /// Whether the map is the matrix [4, C] of the point embeddings.
    var isPointEmbeddings: Bool { path == "prompt_encoder.point_embeddings" }
  }

  /// The corrections by path, in the order of the file.
  public let corrections: [Correction]
  /// What replaces tensors of the weights.
  public let replacements: [(String, Tensor)]
  /// What the corrections are multiplied by.
  public let scale: Float
  /// What the adapter is called in errors.
  public let source: String

  init(
    corrections: [Correction], replacements: [(String, Tensor)], scale: Float, source: String
  ) {
    self.corrections = corrections
    self.replacements = replacements
    self.scale = scale
    self.source = source
  }

  /// The tensors of an adapter under this project's or SAMed's names; `scale` is its corrections'.
  public init(_ file: Checkpoint, scale: Float) throws {
    let file = try file.withAdapterNames()
    var corrections: [Correction] = []
    var replacements: [(String, Tensor)] = []
    for name in file.names {
      if name.hasSuffix(".lora_A") {
        corrections.append(try AdapterTensors.correction(String(name.dropLast(7)), in: file))
      } else if name.hasSuffix(".lora_B") {
        guard file.contains("\(name.dropLast(1))A") else {
          throw ConversionError.notAnAdapter(file: file.source, reason: "\(name) lacks its lora_A")
        }
      } else {
        replacements.append((name, try file.tensor(name)))
      }
    }
    self.init(
      corrections: corrections, replacements: replacements, scale: scale, source: file.source)
  }

  private static func correction(
    _ path: String, in file: Checkpoint
  ) throws -> Correction {
    guard let first = file.shape(of: "\(path).lora_A"),
      let second = file.shape(of: "\(path).lora_B")
    else {
      throw ConversionError.notAnAdapter(
        file: file.source, reason: "\(path).lora_A lacks its lora_B")
    }
    guard first.count == 2, second.count == 2, first[0] == second[1], first[0] > 0 else {
      throw ConversionError.notAnAdapter(
        file: file.source, reason: "\(path) has lora_A \(first) and lora_B \(second)")
    }
    return Correction(
      path: path, a: try file.tensor("\(path).lora_A"), b: try file.tensor("\(path).lora_B"))
  }
}
