public import Failures

/// Why masks cannot be compared or a report cannot be made.
public enum ReportError: Failure, Equatable {
  /// A file or folder that is named does not exist or holds no masks.
  case missing(path: String, reason: String)
  /// Cases of one side have no counterpart.
  case unmatched(cases: [String], path: String, other: String)
  /// A case cannot be compared.
  case incomparable(case: String, reason: String)
  /// A file has the centre of no case at all.
  case unplaced(path: String, example: String)
  /// Evaluations cannot be compared with each other.
  case incompatible(evaluations: [String], reason: String)
  /// Scores cannot be put together under a policy.
  case unfit(policy: String, reason: String)
  /// A file of a run or evaluation is damaged.
  case malformed(path: String, reason: String)

  /// Bad input, all of it.
  public var kind: FailureKind { .badInput }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .missing(let path, let reason): "\(path): \(reason)."
    case .unmatched(let cases, let path, let other):
      "\(path) has no mask for \(ReportError.list(cases)) of \(other). Cases match by file name "
        + "without its ending; give both sides the same cases."
    case .incomparable(let name, let reason): "case \(name): \(reason)."
    case .unplaced(let path, let example):
      "\(path) has the centre of no case of the evaluation, such as \(example). Cases are named as their "
        + "masks, without the ending."
    case .incompatible(let evaluations, let reason):
      "the evaluations \(evaluations.joined(separator: ", ")) cannot be compared: \(reason)."
    case .unfit(let policy, let reason): "the policy \(policy) does not fit: \(reason)."
    case .malformed(let path, let reason): "\(path): \(reason)."
    }
  }

  private static func list(_ cases: [String]) -> String {
    let shown = cases.prefix(5).joined(separator: ", ")
    let rest = cases.count > 5 ? " and \(cases.count - 5) more" : ""
    return (cases.count == 1 ? "the case " : "the cases ") + shown + rest
  }
}
