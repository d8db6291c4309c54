public import Adaptation
public import Autodiff
public import Checkpoints
public import Layers
import SegmentAnything
public import Tensors

/// A U-Net that a recipe trains from random weights: what the exemplars teach without a Segment Anything model.
///
/// It sees the same prepared images as the other methods, three channels of one size, and answers for each pixel.
public final class UNetSegmenter: LearningSegmenter {
  /// What learns.
  public let plan: Plan
  /// The side of an image where a recipe names none.
  public let imageSize: Int
  private let network: UNet

  /// What stands for the SHA-256 of the weights it starts from.
  public static let noWeights = "none"

  /// A network for a plan with classes, drawn as PyTorch draws it.
  public init(plan: Plan, imageSize: Int, using random: Random) throws {
    guard let classes = plan.classHeads?.classes else {
      preconditionFailure("UNetSegmenter: a plan without classes")
    }
    self.plan = plan
    self.imageSize = imageSize
    network = try UNet(
      UNet.initialised(classes: classes + 1, using: random), classes: classes + 1)
    for parameter in network.inventory.parameters { parameter.learns = true }
  }

  /// There are no weights it starts from.
  public var baseSHA256: String { UNetSegmenter.noWeights }

  /// The network's parameters.
  public var inventory: Inventory { network.inventory }

  /// All of them.
  public var changes: [(String, Tensor)] { inventory.parameters.map { ($0.name, $0.value) } }

  /// Images are halved four times.
  public var patch: Int { UNet.divisor }

  /// Everything learns, in single precision.
  public var precision: Precision { .f32 }

  /// Nothing is frozen.
  public var cut: String? { nil }

  /// A logit for each pixel.
  public func outputSide(imageSize: Int) -> Int { imageSize }

  /// Nothing is frozen, so that what is stored is the image.
  public func frozenShape(imageSize: Int) -> [Int] { [3, imageSize, imageSize] }

  /// The image.
  public func frozen(_ image: Tensor) -> Tensor { image }

  /// The logits [1, K, S, S].
  public func logits(from content: SliceContent) -> Variable {
    switch content {
    case .image(let image): network(image)
    case .stored(let image): network(image.reshaped(Array(image.shape.suffix(3))))
    }
  }

  /// Nothing is frozen, and what learns stays in single precision.
  public func compute(in precision: Precision, forTraining: Bool) {}

  /// Everything is kept: a step of a U-Net takes far less memory than one of an image encoder.
  public func limitMemory(toBytesPerImage bytes: Int, imageSize: Int) {}

  /// The inputs of all convolutions and norms.
  public func keptBytes(imageSize: Int) -> Int {
    UNet.keptFloatsPerPixel * imageSize * imageSize * 4
  }

  /// Replaces parameters by a file's tensors of the same name, strictly.
  public func fill(from file: Checkpoint) throws {
    _ = try inventory.parameters.fill(from: file)
  }
}
