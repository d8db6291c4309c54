public import Failures

/// What is wrong with a recipe; always wrong usage.
public enum RecipeError: Failure, Equatable {
  /// The file is no YAML mapping.
  case syntax(file: String, reason: String)
  /// A key that recipes do not have.
  case unknownKey(file: String, key: String, nearest: String?)
  /// A key that must be there.
  case missing(file: String, key: String)
  /// A value a key cannot have.
  case value(file: String, key: String, found: String, expected: String)
  /// Two keys that do not go together, or another rule between keys.
  case conflict(file: String, reason: String)
  /// An override that is not `key=value`.
  case override(String)

  /// The class of the failure: wrong usage.
  public var kind: FailureKind { .usage }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .syntax(let file, let reason): "\(file) is not a recipe: \(reason)"
    case .unknownKey(let file, let key, let nearest):
      "\(file): recipes have no key \"\(key)\"\(nearest.map { "; did you mean \"\($0)\"?" } ?? ".")"
    case .missing(let file, let key):
      "\(file): the key \"\(key)\" is missing; give it in the file or with --set \(key)=…"
    case .value(let file, let key, let found, let expected):
      "\(file): \(key) is \(found); \(expected)."
    case .conflict(let file, let reason): "\(file): \(reason)"
    case .override(let text): "--set \(text): expected key=value, as --set optimizer.rate=1e-4."
    }
  }
}
