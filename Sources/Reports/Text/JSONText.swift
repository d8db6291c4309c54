/// A JSON value whose members keep their order, for files that people read too.
public indirect enum JSONText: Sendable {
  /// Members in their order, on one line.
  case object([(key: String, value: JSONText)])
  /// Elements on one line.
  case array([JSONText])
  /// Elements on a line each.
  case lines([JSONText])
  /// A number; null where it is nil or not finite.
  case number(Double?)
  /// A whole number.
  case integer(Int)
  /// True or false.
  case flag(Bool)
  /// A text.
  case string(String)

  /// The text of the value.
  public var text: String {
    switch self {
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.key)): \($0.value.text)" }.joined(separator: ", ") + "}"
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ", ") + "]"
    case .lines(let elements):
      elements.isEmpty
        ? "[]" : "[\n    " + elements.map(\.text).joined(separator: ",\n    ") + "\n  ]"
    case .number(let value): value.flatMap { $0.isFinite ? "\($0)" : nil } ?? "null"
    case .integer(let value): "\(value)"
    case .flag(let value): value ? "true" : "false"
    case .string(let value): Self.quoted(value)
    }
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
