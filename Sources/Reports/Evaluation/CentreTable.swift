import Foundation

/// A table of which case is from which centre: comma-separated values with columns `case` and `centre`.
public enum CentreTable {
  /// Reads the file: the centre of each case that has one.
  ///
  /// A case may be written with a file's ending. Other columns are ignored; a case with two centres is refused.
  public static func read(_ path: String) throws(ReportError) -> [String: String] {
    let text: String
    do { text = try String(contentsOfFile: path, encoding: .utf8) } catch {
      throw .malformed(path: path, reason: "it is no text that can be read")
    }
    var lines = records(text)
    guard !lines.isEmpty else { throw .malformed(path: path, reason: "it is empty") }
    let header = lines.removeFirst().map {
      $0.trimmingCharacters(in: .whitespaces.union(["\u{FEFF}"])).lowercased()
    }
    guard let name = header.firstIndex(of: "case"),
      let place = header.firstIndex(where: { $0 == "centre" || $0 == "center" })
    else {
      throw .malformed(
        path: path,
        reason:
          "its first line must name the columns case and centre; it is \(header.joined(separator: ","))"
      )
    }
    var centres: [String: String] = [:]
    for (index, cells) in lines.enumerated() {
      guard cells.count == header.count else {
        throw .malformed(
          path: path,
          reason:
            "row \(index + 1) after the head has \(cells.count) cells, the head \(header.count)")
      }
      let centre = cells[place].trimmingCharacters(in: .whitespaces)
      let found = CaseFiles.caseName(cells[name].trimmingCharacters(in: .whitespaces))
      guard !centre.isEmpty else { continue }
      if let other = centres.updateValue(centre, forKey: found), other != centre {
        throw .malformed(
          path: path, reason: "the case \(found) has two centres, \(other) and \(centre)")
      }
    }
    return centres
  }

  /// The cells of every line that is not empty; a quoted cell may hold commas, doubled quotes and breaks (RFC 4180).
  private static func records(_ text: String) -> [[String]] {
    var (lines, cells, cell) = ([[String]](), [String](), "")
    let separator = separator(text)
    var isQuoted = false
    func endLine() {
      cells.append(cell)
      if cells != [""] { lines.append(cells) }
      (cells, cell) = ([], "")
    }
    var last: Character?
    for character in text {
      switch character {
      case "\"":
        if !isQuoted, last == "\"" { cell.append("\"") }
        isQuoted.toggle()
      case separator where !isQuoted:
        cells.append(cell)
        cell = ""
      case _ where character.isNewline && !isQuoted: endLine()
      default: cell.append(character)
      }
      last = character
    }
    endLine()
    return lines
  }

  /// What separates the cells: what the first line holds of comma, semicolon and tabulator.
  private static func separator(_ text: String) -> Character {
    let first = text.prefix { !$0.isNewline }
    return [",", ";", "\t"].first(where: first.contains) ?? ","
  }
}
