public import Failures

/// Why a data set cannot be packed, or a pack or embedding store cannot be used.
public enum ExemplarError: Failure, Equatable {
  /// An option cannot be followed; the reason is a whole sentence.
  case option(String)
  /// A folder is not laid out as the kind of data set asks for.
  case layout(path: String, reason: String)
  /// A descriptor of a data set says something that cannot be followed; `key` is empty for the whole file.
  case descriptor(path: String, key: String, reason: String)
  /// A file of a case has no partner.
  case missingPartner(id: String, found: String, missing: String)
  /// Two cases have the same name.
  case sameName(id: String, one: String, other: String)
  /// A case was put into two splits.
  case twoSplits(id: String, one: String, other: String)
  /// Labels that the map does not mention, with the number of voxels of each.
  case labels(id: String, path: String, counts: [Int32: Int], map: String)
  /// Channels or images of a case that do not fit each other, or voxels that cannot be used.
  case voxels(id: String, path: String, reason: String)
  /// The checks found several errors.
  case refused([String])
  /// A file is no pack of a version that is understood.
  case pack(path: String, reason: String)
  /// An embedding store, or a part of it, cannot be used.
  case store(path: String, reason: String)

  /// Wrong usage for options, bad input for everything else.
  public var kind: FailureKind {
    if case .option = self { .usage } else { .badInput }
  }

  /// A sentence naming the case, the file and the reason.
  public var description: String {
    switch self {
    case .option(let reason): reason
    case .layout(let path, let reason): "\(path): \(reason)."
    case .descriptor(let path, let key, let reason):
      key.isEmpty ? "\(path): \(reason)." : "\(path), key \(key): \(reason)."
    case .missingPartner(let id, let found, let missing):
      "The case \(id) has \(found) but no \(missing). Add it, or take the case out of the folder."
    case .sameName(let id, let one, let other):
      "Two cases are named \(id): \(one) and \(other)."
    case .twoSplits(let id, let one, let other):
      "The case \(id) is in the splits \(one) and \(other); a case may be in one only. Change the split, "
        + "or leave one copy out."
    case .labels(let id, let path, let counts, let map):
      "\(path): the case \(id) has labels outside the map: "
        + counts.sorted { $0.key < $1.key }
        .map { "\($0.key) (\($0.value) voxels)" }.joined(separator: ", ")
        + ". The map is \(map). Give a map that mentions them with --labels."
    case .voxels(let id, let path, let reason): "\(path): the case \(id) cannot be used: \(reason)."
    case .refused(let errors): errors.joined(separator: "\n")
    case .pack(let path, let reason): "\(path) is not a pack that can be read: \(reason)."
    case .store(let path, let reason): "The embedding store \(path) cannot be used: \(reason)."
    }
  }
}
