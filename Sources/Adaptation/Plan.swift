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

  /// The way to adapt.
  public var method: Method
  /// Whether mask tokens, hypernetworks and output upscaling learn; `frozen` is for `decoder-lora` and `encoder-lora`.
  public var heads: Heads
  /// The rank of the corrections.
  public var rank: Int
  /// What the corrections are multiplied by.
  public var scale: Double
  /// The layers corrected in the mask decoder's transformer.
  public var targets: [Target]
  /// The layers corrected in the image encoder; nil in files that are older than the choice, where the method decides
  /// on both.
  public private(set) var encoderTargets: [Target]?
  /// What fresh corrections hold; nil stands for `kaiming`, and so do adapter files, which keep no start.
  public var initialisation: Initialisation?
  /// The number of the image encoder's last blocks that `lora-last` corrects.
  public var lastBlocks: Int?
  /// The mask tokens of the classes; nil where SAM's own answer, to prompts that are given or learned.
  public var classHeads: ClassHeads?
  /// The learned prompts.
  public var promptTokens: PromptTokens?

  /// A plan; without class heads it is for prompted objects, without targets it corrects what its method does.
  public init(
    method: Method, heads: Heads = .trained, rank: Int = 4, scale: Double = 1,
    targets: [Target]? = nil, encoderTargets: [Target]? = nil, lastBlocks: Int? = nil,
    initialisation: Initialisation? = nil, classHeads: ClassHeads?,
    promptTokens: PromptTokens? = nil
  ) {
    self.method = method
    self.heads = heads
    self.rank = rank
    self.scale = scale
    self.targets = targets ?? method.targets
    self.encoderTargets = encoderTargets ?? method.encoderTargets
    self.lastBlocks = lastBlocks
    self.initialisation = initialisation
    self.classHeads = classHeads
    self.promptTokens = promptTokens
  }

  /// Whether the adapted model answers for classes by itself; else it is asked for one object by prompts.
  public var answersForClasses: Bool { classHeads != nil || promptTokens?.classes != nil }

  /// The first block of an image encoder of `depth` blocks that depends on what learns; `depth` where none does.
  func firstLearningBlock(ofDepth depth: Int) -> Int {
    switch method {
    case .decoderLora, .decoderFull, .promptDecoder, .linearProbe: depth
    case .loraLast: max(0, depth - (lastBlocks ?? depth))
    case .samed, .samedSmall, .encoderLora, .promptShallow, .promptDeep, .full, .unet: 0
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

  static let transformer = "mask_decoder.transformer."

  private static let headPrefixes = [
    "mask_decoder.mask_tokens.", "mask_decoder.output_hypernetworks_mlps.",
    "mask_decoder.output_upscaling.",
  ]
}
