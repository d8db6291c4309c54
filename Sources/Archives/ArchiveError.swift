public import Failures

/// Why a file or a piece of one could not be read or written.
public enum ArchiveError: Failure, Equatable {
  /// The bytes of `source` are not what their format asks for; the reason is a sentence's end.
  case malformed(source: String, reason: String)
  /// `source` would take more than `limit` bytes.
  case tooLarge(source: String, limit: Int)
  /// The disk or the system refused; `action` is such as "read" or "write".
  case storage(path: String, action: String, reason: String)

  /// Bad input for what a file holds, storage for what the system refused.
  public var kind: FailureKind {
    switch self {
    case .malformed, .tooLarge: .badInput
    case .storage: .storage
    }
  }

  /// A sentence naming the file and the reason.
  public var description: String {
    switch self {
    case .malformed(let source, let reason):
      "\(source) cannot be read: \(reason)."
    case .tooLarge(let source, let limit):
      "\(source) is refused: it would take more than the \(limit) bytes that are allowed here."
    case .storage(let path, let action, let reason):
      "Could not \(action) \(path): \(reason)."
    }
  }
}
