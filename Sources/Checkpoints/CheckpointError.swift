public import Failures

/// Why a checkpoint, or one tensor of it, cannot be used.
public enum CheckpointError: Failure, Equatable {
  /// The file is not a checkpoint, or is damaged; the reason is a sentence's end.
  case unreadable(file: String, reason: String)
  /// The file asks for code or objects that are never made.
  case refused(file: String, name: String)
  /// A tensor is not there.
  case missing(key: String, file: String)
  /// A tensor has another shape than the model gives it.
  case shape(key: String, expected: [Int], found: [Int], file: String)
  /// A tensor holds a number that is not finite.
  case notFinite(key: String, file: String)
  /// A tensor was taken twice.
  case claimedTwice(key: String, file: String)
  /// Tensors that nothing took.
  case unused(keys: [String], file: String)
  /// The system refused to read or write.
  case storage(message: String)

  /// Bad input for what a file holds, storage for what the system refused.
  public var kind: FailureKind {
    if case .storage = self { return .storage }
    return .badInput
  }

  /// A sentence naming the key, the shapes and the file.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason):
      "The checkpoint \(file) cannot be read: \(reason)."
    case .refused(let file, let name):
      "The checkpoint \(file) is refused: it asks for \(name), and nothing in a checkpoint may run. "
        + "Save the plain state dict instead."
    case .missing(let key, let file):
      "The tensor \(key) is missing in \(file)."
    case .shape(let key, let expected, let found, let file):
      "The tensor \(key) in \(file) has the shape \(found), but \(expected) is expected."
    case .notFinite(let key, let file):
      "The tensor \(key) in \(file) holds NaN or infinite numbers."
    case .claimedTwice(let key, let file):
      "The tensor \(key) of \(file) is used twice."
    case .unused(let keys, let file):
      keys.count == 1
        ? "The tensor \(keys[0]) in \(file) is one the model does not have."
        : "\(keys.count) tensors in \(file) are ones the model does not have: \(CheckpointError.list(keys))."
    case .storage(let message):
      message
    }
  }

  private static func list(_ keys: [String]) -> String {
    keys.prefix(8).joined(separator: ", ") + (keys.count > 8 ? " and others" : "")
  }
}
