public import Checkpoints
public import Tensors

/// The named step that gives a model a mask token for each class and one for the background.
///
/// The mask tokens, their hypernetworks and the head that predicts the IoU are replaced; everything else stays.
public struct ClassHeads: Codable, Equatable, Sendable {
  /// What the new heads are made of.
  public enum Start: String, Codable, Sendable, CaseIterable {
    /// Random numbers: tokens of the standard normal distribution, layers as PyTorch draws them, and a fresh IoU head, as
    /// SAMed does.
    case fresh
    /// The pretrained mask token 0, its hypernetwork and its row of the IoU head's last layer, for every class.
    case copy
    /// Those the model has from an earlier adaptation to the same classes, whose weights were merged.
    case keep
  }

  /// The metadata key under which the changed checkpoint says what was done.
  public static let metadataKey = "class_heads"

  /// The number of classes without the background.
  public var classes: Int
  /// What the new heads are made of.
  public var start: Start

  /// Heads for `classes` classes and the background.
  public init(classes: Int, start: Start) {
    precondition(classes > 0, "ClassHeads: \(classes) classes")
    self.classes = classes
    self.start = start
  }

  /// The checkpoint with new heads, or its own where they are kept; its metadata record this step.
  ///
  /// Each random tensor has its own sequence, split off by its name. What else is missing or too many stays so, and
  /// building the model reports it. Heads that are kept must be those of as many classes.
  public func applied(to checkpoint: Checkpoint, using random: Random) throws -> Checkpoint {
    var sizes = try Configuration(of: checkpoint)
    switch start {
    case .keep:
      guard sizes.maskTokens == classes + 1 else {
        throw CheckpointError.shape(
          key: "mask_decoder.mask_tokens.weight", expected: [classes + 1, sizes.promptWidth],
          found: [sizes.maskTokens, sizes.promptWidth], file: checkpoint.source)
      }
      return checkpoint
    case .copy:
      sizes.maskTokens = classes + 1
      return try replaced(in: checkpoint, sizes) { try ClassHeads.copied($0, from: checkpoint) }
    case .fresh:
      sizes.maskTokens = classes + 1
      let fans = Initialisation.fans(of: sizes.tensors)
      return try replaced(in: checkpoint, sizes) {
        Initialisation.value(of: $0, fans: fans, using: random.split($0.name))
      }
    }
  }

  /// The checkpoint with the values of heads of the given sizes.
  private func replaced(
    in checkpoint: Checkpoint, _ sizes: Configuration, by value: (TensorShape) throws -> Tensor
  ) throws -> Checkpoint {
    let heads = try sizes.tensors.filter { ClassHeads.replaces($0.name) }
      .map { ($0.name, try value($0)) }
    var metadata = checkpoint.metadata
    metadata[ClassHeads.metadataKey] = "\(start.rawValue) \(classes)"
    return try checkpoint.renamed { ClassHeads.replaces($0) ? nil : $0 }
      .replacing(heads, metadata: metadata)
  }

  /// Whether a tensor belongs to the heads.
  public static func replaces(_ name: String) -> Bool {
    heads.contains { name.hasPrefix($0) }
  }

  private static let hypernetworks = "mask_decoder.output_hypernetworks_mlps."
  private static let heads = [
    "mask_decoder.mask_tokens.", hypernetworks, "mask_decoder.iou_prediction_head.",
  ]

  /// The tensor's value where every class is the pretrained token 0.
  private static func copied(
    _ tensor: TensorShape, from checkpoint: Checkpoint
  ) throws(CheckpointError) -> Tensor {
    if tensor.name.hasPrefix(hypernetworks) {
      let rest = tensor.name.dropFirst(hypernetworks.count).drop { $0 != "." }
      return try checkpoint.tensor("\(hypernetworks)0\(rest)")
    }
    let old = try checkpoint.tensor(tensor.name)
    guard hasRowForEachToken(tensor.name, of: checkpoint) else { return old }
    let row = tensor.shape.dropFirst().reduce(1, *)
    guard old.shape.dropFirst() == tensor.shape.dropFirst(), old.count >= row else {
      throw .shape(
        key: tensor.name, expected: tensor.shape, found: old.shape, file: checkpoint.source)
    }
    return Tensor(unfilled: tensor.shape) { rows in
      old.withPointer { first in
        for index in 0..<tensor.shape[0] {
          (rows + index * row).update(from: first, count: row)
        }
      }
    }
  }

  /// Whether the tensor has a row for each mask token, as the tokens and the IoU head's last layer have.
  private static func hasRowForEachToken(_ name: String, of checkpoint: Checkpoint) -> Bool {
    let parts = name.split(separator: ".")
    guard parts.count == 5, let index = Int(parts[3]) else { return true }
    let next = "mask_decoder.iou_prediction_head.layers.\(index + 1).weight"
    return checkpoint.shape(of: next) == nil
  }
}
