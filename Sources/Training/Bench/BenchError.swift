public import Failures

/// What is wrong with a bench: its plan, its folder, or what became of its cells.
public enum BenchError: Failure, Equatable {
  /// The file is no YAML mapping.
  case syntax(file: String, reason: String)
  /// A key that plans do not have.
  case unknownKey(file: String, key: String, nearest: String?)
  /// A key that must be there.
  case missing(file: String, key: String)
  /// A value a key cannot have.
  case value(file: String, key: String, found: String, expected: String)
  /// What does not go together; the reason is a whole sentence.
  case conflict(file: String, reason: String)
  /// The user asked to stop.
  case interrupted(cell: String, done: Int, total: Int)
  /// Cells have no result yet.
  case incomplete(missing: [String], total: Int)
  /// Cells whose method failed on them; the kind is that of the first failure.
  case failed(cells: [String], reason: String, kind: FailureKind)
  /// A folder holds no results, or other ones.
  case results(path: String, reason: String)

  /// Wrong usage for plans; cells and folders speak for themselves.
  public var kind: FailureKind {
    switch self {
    case .syntax, .unknownKey, .missing, .value, .conflict: .usage
    case .interrupted, .incomplete: .interrupted
    case .failed(_, _, let kind): kind
    case .results: .badInput
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .syntax(let file, let reason): "\(file) is not a plan: \(reason)"
    case .unknownKey(let file, let key, let nearest):
      "\(file): plans have no key \"\(key)\"\(nearest.map { "; did you mean \"\($0)\"?" } ?? ".")"
    case .missing(let file, let key): "\(file): the key \"\(key)\" is missing."
    case .value(let file, let key, let found, let expected):
      "\(file): \(key) is \(found); expected \(expected)."
    case .conflict(let file, let reason): "\(file): \(reason)"
    case .interrupted(let cell, let done, let total):
      "Interrupted in \(cell), of which nothing is kept; \(done) of \(total) cells are done. "
        + "The same command does the rest."
    case .incomplete(let missing, let total):
      "\(missing.count) of \(total) cells have no result yet: \(BenchError.listed(missing)). "
        + "The same command without --merge runs them."
    case .failed(let cells, let reason, _):
      "\(cells.count) cells failed: \(BenchError.listed(cells)). The first says: \(reason) "
        + "The same command tries them again."
    case .results(let path, let reason): "\(path): \(reason)."
    }
  }

  private static func listed(_ names: [String]) -> String {
    let shown = names.prefix(3).joined(separator: ", ")
    return names.count > 3 ? "\(shown) and \(names.count - 3) more" : shown
  }
}
