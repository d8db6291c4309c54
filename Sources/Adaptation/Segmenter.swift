public import Autodiff
public import Checkpoints
public import Layers
public import SegmentAnything
public import Tensors

/// A network that gives each pixel of a prepared image a logit for each class.
public protocol Segmenter: AnyObject {
  /// The side of a patch in pixels: images have whole patches.
  var patch: Int { get }

  /// The logits [K, s, s], class 0 the background, of an image [3, S, S]; any thread may ask.
  func logits(of image: Tensor) -> Tensor
}

/// A segmenter to which it matters where in its volume a slice lies.
public protocol PlacedSegmenter: Segmenter {
  /// The logits [K, s, s] of an image [3, S, S] at a place of its volume, from 0 to 1; nil for a picture.
  func logits(of image: Tensor, place: Float?) -> Tensor
}

/// What a step takes of an image.
public enum SliceContent {
  /// What the frozen part of the network made of it, with a first axis of one.
  case stored(Tensor)
  /// The network's input [3, S, S].
  case image(Tensor)
}

/// A segmenter that a recipe trains.
///
/// Where its first layers are frozen, what they make of an image is computed once and stored.
public protocol LearningSegmenter: Segmenter {
  /// What learns.
  var plan: Plan { get }
  /// The SHA-256 of the weights it starts from.
  var baseSHA256: String { get }
  /// All parameters and slots.
  var inventory: Inventory { get }
  /// What it has that the weights it started from have not: what an adapter holds.
  var changes: [(String, Tensor)] { get }
  /// Its own side of an image in pixels.
  var imageSize: Int { get }
  /// The number format of its frozen products.
  var precision: Precision { get }
  /// The name of the last frozen place, whose values are stored; nil where everything depends on what learns.
  var cut: String? { get }

  /// The side of the logits of images of a size.
  func outputSide(imageSize: Int) -> Int

  /// The shape of what is stored of an image of a size.
  func frozenShape(imageSize: Int) -> [Int]

  /// What the frozen layers make of an image [3, S, S]: what is stored, of shape `frozenShape`.
  func frozen(_ image: Tensor) -> Tensor

  /// The logits [1, K, s, s] of an image.
  func logits(from content: SliceContent) -> Variable

  /// Computes frozen products in a number format, as far as the processor can.
  ///
  /// Gradients will pass through those that come after what learns first, where `forTraining`.
  func compute(in precision: Precision, forTraining: Bool)

  /// Lets the way back compute again what does not fit: the layers before the logits keep at most so many bytes of an
  /// image of a size.
  func limitMemory(toBytesPerImage bytes: Int, imageSize: Int)

  /// About how many bytes the layers that learn before the stored place keep of an image of a size for the way back.
  func keptBytes(imageSize: Int) -> Int

  /// Replaces parameters by a file's tensors of the same name, strictly.
  func fill(from file: Checkpoint) throws
}

extension LearningSegmenter {
  /// The parameters that learn, in the order of the network.
  public var learning: [Parameter] { inventory.parameters.learning }

  /// The number of scalars that learn.
  public var learningCount: Int { learning.reduce(0) { $0 + $1.value.count } }

  /// Ends all learning: nothing is kept for a way back any more.
  public func freeze() {
    for parameter in learning { parameter.learns = false }
  }

  /// The number of all scalars.
  public var count: Int { inventory.parameters.reduce(0) { $0 + $1.value.count } }

  /// The logits [K, s, s] of an image [3, S, S].
  public func logits(of image: Tensor) -> Tensor {
    let logits = logits(from: .image(image)).value
    return logits.reshaped(Array(logits.shape.dropFirst()))
  }
}

/// A segmenter that also answers prompts about one object.
public protocol PromptableSegmenter: LearningSegmenter {
  /// The masks [1, T, s, s] and their expected IoU of one prompt about an image.
  func masks(from content: SliceContent, prompt: Prompt) -> MaskPrediction
}
