/// The sizes of a Segment Anything model, all of which are read off a checkpoint's shapes but the decoder's heads.
public struct Configuration: Codable, Equatable, Sendable {
  /// The side of a square image in pixels.
  public var imageSize: Int
  /// The side of a patch in pixels.
  public var patch: Int
  /// The colours of an image.
  public var channels: Int
  /// The width of the encoder's tokens.
  public var width: Int
  /// The number of the encoder's blocks.
  public var depth: Int
  /// The heads of the encoder's attention.
  public var heads: Int
  /// The inner width of the encoder's MLPs.
  public var mlpWidth: Int
  /// The side of an attention window in tokens; 0 where every block is global.
  public var window: Int
  /// The blocks whose attention reaches over the whole image.
  public var globalBlocks: [Int]
  /// The width of the embedding, the prompts and the decoder.
  public var promptWidth: Int
  /// The channels of the prompt encoder's second mask convolution.
  public var maskChannels: Int
  /// The number of mask tokens: the single mask and the choices of `multimask`.
  public var maskTokens: Int
  /// The number of the decoder's two-way blocks.
  public var decoderDepth: Int
  /// The heads of the decoder's attention, which no shape tells.
  public var decoderHeads: Int
  /// The inner width of the decoder's cross attention.
  public var crossWidth: Int
  /// The inner width of the decoder's MLPs.
  public var decoderMLPWidth: Int
  /// The layers of the head that predicts the IoU.
  public var qualityDepth: Int
  /// The inner width of the head that predicts the IoU.
  public var qualityWidth: Int

  /// The sizes of the official model ViT-B.
  public static let vitB = Configuration(
    imageSize: 1024, patch: 16, channels: 3, width: 768, depth: 12, heads: 12, mlpWidth: 3072,
    window: 14, globalBlocks: [2, 5, 8, 11], promptWidth: 256, maskChannels: 16, maskTokens: 4,
    decoderDepth: 2, decoderHeads: 8, crossWidth: 128, decoderMLPWidth: 2048, qualityDepth: 3,
    qualityWidth: 256)

  /// A model of the given sizes.
  public init(
    imageSize: Int, patch: Int = 16, channels: Int = 3, width: Int, depth: Int, heads: Int,
    mlpWidth: Int, window: Int, globalBlocks: [Int], promptWidth: Int, maskChannels: Int = 16,
    maskTokens: Int = 4, decoderDepth: Int = 2, decoderHeads: Int = 8, crossWidth: Int,
    decoderMLPWidth: Int, qualityDepth: Int = 3, qualityWidth: Int
  ) {
    self.imageSize = imageSize
    self.patch = patch
    self.channels = channels
    self.width = width
    self.depth = depth
    self.heads = heads
    self.mlpWidth = mlpWidth
    self.window = window
    self.globalBlocks = globalBlocks
    self.promptWidth = promptWidth
    self.maskChannels = maskChannels
    self.maskTokens = maskTokens
    self.decoderDepth = decoderDepth
    self.decoderHeads = decoderHeads
    self.crossWidth = crossWidth
    self.decoderMLPWidth = decoderMLPWidth
    self.qualityDepth = qualityDepth
    self.qualityWidth = qualityWidth
  }

  /// The side of the encoder's grid of tokens at the model's own image size.
  public var grid: Int { imageSize / patch }

  /// The window of a block's attention, 0 where it is global.
  public func window(ofBlock block: Int) -> Int { globalBlocks.contains(block) ? 0 : window }

  /// The widths of the layers of a hypernetwork: from a mask token to the weights of one mask.
  var hypernetworkWidths: [Int] { [promptWidth, promptWidth, promptWidth, promptWidth / 8] }

  /// The widths of the layers of the head that predicts the IoU.
  var qualityWidths: [Int] {
    [promptWidth] + Array(repeating: qualityWidth, count: qualityDepth - 1) + [maskTokens]
  }

  /// The model's own directions of the positional encoding, half as many as it has channels.
  var positionDirections: Int { promptWidth / 2 }
}
