import Foundation
import Yams

/// A group of keys of a plan, read key by key; what is wrong is told with the file and the key's whole name.
struct PlanNode {
  let file: String
  let path: String
  private let mapping: Node.Mapping

  /// Takes a group whose keys are all among `keys`.
  init(_ node: Node, file: String, path: String = "", keys: [String]) throws(BenchError) {
    self.file = file
    self.path = path
    guard let mapping = node.mapping else {
      throw .value(
        file: file, key: path, found: RecipeTree.word(node),
        expected: "the keys \(keys.joined(separator: ", "))")
    }
    self.mapping = mapping
    for (key, _) in mapping {
      let name = key.string ?? "\(key)"
      guard keys.contains(name) else {
        let nearest = RecipeTree.nearest(to: name, in: keys)
        throw .unknownKey(file: file, key: full(name), nearest: nearest.map(full))
      }
    }
  }

  /// The whole name of a key.
  func full(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// What a key holds; nil where it is not there or empty.
  subscript(key: String) -> Node? {
    mapping[Node(key)].flatMap { $0.null != nil ? nil : $0 }
  }

  /// A text that must be there.
  func text(_ key: String) throws(BenchError) -> String {
    guard let node = self[key] else { throw .missing(file: file, key: full(key)) }
    return try text(node, key)
  }

  /// A text that may be left out.
  func optionalText(_ key: String) throws(BenchError) -> String? {
    guard let node = self[key] else { return nil }
    return try text(node, key)
  }

  private func text(_ node: Node, _ key: String) throws(BenchError) -> String {
    guard let text = node.scalar?.string, !text.isEmpty else {
      throw refusal(key, node, "a text")
    }
    return text
  }

  /// A whole number from `least` on.
  func count(_ key: String, atLeast least: Int = 1) throws(BenchError) -> Int? {
    guard let node = self[key] else { return nil }
    return try count(node, key, least)
  }

  /// Whole numbers from `least` on, a list or one.
  func counts(_ key: String, atLeast least: Int = 1) throws(BenchError) -> [Int]? {
    guard let node = self[key] else { return nil }
    var found: [Int] = []
    for element in elements(node) { found.append(try count(element, key, least)) }
    guard !found.isEmpty, Set(found).count == found.count else {
      throw refusal(key, node, "different whole numbers")
    }
    return found
  }

  private func count(_ node: Node, _ key: String, _ least: Int) throws(BenchError) -> Int {
    guard let value = node.int, (least...1 << 40).contains(value) else {
      throw refusal(key, node, "a whole number, \(least) or more")
    }
    return value
  }

  /// A number above 0.
  func positive(_ key: String) throws(BenchError) -> Double? {
    guard let node = self[key] else { return nil }
    guard let value = node.float ?? node.int.map(Double.init), value > 0, value < 1e12 else {
      throw refusal(key, node, "a number above 0")
    }
    return value
  }

  /// Yes or no.
  func flag(_ key: String) throws(BenchError) -> Bool? {
    guard let node = self[key] else { return nil }
    guard let value = node.bool else { throw refusal(key, node, "true or false") }
    return value
  }

  /// Texts, a list that is not empty.
  func texts(_ node: Node, _ key: String) throws(BenchError) -> [String] {
    let found = (node.sequence.map(Array.init) ?? []).compactMap { $0.scalar?.string }
    guard let sequence = node.sequence, !found.isEmpty, found.count == sequence.count else {
      throw refusal(key, node, "a list of names")
    }
    if let twice = RecipeTree.duplicate(in: found) {
      throw .value(
        file: file, key: full(key), found: "a list with \(twice) twice",
        expected: "each name once")
    }
    return found
  }

  /// The elements of a list, or the one there is.
  func elements(_ node: Node) -> [Node] { node.sequence.map(Array.init) ?? [node] }

  /// Settings of a recipe as `a.b=value`, in the order of the file; those a plan decides itself are refused.
  func settings(_ key: String) throws(BenchError) -> [String] {
    guard let node = self[key] else { return [] }
    guard node.mapping != nil else { throw refusal(key, node, "keys of a recipe") }
    let settings = PlanNode.flattened(node, path: "")
    let decided = [
      "weights", "pack", "out", "method", "budget", "seed", "exemplars", "synthesis", "batches",
    ]
    for setting in settings {
      let first = String(setting.prefix { $0 != "=" && $0 != "." })
      guard !decided.contains(first) else {
        throw .conflict(
          file: file,
          reason:
            "\(full(key)) sets \(first), which the plan decides for every cell; leave it out there."
        )
      }
    }
    return settings
  }

  private static func flattened(_ node: Node, path: String) -> [String] {
    guard let mapping = node.mapping, !mapping.isEmpty else { return ["\(path)=\(flow(node))"] }
    return mapping.flatMap { key, value in
      flattened(value, path: path.isEmpty ? key.string ?? "" : "\(path).\(key.string ?? "")")
    }
  }

  /// A node as YAML on one line.
  static func flow(_ node: Node) -> String {
    func inline(_ node: Node) -> Node {
      switch node {
      case .mapping(var mapping):
        mapping.style = .flow
        for (key, value) in mapping { mapping[key] = inline(value) }
        return .mapping(mapping)
      case .sequence(var sequence):
        sequence.style = .flow
        for index in sequence.indices { sequence[index] = inline(sequence[index]) }
        return .sequence(sequence)
      default: return node
      }
    }
    let text = (try? Yams.serialize(node: inline(node), width: -1)) ?? ""
    return text.replacingOccurrences(of: "\n...", with: "")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// That a key's value cannot be.
  func refusal(_ key: String, _ node: Node, _ expected: String) -> BenchError {
    .value(file: file, key: full(key), found: RecipeTree.word(node), expected: expected)
  }
}
