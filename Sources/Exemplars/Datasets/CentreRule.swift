import Foundation

/// How a case's centre is known.
enum CentreRule: Sendable, Equatable {
  /// The word {centre} of the case's name.
  case name([FilePattern])
  /// A table below the data set's folder with a column of cases and one of centres.
  case table(path: String, cases: String, centres: String)

  init(_ node: DescriptorNode) throws(ExemplarError) {
    let keys = try node.keys(["name", "csv", "case", "centre"])
    if let name = keys["name"], keys.count == 1 {
      var patterns: [FilePattern] = []
      for item in name.items {
        let pattern = try item.pattern()
        guard pattern.words.contains("centre") else { throw item.refused("it needs {centre}") }
        patterns.append(pattern)
      }
      self = .name(patterns)
    } else if let csv = keys["csv"], let cases = keys["case"], let centres = keys["centre"],
      keys.count == 3
    {
      self = .table(
        path: try csv.text(), cases: try cases.text(), centres: try centres.text())
    } else {
      throw node.refused("either `name`, or `csv` with `case` and `centre`, is expected")
    }
  }

  /// The centre of each case that has one.
  func centres(of ids: [String], root: Folder) throws(ExemplarError) -> [String: String] {
    switch self {
    case .name(let patterns):
      let pairs = ids.compactMap { id -> (String, String)? in
        patterns.lazy.compactMap { $0.match(name: id)?["centre"] }.first.map { (id, $0) }
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    case .table(let path, let cases, let centres):
      let table = try Table(contentsOf: root.file(path))
      let (names, places) = (try table.column(cases), try table.column(centres))
      let known = Dictionary(zip(names, places)) { first, _ in first }
      return Dictionary(
        uniqueKeysWithValues: ids.compactMap { id in
          known[id].flatMap { $0.isEmpty ? nil : (id, $0) }
        })
    }
  }
}

/// A table of words, its columns named by the first line: CSV with commas, fields in quotes where they hold some.
private struct Table {
  let path: String
  let rows: [[String]]

  init(contentsOf path: String) throws(ExemplarError) {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw .layout(path: path, reason: "the table of centres is missing or no text")
    }
    self.path = path
    rows = text.split(whereSeparator: \.isNewline).map { Self.fields($0) }
  }

  func column(_ name: String) throws(ExemplarError) -> [String] {
    guard let place = rows.first?.firstIndex(of: name) else {
      let columns = rows.first?.joined(separator: ", ") ?? "none"
      throw .layout(path: path, reason: "the table has no column \(name), only \(columns)")
    }
    return rows.dropFirst().map { $0.indices.contains(place) ? $0[place] : "" }
  }

  private static func fields(_ line: Substring) -> [String] {
    var (fields, isQuoted) = ([""], false)
    for letter in line {
      switch letter {
      case "\"": isQuoted.toggle()
      case "," where !isQuoted: fields.append("")
      default: fields[fields.count - 1].append(letter)
      }
    }
    return fields.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}
