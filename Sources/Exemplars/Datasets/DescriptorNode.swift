import Foundation
import Yams

/// A place in a descriptor's YAML: its value, and how errors name it.
struct DescriptorNode {
  let node: Node
  let file: String
  /// The keys that lead here, joined by dots; empty at the top.
  let key: String

  /// The top of a text.
  init(yaml: String, file: String) throws(ExemplarError) {
    let root: Node?
    do { root = try Yams.compose(yaml: yaml) } catch {
      throw .descriptor(path: file, key: "", reason: "it is no valid YAML: \(error)")
    }
    guard let root, root.mapping != nil else {
      throw .descriptor(path: file, key: "", reason: "it does not hold keys and values")
    }
    self.init(root, file: file, key: "")
  }

  private init(_ node: Node, file: String, key: String) {
    self.node = node
    self.file = file
    self.key = key
  }

  /// An error about this place.
  func refused(_ reason: String) -> ExemplarError {
    .descriptor(path: file, key: key, reason: reason)
  }

  /// The values of a group of keys, all of which are known ones.
  func keys(_ known: [String]) throws(ExemplarError) -> [String: DescriptorNode] {
    var found: [String: DescriptorNode] = [:]
    for (name, value) in try entries() {
      guard known.contains(name) else {
        throw refused("the key `\(name)` is not known here; known are \(Self.list(known))")
      }
      found[name] = value
    }
    return found
  }

  /// Names and values, in the order of the file.
  func entries() throws(ExemplarError) -> [(name: String, value: DescriptorNode)] {
    guard let mapping = node.mapping else { throw refused("keys and values are expected") }
    var entries: [(name: String, value: DescriptorNode)] = []
    for (key, value) in mapping {
      guard let name = key.scalar?.string, !name.isEmpty else {
        throw refused("a key is no word")
      }
      let path = self.key.isEmpty ? name : "\(self.key).\(name)"
      entries.append((name, DescriptorNode(value, file: file, key: path)))
    }
    guard !entries.isEmpty else { throw refused("it lists nothing") }
    return entries
  }

  /// The items of a list, or the one value that stands for a list of one.
  var items: [DescriptorNode] {
    guard let sequence = node.sequence else { return [self] }
    return sequence.enumerated().map {
      DescriptorNode($1, file: file, key: "\(key)[\($0)]")
    }
  }

  /// Whether keys and values stand here.
  var isGroup: Bool { node.mapping != nil }

  /// Whether a list stands here.
  var isList: Bool { node.sequence != nil }

  /// The words that stand here.
  func text() throws(ExemplarError) -> String {
    guard let text = node.scalar?.string.trimmingCharacters(in: .whitespacesAndNewlines),
      !text.isEmpty
    else { throw refused("some words are expected") }
    return text
  }

  /// One text or several, none of them twice.
  func texts() throws(ExemplarError) -> [String] {
    var texts: [String] = []
    for item in items {
      let text = try item.text()
      if texts.contains(text) { throw item.refused("`\(text)` comes twice") }
      texts.append(text)
    }
    guard !texts.isEmpty else { throw refused("the list is empty") }
    return texts
  }

  /// One of some words.
  func word<Word: RawRepresentable & CaseIterable>(
    _ type: Word.Type
  ) throws(ExemplarError) -> Word where Word.RawValue == String {
    let text = try text()
    guard let word = Word(rawValue: text) else {
      throw refused("`\(text)` is not known; known are \(Self.list(Word.allCases.map(\.rawValue)))")
    }
    return word
  }

  /// A whole number from 0 on.
  func count() throws(ExemplarError) -> Int {
    guard let value = Int(try text()), (0...1 << 30).contains(value) else {
      throw refused("a whole number is expected")
    }
    return value
  }

  /// Two numbers, the smaller first.
  func range() throws(ExemplarError) -> ClosedRange<Float> {
    var numbers: [Float] = []
    for item in items {
      guard let number = Float(try item.text()), number.isFinite else {
        throw item.refused("a number is expected")
      }
      numbers.append(number)
    }
    guard numbers.count == 2, numbers[0] < numbers[1] else {
      throw refused("two numbers are expected, the smaller first, as in [-125, 275]")
    }
    return numbers[0]...numbers[1]
  }

  /// The text as a pattern of file names, some of whose words have choices.
  func pattern(_ choices: [String: [String]] = [:]) throws(ExemplarError) -> FilePattern {
    let text = try text()
    do throws(FilePatternError) { return try FilePattern(text, choices: choices) } catch {
      throw refused("`\(text)` is no pattern: \(error.reason)")
    }
  }

  private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
