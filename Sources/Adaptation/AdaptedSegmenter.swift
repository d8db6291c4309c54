public import Autodiff
public import Layers
public import SegmentAnything
public import Tensors

/// The adapted model as what a recipe trains: where its frozen part ends, and how it answers from there.
extension AdaptedModel: PromptableSegmenter {
  /// All parameters and slots of the model.
  public var inventory: Inventory { model.inventory }

  /// The side of a patch in pixels.
  public var patch: Int { model.configuration.patch }

  /// The model's own side of an image.
  public var imageSize: Int { model.configuration.imageSize }

  /// The number format of the image encoder's frozen products.
  public var precision: Precision { model.imageEncoder.precision }

  /// The first block of the image encoder that depends on what learns; their number where none does.
  private var firstLearningBlock: Int {
    plan.firstLearningBlock(ofDepth: model.imageEncoder.blocks.count)
  }

  /// `neck` for the embedding, `block 9` for the tokens before a block, nil where the whole encoder learns.
  public var cut: String? {
    switch firstLearningBlock {
    case 0: nil
    case model.imageEncoder.blocks.count: "neck"
    case let block: "block \(block)"
    }
  }

  /// Four times the grid.
  public func outputSide(imageSize: Int) -> Int { 4 * imageSize / patch }

  /// The grid's sides, and the width of the embedding or of the encoder's tokens.
  public func frozenShape(imageSize: Int) -> [Int] {
    let sizes = model.configuration
    let isNeck = firstLearningBlock == model.imageEncoder.blocks.count
    return [imageSize / patch, imageSize / patch, isNeck ? sizes.promptWidth : sizes.width]
  }

  /// The embedding [g, g, C] of an image [3, S, S], or its tokens [g, g, width] before the first block that learns.
  public func frozen(_ image: Tensor) -> Tensor {
    let encoder = model.imageEncoder
    let block = firstLearningBlock
    let values =
      block == encoder.blocks.count ? encoder(image) : encoder.tokens(of: image, before: block)
    return values.value.reshaped(Array(values.shape.dropFirst()))
  }

  /// The embedding [1, g, g, C] from what is stored, or from the image.
  private func embedding(of content: SliceContent) -> Variable {
    switch content {
    case .stored(let values):
      let isNeck = firstLearningBlock == model.imageEncoder.blocks.count
      return isNeck
        ? Variable(values)
        : model.imageEncoder.embedding(from: Variable(values), block: firstLearningBlock)
    case .image(let image): return model.imageEncoder(image)
    }
  }

  /// The logits [1, C + 1, 4g, 4g] of the classes' mask tokens, or of SAM's own with the learned prompts of each class.
  public func logits(from content: SliceContent) -> Variable {
    let embedding = embedding(of: content)
    guard let tokens = decoderTokens?.variable else { return model.masks(of: embedding).masks }
    let masks = model.masks(of: embedding, promptTokens: tokens).masks
    guard plan.classHeads == nil else { return masks }
    let (classes, side) = (masks.shape[0], masks.shape[3])
    let own = reshape(slice(masks, axis: 1, 0..<1), [1, classes, side, side])
    return concatenate([Variable(Tensor(zeros: [1, 1, side, side])), own], axis: 1)
  }

  /// The mask of token 0, which is SAM's answer to an unambiguous prompt.
  public func masks(from content: SliceContent, prompt: Prompt) -> MaskPrediction {
    model.masks(of: embedding(of: content), prompts: [prompt]).chosen(multimask: false)
  }

  /// Computes the image encoder's frozen products in a number format.
  public func compute(in precision: Precision, forTraining: Bool) {
    model.imageEncoder.compute(
      in: precision, trainingFrom: forTraining ? firstLearningBlock : nil)
  }

  /// Lets the way back compute so many of the encoder's blocks again that the others keep no more than the bytes given.
  public func limitMemory(toBytesPerImage bytes: Int, imageSize: Int) {
    let encoder = model.imageEncoder
    let fitting = bytes / max(1, encoder.keptBytesPerBlock(imageSize: imageSize))
    encoder.recomputedBlocks = max(0, encoder.blocks.count - fitting)
  }

  /// What the encoder's learning blocks keep, those excepted that are computed again.
  public func keptBytes(imageSize: Int) -> Int {
    let encoder = model.imageEncoder
    return (encoder.blocks.count - max(encoder.recomputedBlocks, firstLearningBlock))
      * encoder.keptBytesPerBlock(imageSize: imageSize)
  }
}
