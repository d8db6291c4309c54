public import Failures

/// Why a checkpoint is not a Segment Anything model, or not a usable one.
public enum ConfigurationError: Failure, Equatable {
  /// A tensor that tells a size is absent.
  case missing(key: String, file: String)
  /// A tensor that tells a size has another number of axes, or extents that no model has.
  case shape(key: String, expected: String, found: [Int], file: String)
  /// The number of the decoder's heads does not divide its widths.
  case decoderHeads(Int, width: Int, file: String)
  /// The image size asked for does not fit the patches.
  case imageSize(Int, patch: Int)

  /// The checkpoint or the number asked for is at fault.
  public var kind: FailureKind {
    switch self {
    case .missing, .shape: .badInput
    case .decoderHeads, .imageSize: .usage
    }
  }

  /// A sentence for the user.
  public var description: String {
    switch self {
    case .missing(let key, let file):
      "\(file) is not a Segment Anything model: the tensor \(key) is missing. Keys must be those of "
        + "the official checkpoints; graft convert translates Hugging Face names."
    case .shape(let key, let expected, let found, let file):
      "\(file): the tensor \(key) has the shape \(found), which no Segment Anything model has; "
        + "expected \(expected)."
    case .decoderHeads(let heads, let width, let file):
      "\(file): \(heads) heads do not divide the decoder's width \(width); say how many there are "
        + "with --decoder-heads."
    case .imageSize(let size, let patch):
      "The image size \(size) is not a positive multiple of the model's patch size \(patch)."
    }
  }
}
