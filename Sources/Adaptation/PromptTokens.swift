import Layers
import Tensors

/// Learned prompts: tokens that the mask decoder takes where those of points and boxes would be, and tokens of the image
/// encoder.
///
/// Where a model has no heads for classes, each class has tokens of its own, with which SAM's own mask token answers for that
/// class; nothing else of the decoder has to change, and the background's logit is 0. Where it has heads, all of them share
/// the decoder's tokens of `ptsam`, and the methods of the encoder have none there. PTSAM (2025) tunes 2048 numbers in
/// ViT-B's decoder, eight tokens of width 256. Its initial values are not public; ours are given at the functions.
public struct PromptTokens: Codable, Equatable, Sendable {
  /// The number of classes with tokens of their own; nil where the model has heads for them.
  public var classes: Int?
  /// The number n of tokens of each class, and of those that join before a block of the image encoder.
  public var count: Int

  /// The number of tokens where nothing else is said.
  public static let standardCount = 8

  /// The most tokens of a class.
  public static let mostTokens = 1024

  /// Prompts of `count` tokens, for each of `classes` classes where the model has no heads for them.
  public init(classes: Int?, count: Int = standardCount) {
    precondition(
      classes ?? 1 > 0 && count > 0, "PromptTokens: \(classes ?? 0) classes, \(count) tokens")
    self.classes = classes
    self.count = count
  }

  /// What the decoder's tokens are called.
  static let name = "prompt_encoder.prompt_tokens"

  /// The decoder's tokens [classes, n, C], or [1, n, C] for all of them: near to the embedding of a point of the object, each
  /// with normal numbers of deviation 0.1 of its own added.
  func tokens(for inventory: Inventory, using random: Random) -> Parameter {
    guard let point = inventory.parameters["prompt_encoder.point_embeddings.1.weight"]?.value else {
      preconditionFailure("PromptTokens: a model without embeddings of points")
    }
    var random = random.split(PromptTokens.name)
    let classes = classes ?? 1
    let values = (0..<classes * count * point.count).map { index in
      point[flat: index % point.count] + 0.1 * random.normal()
    }
    return Parameter(PromptTokens.name, Tensor([classes, count, point.count], values))
  }

  /// The tokens [n, width] that join before a block, uniform in ±√(6 / (3 · patch² + width)).
  ///
  /// Jia et al., Visual Prompt Tuning (2022), section 3.2 and its published code.
  func tokens(for slot: TokenSlot, patch: Int, using random: Random) -> Parameter {
    let name = "\(slot.path).prompt_tokens"
    var random = random.split(name)
    let bound = (6 / Float(3 * patch * patch + slot.width)).squareRoot()
    let values = (0..<count * slot.width).map { _ in random.uniform(-bound, bound) }
    return Parameter(name, Tensor([count, slot.width], values))
  }
}

extension Plan.Method {
  /// Whether the method plugs low-rank corrections into layers.
  var isCorrection: Bool {
    switch self {
    case .decoderLora, .samed, .samedSmall, .encoderLora, .loraLast: true
    case .decoderFull, .promptDecoder, .promptShallow, .promptDeep, .full, .linearProbe, .unet:
      false
    }
  }

  /// Whether the method learns prompts of the classes.
  public var learnsPrompts: Bool {
    switch self {
    case .promptDecoder, .promptShallow, .promptDeep: true
    default: false
    }
  }

  /// Whether the mask decoder takes learned tokens, in a model with heads for classes or without.
  func promptsDecoder(hasHeads: Bool) -> Bool {
    self == .promptDecoder || learnsPrompts && !hasHeads
  }

  /// Whether what learns is a Segment Anything model, or a part of one.
  public var adaptsModel: Bool { self != .unet && self != .linearProbe }

  /// Whether the method starts from weights.
  public var needsWeights: Bool { self != .unet }

  /// The places in the image encoder where learned tokens join.
  func tokenSlots(of inventory: Inventory) -> [TokenSlot] {
    switch self {
    case .promptShallow: Array(inventory.tokenSlots.prefix(1))
    case .promptDeep: inventory.tokenSlots
    default: []
    }
  }
}
