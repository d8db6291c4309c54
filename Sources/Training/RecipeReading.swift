import Adaptation
import Archives
import Foundation
import Yams

extension Recipe {
  /// Reads a recipe from YAML text, with overrides such as `optimizer.rate=1e-4`, and checks it.
  ///
  /// `name` stands for the file in messages. Keys that are not given have the values of `standard(for:)`.
  public init(yaml: String, name: String, overrides: [String] = []) throws {
    var given = try RecipeTree.mapping(of: yaml, file: name)
    for override in overrides { try RecipeTree.apply(override, to: &given) }
    let every = try RecipeTree.node(of: Recipe.complete)
    try RecipeTree.check(given, against: every, file: name, path: "")
    var method = Plan.Method.decoderLora
    if let word = given["method"]?.string { method = Plan.Method(rawValue: word) ?? method }
    let standard = try RecipeTree.node(of: Recipe.standard(for: method))
    let merged = RecipeTree.merged(given, over: standard)
    do {
      self = try YAMLDecoder().decode(Recipe.self, from: merged)
    } catch let error as DecodingError {
      throw RecipeTree.recipeError(error, in: merged, file: name)
    }
    if synthesis?.kinds.isEmpty ?? false { synthesis = nil }
    try check(file: name)
  }

  /// The standard recipe of decoder-lora for weights and a pack, with some keys set, where no run folder is needed.
  public init(weights: String, pack: String, settings: [String], name: String) throws {
    let paths = [("weights", weights), ("pack", pack), ("out", pack + ".run")]
    try self.init(
      yaml: paths.map { "\($0): \(Recipe.quoted($1))" }.joined(separator: "\n"), name: name,
      overrides: settings)
  }

  /// A text as YAML, whatever signs it holds.
  public static func quoted(_ text: String) -> String {
    "'\(text.replacingOccurrences(of: "'", with: "''"))'"
  }

  /// The recipe without the paths of files, which decide nothing.
  func withoutPaths() -> Recipe {
    var bare = self
    (bare.weights, bare.pack, bare.out, bare.initial) = ("", "", "", nil)
    return bare
  }

  /// The text of a recipe's file.
  public static func text(ofFile path: String) throws -> String {
    guard let text = String(data: try Data(mapping: path), encoding: .utf8) else {
      throw RecipeError.syntax(file: path, reason: "it is no text in UTF-8.")
    }
    return text
  }

  /// The recipe as YAML, every key in the order of the documentation, each list on a line.
  public func yaml() throws -> String {
    try Yams.serialize(node: RecipeTree.readable(RecipeTree.node(of: self)))
  }
}

