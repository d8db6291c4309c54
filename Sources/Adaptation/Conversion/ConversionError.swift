public import Failures

/// Why an adapter or a checkpoint cannot be converted.
public enum ConversionError: Failure, Equatable {
  /// A file whose tensors are not those of an adapter.
  case notAnAdapter(file: String, reason: String)
  /// A tensor of an adapter that the weights have no place for.
  case noPlace(key: String, file: String)
  /// A correction whose shape does not fit the weights.
  case shape(key: String, expected: [Int], found: [Int], file: String)
  /// A conversion that needs an option or another file.
  case needs(what: String, reason: String)

  /// Wrong usage where an option lacks, bad input otherwise.
  public var kind: FailureKind {
    if case .needs = self { return .usage }
    return .badInput
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .notAnAdapter(let file, let reason):
      "\(file) is not an adapter: \(reason)."
    case .noPlace(let key, let file):
      "\(file): the weights have no place for the tensor \(key); give the weights it was trained on."
    case .shape(let key, let expected, let found, let file):
      "\(file): the correction \(key) has the shape \(found), but the weights ask for \(expected)."
    case .needs(let what, let reason):
      "Give \(what): \(reason)."
    }
  }
}
