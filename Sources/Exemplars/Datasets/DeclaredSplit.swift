import Foundation

/// Which case goes into which split, as a descriptor declares it.
enum DeclaredSplit: Sendable, Equatable {
  struct Part: Sendable, Equatable {
    let name: String
    /// The names of cases, or parts of them, or one number that counts them; for lists, the file.
    let items: [String]
  }

  /// Cases by name, or counted from the front or the back.
  case names([Part])
  /// Lists of names, one a line, in files below the data set's folder.
  case lists([Part])
  /// The words {split} can be in the path, and what each is called in the pack; others are no split.
  case path([String: String])

  init(_ node: DescriptorNode) throws(ExemplarError) {
    let keys = try node.keys(["names", "lists", "path"])
    guard keys.count == 1, let (kind, value) = keys.first else {
      throw node.refused("one of `names`, `lists` and `path` is expected")
    }
    var parts: [Part] = []
    for entry in try value.entries() {
      parts.append(Part(name: entry.name, items: try entry.value.texts()))
    }
    switch kind {
    case "names": self = .names(parts)
    case "lists": self = .lists(parts)
    default:
      guard parts.allSatisfy({ $0.items.count == 1 }) else {
        throw value.refused("each folder stands for one split")
      }
      self = .path(Dictionary(uniqueKeysWithValues: parts.map { ($0.name, $0.items[0]) }))
    }
  }

  /// The split of each case that has one, and what the user should know; `words` are what {split} stood for.
  func assignment(
    of ids: [String], words: [String: String], root: Folder
  ) throws(ExemplarError) -> (splits: [String: String], notes: [String]) {
    switch self {
    case .path(let names): return (words.compactMapValues { names[$0] }, [])
    case .names(let parts): return try Self.assignment(of: ids, parts)
    case .lists(let parts):
      var read: [Part] = []
      for part in parts { read.append(Part(name: part.name, items: try Self.lines(part, root))) }
      return try Self.assignment(of: ids, read)
    }
  }

  private static func lines(_ part: Part, _ root: Folder) throws(ExemplarError) -> [String] {
    let path = root.file(part.items[0])
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw .layout(path: path, reason: "the list of the split \(part.name) is missing or no text")
    }
    return text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  private static func assignment(
    of ids: [String], _ parts: [Part]
  ) throws(ExemplarError) -> ([String: String], [String]) {
    var (splits, notes): ([String: String], [String]) = ([:], [])
    for part in parts {
      let (found, missing) = try cases(of: part, ids)
      for id in found {
        if let other = splits[id], other != part.name {
          throw .twoSplits(id: id, one: other, other: part.name)
        }
        splits[id] = part.name
      }
      if !missing.isEmpty {
        notes.append(
          "The split \(part.name) names \(part.items.count) cases; \(missing.count) of them are "
            + "not here: \(brief(missing)).")
      }
    }
    return (splits, notes)
  }

  private static func cases(
    of part: Part, _ ids: [String]
  ) throws(ExemplarError) -> (found: [String], missing: [String]) {
    if part.items.count == 1, let count = Int(part.items[0]), "\(count)" == part.items[0],
      !ids.contains(part.items[0])
    {
      return (Array(count > 0 ? ids.prefix(count) : ids.suffix(-count)), [])
    }
    var (found, missing): ([String], [String]) = ([], [])
    for item in part.items {
      let matching = ids.contains(item) ? [item] : ids.filter { $0.contains(item) }
      guard matching.count < 2 else {
        throw .option(
          "The descriptor puts \(item) into \(part.name), which is part of the names of "
            + "\(brief(matching)); use --split to say which cases are meant.")
      }
      found += matching
      if matching.isEmpty { missing.append(item) }
    }
    return (found, missing)
  }
}

/// The first few of some names, and how many more there are.
func brief(_ names: [String]) -> String {
  names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
}
