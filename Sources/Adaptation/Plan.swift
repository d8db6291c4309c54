import Layers
public import SegmentAnything

/// Which parameters of a model learn, and which corrections are plugged in where.
///
/// A plan is written into the adapter it leads to, so that the same corrections can be plugged in again.
public struct Plan: Codable, Equatable, Sendable {
  /// A way to adapt a model.
  public enum Method: String, Choice {
    /// Low-rank corrections of the attention projections and MLPs of the mask decoder's transformer, and the heads.
    ///
    /// With prompts also of the prompt encoder's mask convolutions and point embeddings.
    case decoderLora = "decoder-lora"
    /// Low-rank corrections of the queries and values of the image encoder; prompt encoder and mask decoder whole.
    ///
    /// Zhang and Liu, Customized Segment Anything Model for Medical Image Segmentation (2023).
    case samed
    /// SAMed's smaller sibling: low-rank corrections also in place of the decoder's whole transformer, there of the
    /// queries and values of every attention; prompt encoder and the rest of the mask decoder whole.
    case samedSmall = "samed-s"
    /// SAMed's corrections of the image encoder alone, and the heads of classes where there are any.
    case encoderLora = "encoder-lora"
    /// Prompt encoder and mask decoder whole; the image encoder stays.
    case decoderFull = "decoder-full"
    /// Low-rank corrections of the queries and values of the image encoder's last blocks, and what `decoder-lora` has.
    case loraLast = "lora-last"
    /// Learned prompt tokens of each class for the mask decoder; nothing else learns (PTSAM).
    case promptDecoder = "ptsam"
    /// Learned tokens before the image encoder's first block, carried through all, and those of `ptsam`.
    case promptShallow = "vpt-shallow"
    /// Learned tokens before each of the image encoder's blocks, and those of `ptsam`.
    case promptDeep = "vpt-deep"
    /// Image encoder, prompt encoder and mask decoder whole.
    case full
    /// A linear map of the image encoder's embedding to the classes; the decoder takes no part.
    case linearProbe = "linear-probe"
    /// A 2-D U-Net from random weights; no part of a Segment Anything model is in it.
    case unet
  }

  /// Whether mask tokens, hypernetworks and output upscaling learn.
  public enum Heads: String, Choice {
    /// They learn.
    case trained
    /// They stay; with `decoder-lora` hypernetworks get low-rank corrections.
    case frozen
  }

  /// A kind of layer of the mask decoder's transformer that is corrected.
  public enum Target: String, Choice {
    /// Query, key, value and output projections.
    case attention
    /// Both layers of the MLP.
    case mlp
  }

  /// The way to adapt.
  public var method: Method
  /// Whether mask tokens, hypernetworks and output upscaling learn; `frozen` is for `decoder-lora` and `encoder-lora`.
  public var heads: Heads
  /// The rank of the corrections.
  public var rank: Int
  /// What the corrections are multiplied by.
  public var scale: Double
  /// The layers `decoder-lora` corrects in the mask decoder's transformer.
  public var targets: [Target]
  /// The number of the image encoder's last blocks that `lora-last` corrects.
  public var lastBlocks: Int?
  /// The mask tokens of the classes; nil where prompts are given or learned and SAM's own tokens are used.
  public var classHeads: ClassHeads?
  /// The learned prompts of the classes, with which SAM's own mask token answers for each class.
  public var classPrompts: ClassPrompts?

  /// A plan; without class heads it is for prompted objects.
  public init(
    method: Method, heads: Heads = .trained, rank: Int = 4, scale: Double = 1,
    targets: [Target] = [.attention, .mlp], lastBlocks: Int? = nil, classHeads: ClassHeads?,
    classPrompts: ClassPrompts? = nil
  ) {
    self.method = method
    self.heads = heads
    self.rank = rank
    self.scale = scale
    self.targets = targets
    self.lastBlocks = lastBlocks
    self.classHeads = classHeads
    self.classPrompts = classPrompts
  }

  /// Whether the adapted model answers for classes by itself; else it is asked for one object by prompts.
  public var answersForClasses: Bool { classHeads != nil || classPrompts != nil }

