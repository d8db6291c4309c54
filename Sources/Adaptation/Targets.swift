import Layers
import SegmentAnything

extension Plan {
  /// A kind of layer that is corrected, in the image encoder or in the mask decoder's transformer.
  public enum Target: String, Choice {
    /// The projections of the queries.
    case q
    /// The projections of the keys.
    case k
    /// The projections of the values.
    case v
    /// The projections of what an attention found.
    case out
    /// All four projections of the attentions.
    case attention
    /// Both layers of the MLPs.
    case mlp

    /// The kinds without `attention`, which stands for four of them.
    static let single: [Target] = [.q, .k, .v, .out, .mlp]

    /// The shortest list that names exactly these kinds.
    static func shortest(_ kinds: Set<Target>) -> [Target] {
      let projections = single.prefix(4)
      guard projections.allSatisfy(kinds.contains) else { return single.filter(kinds.contains) }
      return [.attention] + single.dropFirst(4).filter(kinds.contains)
    }

    /// The kind of layer a correction's path ends in; nil where it is no layer of a transformer.
    init?(path: String) {
      guard path.hasPrefix(Plan.transformer) || path.hasPrefix(Plan.encoder) else { return nil }
      switch path.split(separator: ".").last {
      case "q", "q_proj": self = .q
      case "k", "k_proj": self = .k
      case "v", "v_proj": self = .v
      case "proj", "out_proj": self = .out
      default:
        guard path.contains(".mlp.") else { return nil }
        self = .mlp
      }
    }
  }

  /// A place where a low-rank correction belongs.
  struct Site {
    /// The slot of the layer.
    let slot: Slot
    /// The path of the layer, or of the part of a fused projection.
    let path: String
    /// The first corrected output.
    let column: Int
    /// The number of corrected outputs.
    let outputs: Int
  }

  /// Where corrections belong in a model, in the order of its layers.
  func sites(in inventory: Inventory) -> [Site] {
    inventory.slots.flatMap { slot in
      Plan.sites(of: slot).filter { site in
        guard let kind = Target(path: site.path) else { return correctsBeside(slot) }
        guard let block = Plan.block(of: slot) else {
          return correctedKinds(inEncoder: false).contains(kind)
        }
        return block >= firstLearningBlock(ofDepth: inventory.tokenSlots.count)
          && correctedKinds(inEncoder: true).contains(kind)
      }
    }
  }

  /// The kinds of layers corrected in the encoder or in the decoder's transformer.
  ///
  /// A plan that is older than the choice of the encoder's layers has what its method had then; of the decoder's there was
  /// a choice where there is a whole list of them.
  private func correctedKinds(inEncoder: Bool) -> [Target] {
    let targets =
      if let encoderTargets {
        inEncoder ? encoderTargets : self.targets
      } else {
        inEncoder
          ? method.encoderTargets : correctsAllKinds ? self.targets : method.targets
      }
    return targets.contains(.attention) ? targets + Target.single.prefix(4) : targets
  }

  /// The layer as one place, the fused projection of the encoder's queries, keys and values as three.
  private static func sites(of slot: Slot) -> [Site] {
    guard slot.path.hasPrefix(encoder), slot.path.hasSuffix(".attn.qkv") else {
      return [Site(slot: slot, path: slot.path, column: 0, outputs: slot.outputs)]
    }
    let width = slot.outputs / 3
    return ["q", "k", "v"].enumerated().map { part, name in
      Site(slot: slot, path: "\(slot.path).\(name)", column: part * width, outputs: width)
    }
  }

  /// The block of the image encoder a slot is in.
  private static func block(of slot: Slot) -> Int? {
    guard slot.path.hasPrefix(encoder) else { return nil }
    return slot.path.dropFirst(encoder.count).split(separator: ".").first.flatMap { Int($0) }
  }

  /// Whether the method is one that corrects the decoder in more than queries and values.
  private var correctsAllKinds: Bool { method == .decoderLora || method == .loraLast }

  /// Whether `decoder-lora` or `lora-last` corrects a layer that is in no transformer.
  private func correctsBeside(_ slot: Slot) -> Bool {
    guard correctsAllKinds else { return false }
    return switch slot.role {
    case .hypernetwork: heads == .frozen
    case .convolution, .embedding: slot.path.hasPrefix("prompt_encoder.") && classHeads == nil
    case .attention, .mlp, .quality: false
    }
  }

  static let encoder = "image_encoder.blocks."
}

extension Plan.Method {
  /// The layers that are corrected in the mask decoder's transformer where a plan does not say which.
  public var targets: [Plan.Target] {
    switch self {
    case .decoderLora, .loraLast: [.attention, .mlp]
    case .samedSmall: [.q, .v]
    case .samed, .encoderLora, .decoderFull, .promptDecoder, .promptShallow, .promptDeep, .full,
      .linearProbe, .unet:
      []
    }
  }

  /// The layers that are corrected in the image encoder where a plan does not say which.
  public var encoderTargets: [Plan.Target] {
    switch self {
    case .samed, .samedSmall, .encoderLora, .loraLast: [.q, .v]
    case .decoderLora, .decoderFull, .promptDecoder, .promptShallow, .promptDeep, .full,
      .linearProbe, .unet:
      []
    }
  }
}
