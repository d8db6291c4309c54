public import Autodiff
public import Checkpoints
public import Layers

/// A Segment Anything model: image encoder, prompt encoder and mask decoder.
///
/// Kirillov et al., Segment Anything (2023). Every tensor of the checkpoint is claimed once, and none may be left over.
public final class Sam {
  /// The sizes.
  public let configuration: Configuration
  /// Turns an image into its embedding.
  public let imageEncoder: ImageEncoder
  /// Turns prompts into tokens.
  public let promptEncoder: PromptEncoder
  /// Turns an embedding and prompts into masks.
  public let maskDecoder: MaskDecoder
  /// All parameters and slots, by their paths in the checkpoint.
  public let inventory: Inventory

  /// The model of a checkpoint; the decoder has `decoderHeads` heads, else what the metadata says, else 8.
  public init(_ checkpoint: Checkpoint, decoderHeads: Int? = nil) throws {
    let configuration = try Configuration(of: checkpoint, decoderHeads: decoderHeads)
    let inventory = Inventory()
    let root = Scope(checkpoint, listing: inventory)
    imageEncoder = try ImageEncoder(root / "image_encoder", configuration)
    promptEncoder = try PromptEncoder(root / "prompt_encoder", configuration)
    maskDecoder = try MaskDecoder(root / "mask_decoder", configuration)
    try checkpoint.finish()
    self.configuration = configuration
    self.inventory = inventory
  }

  /// The masks of all tokens for prompts, from embeddings [B, g, g, C].
  ///
  /// One image serves all prompts, or each image has its own; without prompts every image is decoded by itself, which is
  /// how C classes are predicted. Coordinates are pixels of the encoder's image, whose side is g patches.
  ///
  /// With `classTokens` [K, C] these stand in for the mask tokens, and the first hypernetwork serves all of them. `guidance`
  /// says what to look for.
  public func masks(
    of embedding: Variable, prompts: [Prompt] = [], classTokens: Variable? = nil,
    guidance: Guidance? = nil
  ) -> MaskPrediction {
    let grid = embedding.shape[1]
    return maskDecoder(
      embedding: embedding, positions: promptEncoder.densePositions(grid: grid),
      prompts: promptEncoder(prompts, imageSize: grid * configuration.patch),
      classTokens: classTokens, guidance: guidance)
  }

  /// The masks [B, T, 4g, 4g] of all tokens for the embedding [1, g, g, C] of an image and prompts given as the tokens
  /// [B, n, C] that the prompt encoder would have made of them.
  public func masks(of embedding: Variable, promptTokens: Variable) -> MaskPrediction {
    let grid = embedding.shape[1]
    let none = promptEncoder([], imageSize: grid * configuration.patch)
    return maskDecoder(
      embedding: embedding, positions: promptEncoder.densePositions(grid: grid),
      prompts: PromptEncoding(sparse: promptTokens, dense: none.dense))
  }
}