  /// The first block of an image encoder of `depth` blocks that depends on what learns; `depth` where none does.
  func firstLearningBlock(ofDepth depth: Int) -> Int {
    switch method {
    case .decoderLora, .decoderFull, .promptDecoder, .linearProbe: depth
    case .loraLast: max(0, depth - (lastBlocks ?? depth))
    case .samed, .samedSmall, .encoderLora, .promptShallow, .promptDeep, .full, .unet: 0
    }
  }

  /// A place where a low-rank correction belongs.
  struct Site {
    let slot: Slot
    let path: String
    let column: Int
    let outputs: Int
  }

  /// Where corrections belong in a model, in the order of its layers.
  func sites(in inventory: Inventory) -> [Site] {
    switch method {
    case .decoderFull, .promptDecoder, .promptShallow, .promptDeep, .full, .linearProbe, .unet: []
    case .samed, .encoderLora: inventory.slots.flatMap(querySites)
    case .samedSmall:
      inventory.slots.flatMap(querySites) + inventory.slots.filter(isQueryInDecoder).map(wholeSite)
    case .decoderLora:
      inventory.slots.filter(isCorrectedInDecoder).map(wholeSite)
    case .loraLast:
      inventory.slots.filter { isInLastBlocks($0, of: inventory.tokenSlots.count) }
        .flatMap(querySites) + inventory.slots.filter(isCorrectedInDecoder).map(wholeSite)
    }
  }

  /// Whether a slot is in one of the last blocks of an image encoder of `depth` blocks.
  private func isInLastBlocks(_ slot: Slot, of depth: Int) -> Bool {
    let parts = slot.path.split(separator: ".")
    guard parts.count > 2, parts[0] == "image_encoder", let block = Int(parts[2]) else {
      return false
    }
    return block >= firstLearningBlock(ofDepth: depth)
  }

  /// The queries and values of a fused projection of the image encoder.
  private func querySites(_ slot: Slot) -> [Site] {
    guard slot.path.hasPrefix("image_encoder."), slot.path.hasSuffix(".attn.qkv") else { return [] }
    let width = slot.outputs / 3
    return [("q", 0), ("v", 2 * width)].map {
      Site(slot: slot, path: "\(slot.path).\($0.0)", column: $0.1, outputs: width)
    }
  }

  private func wholeSite(_ slot: Slot) -> Site {
    Site(slot: slot, path: slot.path, column: 0, outputs: slot.outputs)
  }

  /// Whether a slot makes the queries or values of one of the decoder's attentions.
  private func isQueryInDecoder(_ slot: Slot) -> Bool {
    slot.path.hasPrefix(Plan.transformer)
      && (slot.path.hasSuffix(".q_proj") || slot.path.hasSuffix(".v_proj"))
  }

  private func isCorrectedInDecoder(_ slot: Slot) -> Bool {
    switch slot.role {
    case .attention:
      slot.path.hasPrefix(Plan.transformer) && targets.contains(.attention)
    case .mlp: slot.path.hasPrefix(Plan.transformer) && targets.contains(.mlp)
    case .hypernetwork: heads == .frozen
    case .convolution, .embedding: slot.path.hasPrefix("prompt_encoder.") && classHeads == nil
    case .quality: false
    }
  }

  /// Whether a parameter of the base model learns.
  func trains(_ name: String) -> Bool {
    switch method {
    case .samed, .decoderFull:
      name.hasPrefix("prompt_encoder.") || name.hasPrefix("mask_decoder.")
    case .samedSmall:
      name.hasPrefix("prompt_encoder.")
        || name.hasPrefix("mask_decoder.") && !name.hasPrefix(Plan.transformer)
    case .promptDecoder, .promptShallow, .promptDeep, .linearProbe, .unet: false
    case .full: true
    case .decoderLora, .encoderLora, .loraLast:
      heads == .trained && Plan.headPrefixes.contains { name.hasPrefix($0) }
    }
  }

  private static let transformer = "mask_decoder.transformer."

  private static let headPrefixes = [
    "mask_decoder.mask_tokens.", "mask_decoder.output_hypernetworks_mlps.",
    "mask_decoder.output_upscaling.",
  ]
}
