public import Failures

/// Why an HDF5 file, or an object in it, could not be read or written.
public enum HDF5Error: Failure, Equatable {
  /// The file is damaged or hostile; the reason is a sentence's end.
  case damaged(path: String, reason: String)
  /// The file was written in a format newer than the library reads.
  case newerFormat(path: String, reason: String)
  /// There is no file, or it is a folder; the reason is a sentence's end.
  case noFile(path: String, reason: String)
  /// The file lacks an object or attribute that was asked for.
  case missing(path: String, object: String)
  /// An object is not what was asked for: another kind, element type or shape.
  case mismatch(path: String, object: String, expected: String, found: String)
  /// An object could not be read; the reason is a sentence's end.
  case unreadable(path: String, object: String, reason: String)
  /// The disk or the system refused; `action` is such as "read" or "write".
  case storage(path: String, action: String, reason: String)

  /// Bad input for what a file holds, storage for what the system refused.
  public var kind: FailureKind {
    if case .storage = self { .storage } else { .badInput }
  }

  /// A sentence naming the file, the object and the reason.
  public var description: String {
    switch self {
    case .damaged(let path, let reason):
      "\(path) is not an HDF5 file that can be read safely: \(reason)."
    case .newerFormat(let path, let reason):
      "\(path) was written in a newer HDF5 format than this library reads (\(reason)). Write it again with "
        + "h5py.File(…, libver='v110') or without libver."
    case .noFile(let path, let reason):
      "\(path) cannot be read: \(reason)."
    case .missing(let path, let object):
      "\(path) has no \(object)."
    case .mismatch(let path, let object, let expected, let found):
      "\(path): \(object) is \(found) where \(expected) was expected."
    case .unreadable(let path, let object, let reason):
      "\(path): \(object) cannot be read: \(reason)."
    case .storage(let path, let action, let reason):
      "Could not \(action) \(path): \(reason)."
    }
  }
}
