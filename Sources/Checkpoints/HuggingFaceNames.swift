/// The names of Segment Anything's tensors in the official checkpoints and in Hugging Face's `SamModel`.
///
/// The table follows transformers' conversion script; it holds for every depth. Hugging Face keeps the position
/// matrix twice; the copy outside the prompt encoder is `sharedCopy`.
public struct HuggingFaceNames {
  /// Hugging Face's second copy of the position matrix.
  public static let sharedCopy = "shared_image_embedding.positional_embedding"

  /// Hugging Face's name of the position matrix inside the prompt encoder.
  public static let positionMatrix = "prompt_encoder.shared_embedding.positional_embedding"

  private let lastLayers: [String: Int]

  /// The table for the names of one checkpoint, which tell how deep its MLP heads are.
  public init(_ names: some Sequence<String>) {
    var highest: [String: Int] = [:]
    var projected: Set<String> = []
    for name in names {
      guard let part = HeadPart(name) else { continue }
      switch part.layer {
      case .numbered(let index): highest[part.head] = max(highest[part.head] ?? -1, index)
      case .first, .last: projected.insert(part.head)
      }
    }
    // Between Hugging Face's first and last layer the numbers begin anew.
    for head in projected { highest[head] = (highest[head] ?? -1) + 2 }
    lastLayers = highest
  }

  /// Whether names are Hugging Face's.
  public static func recognises(_ names: [String]) -> Bool {
    names.contains { $0.hasPrefix("vision_encoder.") || $0 == sharedCopy }
  }

  /// Hugging Face's name for an official one.
  public func huggingFace(_ name: String) -> String {
    if let part = HeadPart(name), case .numbered(let index) = part.layer {
      let last = lastLayers[part.head] ?? index
      let layer =
        index == 0 ? "proj_in" : index == last ? "proj_out" : "layers.\(index - 1)"
      return "\(part.head).\(layer).\(part.leaf)"
    }
    return replaced(name) { ($0.official, $0.huggingFace) }
  }

  /// The official name for Hugging Face's, or nil for the second copy of the position matrix.
  public func official(_ name: String) -> String? {
    if name == HuggingFaceNames.sharedCopy { return nil }
    if let part = HeadPart(name) {
      let last = lastLayers[part.head] ?? 0
      let index =
        switch part.layer {
        case .first: 0
        case .numbered(let index): index + 1
        case .last: last
        }
      return "\(part.head).layers.\(index).\(part.leaf)"
    }
    return replaced(name) { ($0.huggingFace, $0.official) }
  }

  private func replaced(
    _ name: String, _ direction: (Rename) -> (old: String, new: String)
  ) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    for rename in HuggingFaceNames.renames {
      let (old, new) = direction(rename)
      let pattern = old.split(separator: ".").map(String.init)
      let scope = rename.scope.split(separator: ".").map(String.init)
      let officialScope = scope == ["vision_encoder"] ? ["image_encoder"] : scope
      guard parts.starts(with: scope) || parts.starts(with: officialScope) else { continue }
      guard let place = parts.firstRange(of: pattern) else { continue }
      parts.replaceSubrange(place, with: new.split(separator: ".").map(String.init))
    }
    return parts.joined(separator: ".")
  }

  private struct Rename {
    let scope: String
    let official: String
    let huggingFace: String

    init(_ scope: String, _ official: String, _ huggingFace: String) {
      self.scope = scope
      self.official = official
      self.huggingFace = huggingFace
    }
  }

  private static let renames: [Rename] = [
    Rename("vision_encoder", "patch_embed.proj", "patch_embed.projection"),
    Rename("vision_encoder", "neck.0", "neck.conv1"),
    Rename("vision_encoder", "neck.1", "neck.layer_norm1"),
    Rename("vision_encoder", "neck.2", "neck.conv2"),
    Rename("vision_encoder", "neck.3", "neck.layer_norm2"),
    Rename("vision_encoder", "norm1", "layer_norm1"),
    Rename("vision_encoder", "norm2", "layer_norm2"),
    Rename("vision_encoder", "image_encoder.blocks", "vision_encoder.layers"),
    Rename("vision_encoder", "image_encoder", "vision_encoder"),
    Rename("prompt_encoder", "mask_downscaling.0", "mask_embed.conv1"),
    Rename("prompt_encoder", "mask_downscaling.1", "mask_embed.layer_norm1"),
    Rename("prompt_encoder", "mask_downscaling.3", "mask_embed.conv2"),
    Rename("prompt_encoder", "mask_downscaling.4", "mask_embed.layer_norm2"),
    Rename("prompt_encoder", "mask_downscaling.6", "mask_embed.conv3"),
    Rename("prompt_encoder", "point_embeddings", "point_embed"),
    Rename(
      "prompt_encoder", "pe_layer.positional_encoding_gaussian_matrix",
      "shared_embedding.positional_embedding"),
    Rename("mask_decoder", "output_upscaling.0", "upscale_conv1"),
    Rename("mask_decoder", "output_upscaling.1", "upscale_layer_norm"),
    Rename("mask_decoder", "output_upscaling.3", "upscale_conv2"),
    Rename("mask_decoder.transformer", "norm1", "layer_norm1"),
    Rename("mask_decoder.transformer", "norm2", "layer_norm2"),
    Rename("mask_decoder.transformer", "norm3", "layer_norm3"),
    Rename("mask_decoder.transformer", "norm4", "layer_norm4"),
    Rename("mask_decoder.transformer", "norm_final_attn", "layer_norm_final_attn"),
  ]
}

/// The name of a tensor in one of the decoder's MLP heads, taken apart.
private struct HeadPart {
  enum Layer {
    /// `layers.N`, which Hugging Face counts from the second layer.
    case numbered(Int)
    /// `proj_in`.
    case first
    /// `proj_out`.
    case last
  }

  let head: String
  let layer: Layer
  let leaf: String

  init?(_ name: String) {
    let parts = name.split(separator: ".").map(String.init)
    guard parts.first == "mask_decoder", parts.count >= 4 else { return nil }
    let isQuality = parts[1] == "iou_prediction_head"
    guard isQuality || parts[1] == "output_hypernetworks_mlps" else { return nil }
    let depth = isQuality ? 2 : 3
    guard parts.count > depth + 1 else { return nil }
    head = parts.prefix(depth).joined(separator: ".")
    switch parts[depth] {
    case "proj_in": layer = .first
    case "proj_out": layer = .last
    case "layers":
      guard parts.count > depth + 2, let index = Int(parts[depth + 1]) else { return nil }
      layer = .numbered(index)
    default: return nil
    }
    leaf = parts[parts.count - 1]
  }
}
