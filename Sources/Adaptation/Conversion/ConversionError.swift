public import Failures

/// Why an adapter or a checkpoint cannot be converted.
public enum ConversionError: Failure, Equatable {
  /// A file whose tensors are not those of an adapter.
  case notAnAdapter(file: String, reason: String)
  /// A tensor of an adapter that the weights have no place for.
  case noPlace(key: String, file: String)
  /// A tensor of another program's adapter that the plan it looks like does not have.
  case noPlan(key: String, file: String, plan: String)
  /// A tensor of an adapter that the other program's layout cannot hold; the reason is a sentence's end.
  case targetLacks(target: String, key: String, file: String, reason: String)
  /// A correction whose shape does not fit the weights.
  case shape(key: String, expected: [Int], found: [Int], file: String)
  /// A rank that is not below an adapter's, or none.
  case rank(Int, present: Int, file: String)
  /// A conversion that needs an option or another file.
  case needs(what: String, reason: String)

  /// Wrong usage where an option lacks or asks for what cannot be, bad input otherwise.
  public var kind: FailureKind {
    switch self {
    case .needs, .rank: .usage
    default: .badInput
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .notAnAdapter(let file, let reason):
      "\(file) is not an adapter: \(reason)."
    case .noPlace(let key, let file):
      "\(file): the weights have no place for the tensor \(key); give the weights it was trained on."
    case .noPlan(let key, let file, let plan):
      "\(file) looks like an adapter of the kind \(plan), but that has no place for \(key); with --merge it can be "
        + "folded into the weights."
    case .targetLacks(let target, let key, let file, let reason):
      "\(file) cannot become an adapter of \(target), which has no place for \(key): \(reason)."
    case .shape(let key, let expected, let found, let file):
      "\(file): the correction \(key) has the shape \(found), but the weights ask for \(expected)."
    case .rank(let rank, let present, let file):
      "\(file) has corrections of rank \(present), which can be reduced to one from 1 to \(present), not to \(rank)."
    case .needs(let what, let reason):
      "Give \(what): \(reason)."
    }
  }
}
