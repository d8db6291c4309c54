/// Which cases go into which split, as written after `--split`.
///
/// `train=a,b,test=c` names cases: an item is a case's name or a part of exactly one case's name. `train=5,test=-20`
/// counts them: the first 5 and the last 20 in the order of their names (an item that is a case's name is never a
/// count, nor is a number with leading zeros). Cases that no item names are in no split.
public struct SplitRule: Sendable, Equatable {
  private struct Part: Sendable, Equatable {
    let name: String
    var items: [String]
  }

  private var parts: [Part] = []

  /// The rule a text describes.
  public init(parsing text: String) throws(ExemplarError) {
    for token in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = token.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let item = sides.last, !item.isEmpty, sides.count == 2 || !parts.isEmpty else {
        throw .option("--split is \(text); expected such as train=a,b,test=c or train=5,test=-20.")
      }
      if sides.count == 2 {
        guard !sides[0].isEmpty, !parts.contains(where: { $0.name == sides[0] }) else {
          throw .option("--split \(text) names a split twice, or none.")
        }
        parts.append(Part(name: String(sides[0]), items: []))
      }
      parts[parts.count - 1].items.append(String(item))
    }
  }

  /// The split of each case that has one; `ids` are in the order of the names.
  ///
  /// A case in two splits is an error.
  public func assignment(of ids: [String]) throws(ExemplarError) -> [String: String] {
    let (splits, conflicts) = try assignments(of: ids)
    if let conflict = conflicts.first { throw conflict }
    return splits
  }

  /// The split of each case that has one, and an error for each case that was put into two, which stays in the first.
  func assignments(
    of ids: [String]
  ) throws(ExemplarError) -> (splits: [String: String], conflicts: [ExemplarError]) {
    var splits: [String: String] = [:]
    var conflicts: [ExemplarError] = []
    for part in parts {
      for id in try cases(of: part, ids) {
        if let other = splits[id] {
          conflicts.append(.twoSplits(id: id, one: other, other: part.name))
        } else {
          splits[id] = part.name
        }
      }
    }
    return (splits, conflicts)
  }

  private func cases(of part: Part, _ ids: [String]) throws(ExemplarError) -> [String] {
    if part.items.count == 1, !ids.contains(part.items[0]), let count = Int(part.items[0]),
      "\(count)" == part.items[0]
    {
      guard count != 0, abs(count) <= ids.count else {
        throw .option("--split asks for \(count) cases in \(part.name); there are \(ids.count).")
      }
      return Array(count > 0 ? ids.prefix(count) : ids.suffix(-count))
    }
    var found: [String] = []
    for item in part.items {
      let matching = ids.contains(item) ? [item] : ids.filter { $0.contains(item) }
      guard let id = matching.first, matching.count == 1 else {
        throw .option(
          "--split puts \(item) into \(part.name), which is part of the names of "
            + "\(matching.count) cases; exactly one is needed.")
      }
      if !found.contains(id) { found.append(id) }
    }
    return found
  }
}
