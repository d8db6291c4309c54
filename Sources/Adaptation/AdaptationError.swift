public import Failures

/// Why a plan or an adapter cannot be used.
public enum AdaptationError: Failure, Equatable {
  /// No layer of the model is one that the plan corrects.
  case matchesNothing(method: String, file: String)
  /// More blocks are to be corrected than the image encoder has.
  case tooManyBlocks(asked: Int, found: Int, file: String)
  /// No parameter would learn.
  case trainsNothing(method: String)
  /// A tensor of a file has no parameter of its name.
  case unmatched(key: String, file: String, learned: String)
  /// A frozen random head that no file fills.
  case unfilled(key: String)
  /// A file's correction where corrections start from the weights.
  case started(key: String, file: String)
  /// A layer of which LAPACK finds no singular values.
  case notDecomposed(key: String, file: String)
  /// A file that is no adapter.
  case notAnAdapter(file: String, reason: String)
  /// An adapter made for other base weights.
  case foreignBase(adapter: String, expected: String, weights: String, found: String)
  /// An adapter whose network is no adapted Segment Anything model.
  case otherNetwork(adapter: String, method: String)
  /// Weights were needed and not given.
  case needsWeights(method: String)
  /// An adapter without a tensor its plan needs.
  case incomplete(adapter: String, key: String)

  /// The class of the failure.
  public var kind: FailureKind {
    switch self {
    case .trainsNothing, .unfilled, .tooManyBlocks, .otherNetwork, .needsWeights, .started: .usage
    case .notDecomposed: .numbers
    default: .badInput
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .matchesNothing(let method, let file):
      "\(file): no layer of this model is one that the method \(method) corrects."
    case .tooManyBlocks(let asked, let found, let file):
      "lora.last is \(asked), but the image encoder of \(file) has \(found) blocks; give at most as many."
    case .trainsNothing(let method):
      "The method \(method) with these settings trains nothing; choose heads trained or other targets."
    case .unmatched(let key, let file, let learned):
      """
      \(file): the tensor \(key) has no place in the adapted model. Names are the checkpoint's keys and those of \
      corrections\(learned.isEmpty ? "." : ", such as \(learned).")
      """
    case .unfilled(let key):
      """
      classes are frozen and fresh, and no file of initial holds \(key): it would stay random. Give it in \
      initial, start from a copy, or train the heads.
      """
    case .started(let key, let file):
      """
      \(file): the tensor \(key) would replace a correction that starts from the weights; leave out lora.init: \
      pissa, or the file.
      """
    case .notDecomposed(let key, let file):
      """
      \(file): the singular values of \(key) were not found, as its numbers are too large or too small. Without \
      lora.init: pissa none are needed.
      """
    case .notAnAdapter(let file, let reason): "\(file) is not an adapter of graft: \(reason)."
    case .foreignBase(let adapter, let expected, let weights, let found):
      """
      \(adapter) was trained on weights with SHA-256 \(expected), but \(weights) has \(found). Give the weights it \
      was trained on.
      """
    case .otherNetwork(let adapter, let method):
      """
      \(adapter) was trained by the method \(method) and is no correction of a Segment Anything model, so it can be used \
      by graft predict and be neither merged nor converted.
      """
    case .needsWeights(let method):
      "The method \(method) starts from weights. Name a checkpoint with --weights."
    case .incomplete(let adapter, let key):
      "\(adapter): the tensor \(key), which its plan needs, is missing."
    }
  }
}