/// A recipe's YAML as a tree, before it is a recipe.
enum RecipeTree {
  /// The mapping at the top of a text; an empty text is an empty mapping.
  static func mapping(of yaml: String, file: String) throws -> Node.Mapping {
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml)
    } catch let error as YamlError {
      throw RecipeError.syntax(file: file, reason: "\(error)")
    }
    guard let node, node != Node("") else { return Node.Mapping([]) }
    guard let mapping = node.mapping else {
      throw RecipeError.syntax(file: file, reason: "expected keys and values at the top.")
    }
    return mapping
  }

  /// Sets `a.b=value` in the tree.
  static func apply(_ override: String, to tree: inout Node.Mapping) throws {
    guard let equals = override.firstIndex(of: "="), equals != override.startIndex else {
      throw RecipeError.override(override)
    }
    let path = override[..<equals].split(separator: ".").map(String.init)
    // A budget's keys exclude one another, so one that is overridden takes the place of the others.
    if path.first == "budget" { tree["budget"] = nil }
    guard let value = try? Yams.compose(yaml: String(override[override.index(after: equals)...]))
    else { throw RecipeError.override(override) }
    set(value, at: path[...], in: &tree)
  }

  private static func set(_ value: Node, at path: ArraySlice<String>, in tree: inout Node.Mapping) {
    guard let key = path.first else { return }
    if path.count == 1 {
      tree[Node(key)] = value
    } else {
      var inner = tree[Node(key)]?.mapping ?? Node.Mapping([])
      set(value, at: path.dropFirst(), in: &inner)
      tree[Node(key)] = .mapping(inner)
    }
  }

  /// Refuses keys that `every` does not have, naming the nearest it has.
  static func check(
    _ given: Node.Mapping, against every: Node, file: String, path: String
  ) throws {
    guard let known = every.mapping else { return }
    let names = Array(known.keys.compactMap(\.string))
    for (key, value) in given {
      let name = key.string ?? "\(key)"
      guard let example = known[key] else {
        throw RecipeError.unknownKey(
          file: file, key: path + name, nearest: nearest(to: name, in: names).map { path + $0 })
      }
      guard example.mapping != nil else { continue }
      guard let inner = value.mapping else {
        let expected = (example.mapping?.keys.compactMap(\.string) ?? []).joined(separator: ", ")
        throw RecipeError.value(
          file: file, key: path + name, found: word(value),
          expected: "expected the keys \(expected)")
      }
      try check(inner, against: example, file: file, path: "\(path)\(name).")
    }
  }

  /// The given tree over the standard one; a budget is taken as given, since its keys exclude one another.
  static func merged(_ given: Node.Mapping, over standard: Node) -> Node {
    guard var result = standard.mapping else { return .mapping(given) }
    for (key, value) in given {
      if let inner = value.mapping, let below = result[key], key != Node("budget") {
        result[key] = merged(inner, over: below)
      } else {
        result[key] = value
      }
    }
    return .mapping(result)
  }

  /// A recipe as a tree.
  static func node(of recipe: some Encodable) throws -> Node {
    try Yams.compose(yaml: try YAMLEncoder().encode(recipe)) ?? Node("")
  }

  /// The same tree with numbers as people write them and lists on one line.
  static func readable(_ node: Node) -> Node {
    switch node {
    case .mapping(var mapping):
      for (key, value) in mapping { mapping[key] = readable(value) }
      return .mapping(mapping)
    case .sequence(var sequence):
      for index in sequence.indices { sequence[index] = readable(sequence[index]) }
      sequence.style = .flow
      return .sequence(sequence)
    case .scalar(let scalar):
      guard scalar.style == .plain, scalar.string.contains("e"), let number = Double(scalar.string)
      else { return node }
      let whole = number == number.rounded() && abs(number) < 1e6
      return Node(whole ? "\(Int(number))" : "\(number)", .implicit, .plain)
    default: return node
    }
  }

  /// The first key whose value differs between two recipes, with both values; paths of files are left out.
  static func difference(_ one: Recipe, _ other: Recipe) throws -> (
    key: String, one: String, other: String
  )? {
    let pairs = try [one, other].map { leaves(try node(of: $0.withoutPaths()), path: "") }
    let keys = pairs[0].keys.sorted() + pairs[1].keys.sorted()
    guard let key = keys.first(where: { pairs[0][$0] != pairs[1][$0] }) else { return nil }
    return (key, pairs[0][key] ?? "missing", pairs[1][key] ?? "missing")
  }

  private static func leaves(_ node: Node, path: String) -> [String: String] {
    guard let mapping = node.mapping else {
      let text = (try? Yams.serialize(node: readable(node))) ?? ""
      return [path: text.split(separator: "\n").joined(separator: " ")]
    }
    var leaves: [String: String] = [:]
    for (key, value) in mapping {
      let name = path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")"
      leaves.merge(self.leaves(value, path: name)) { first, _ in first }
    }
    return leaves
  }

  /// The first element that occurs twice.
  static func duplicate(in words: [String]) -> String? {
    var seen: Set<String> = []
    return words.first { !seen.insert($0).inserted }
  }

  /// The word with the fewest differing letters, where at most half of the letters differ.
  static func nearest(to word: String, in words: [String]) -> String? {
    let ranked = words.map { (distance(word, $0), $0) }.min { $0.0 < $1.0 }
    guard let ranked, ranked.0 * 2 <= max(word.count, ranked.1.count) else { return nil }
    return ranked.1
  }

  /// The number of letters to insert, delete or change between two words (Levenshtein).
  private static func distance(_ one: String, _ other: String) -> Int {
    let (a, b) = (Array(one), Array(other))
    var row = Array(0...b.count)
    for (i, letter) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, second) in b.enumerated() {
        let changed = diagonal + (letter == second ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(changed, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }

  /// A decoding error as a sentence about the recipe.
  static func recipeError(_ error: DecodingError, in tree: Node, file: String) -> RecipeError {
    func key(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
    switch error {
    case .keyNotFound(let missing, let context):
      return .missing(file: file, key: key(context.codingPath + [missing]))
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return .value(
        file: file, key: key(context.codingPath), found: found(context.codingPath, in: tree),
        expected: "expected \(name(of: type))")
    case .dataCorrupted(let context):
      return .value(
        file: file, key: key(context.codingPath), found: found(context.codingPath, in: tree),
        expected: context.debugDescription)
    @unknown default:
      return .syntax(file: file, reason: "\(error)")
    }
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is Int.Type: "a whole number"
    case is UInt64.Type: "a whole number, 0 or more"
    case is Double.Type: "a number"
    case is String.Type: "a word"
    default: "another kind of value"
    }
  }

  private static func found(_ path: [any CodingKey], in tree: Node) -> String {
    var node: Node? = tree
    for key in path {
      if let index = key.intValue, let items = node?.sequence {
        node = items.indices.contains(index) ? items[index] : nil
      } else {
        node = node?.mapping?[Node(key.stringValue)]
      }
    }
    return node.map(word) ?? "something else"
  }

  /// What a value is, in a word of a message.
  static func word(_ node: Node) -> String {
    if let text = node.scalar?.string { return "\"\(text)\"" }
    return node.sequence != nil ? "a list" : "a group of keys"
  }
}
