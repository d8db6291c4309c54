import Foundation

/// A table for a terminal: columns as wide as their widest cell, two blanks apart.
///
/// Of each row the first `leading` cells stand at the left of their column, the others at the right.
public func textTable(header: [String], rows: [[String]], leading: Int) -> String {
  let all = [header] + rows
  let widths = header.indices.map { column in all.map { $0[column].count }.reduce(0, max) }
  func line(_ cells: [String]) -> String {
    let padded = cells.indices.map { column in
      let blanks = String(repeating: " ", count: widths[column] - cells[column].count)
      return column < leading ? cells[column] + blanks : blanks + cells[column]
    }
    var text = padded.joined(separator: "  ")
    while text.last == " " { text.removeLast() }
    return text
  }
  let rule = widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
  return ([line(header), rule] + rows.map(line)).joined(separator: "\n") + "\n"
}

/// A text in lines of up to `width` characters, broken at blanks.
func wrapped(_ text: String, width: Int = 100) -> String {
  var lines: [String] = []
  for word in text.split(separator: " ") {
    if let last = lines.last, last.count + 1 + word.count <= width {
      lines[lines.count - 1] = "\(last) \(word)"
    } else {
      lines.append(String(word))
    }
  }
  return lines.joined(separator: "\n")
}

/// A number with a fixed count of decimals; a dash where there is none.
func decimals(_ value: Double?, _ count: Int) -> String {
  guard let value, value.isFinite else { return "–" }
  var scale = 1.0
  for _ in 0..<count { scale *= 10 }
  let scaled = (abs(value) * scale).rounded()
  guard scaled < 1e15 else { return "\(value)" }
  let digits = String(Int(scaled))
  let filled = String(repeating: "0", count: max(0, count + 1 - digits.count)) + digits
  let sign = value < 0 && scaled > 0 ? "-" : ""
  guard count > 0 else { return sign + filled }
  return sign + filled.dropLast(count) + "." + filled.suffix(count)
}

/// A number with three significant digits.
func significant(_ value: Double) -> String { String(format: "%.3g", value) }

/// A line of comma-separated values; a cell with a comma, quote or line break is quoted (RFC 4180).
func csvLine(_ cells: [String]) -> String {
  cells.map { cell in
    cell.contains { $0 == "," || $0 == "\"" || $0.isNewline }
      ? "\""
        + cell.split(separator: "\"", omittingEmptySubsequences: false)
        .joined(separator: "\"\"") + "\"" : cell
  }.joined(separator: ",") + "\n"
}
