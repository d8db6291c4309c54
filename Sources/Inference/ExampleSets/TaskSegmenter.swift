public import Adaptation
import Autodiff
public import Tensors

/// Segments images by a task's exemplars: one encoding and one pass of the decoder an image.
public final class TaskSegmenter: PlacedSegmenter {
  /// The network.
  public let network: ExampleSetNetwork
  /// The exemplar slices of which each image looks at some.
  public let exemplars: [ExampleSlice]
  /// How they are looked at.
  public let settings: ExampleSetSettings

  /// A segmenter of parts.
  public init(
    network: ExampleSetNetwork, exemplars: [ExampleSlice], settings: ExampleSetSettings
  ) {
    self.network = network
    self.exemplars = exemplars
    self.settings = settings
  }

  /// The side of a patch in pixels.
  public var patch: Int { network.model.patch }

  /// The logits of a picture, which lies in no volume.
  public func logits(of image: Tensor) -> Tensor { logits(of: image, place: nil) }

  /// The logits of a slice: the most similar exemplars are looked at, and those at a like place of their volumes more.
  public func logits(of image: Tensor, place: Float?) -> Tensor {
    let query = ExampleQuery(embedding: network.embedding(of: image), place: place)
    let logits = network.logits(of: query, among: exemplars, settings: settings).value
    return logits.reshaped(Array(logits.shape.dropFirst()))
  }
}
