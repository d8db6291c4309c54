import Foundation

/// One thing that is known of a file, as it is printed and as it stands in JSON.
enum Fact: Codable, Equatable {
  case text(String)
  case integer(Int)
  case number(Double)
  case list([Fact])
  case facts([Entry])

  /// A fact with its name; names are the keys of the JSON.
  struct Entry: Equatable {
    let name: String
    let value: Fact
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// Numbers that are not finite become null.
  func encode(to encoder: any Encoder) throws {
    switch self {
    case .facts(let entries):
      var container = encoder.container(keyedBy: Key.self)
      for entry in entries {
        try container.encode(entry.value, forKey: Key(stringValue: entry.name))
      }
    case .list(let values):
      var container = encoder.unkeyedContainer()
      for value in values { try container.encode(value) }
    case .text(let text): try Fact.encode(text, to: encoder)
    case .integer(let number): try Fact.encode(number, to: encoder)
    case .number(let number): try Fact.encode(number.isFinite ? number : nil, to: encoder)
    }
  }

  private static func encode(_ value: some Encodable, to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }

  /// The value a JSON text holds; the keys of objects are sorted.
  init(from decoder: any Decoder) throws {
    if let entries = try? decoder.container(keyedBy: Key.self) {
      self = .facts(
        try entries.allKeys.map(\.stringValue).sorted().map { name in
          Entry(name: name, value: try entries.decode(Fact.self, forKey: Key(stringValue: name)))
        })
    } else if var list = try? decoder.unkeyedContainer() {
      var values: [Fact] = []
      while !list.isAtEnd { values.append(try list.decode(Fact.self)) }
      self = .list(values)
    } else {
      let single = try decoder.singleValueContainer()
      if let integer = try? single.decode(Int.self) {
        self = .integer(integer)
      } else if let number = try? single.decode(Double.self) {
        self = .number(number)
      } else if let flag = try? single.decode(Bool.self) {
        self = .text(flag ? "yes" : "no")
      } else if single.decodeNil() {
        self = .text("none")
      } else {
        self = .text(try single.decode(String.self))
      }
    }
  }

  /// The fact as lines of text; what is nested is indented.
  func lines(named name: String) -> [String] {
    switch self {
    case .facts(let entries):
      return [name] + entries.flatMap { $0.value.lines(named: $0.name) }.map { "  \($0)" }
    case .list(let values) where values.contains { $0.isNested }:
      return [name] + values.map { "  \($0.line)" }
    default: return ["\(name): \(line)"]
    }
  }

  private var isNested: Bool {
    switch self {
    case .list, .facts: true
    case .text(let text): text.contains(" ")
    case .integer, .number: false
    }
  }

  private var line: String {
    switch self {
    case .text(let text): text
    case .integer(let number): "\(number)"
    case .number(let number): number.formatted(significantDigits: 7)
    case .list(let values): values.map(\.line).joined(separator: " ")
    case .facts(let entries):
      entries.map { "\($0.name) \($0.value.line)" }.joined(separator: ", ")
    }
  }
}

extension Fact: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
  init(stringLiteral text: String) { self = .text(text) }
  init(integerLiteral number: Int) { self = .integer(number) }
}

extension [Fact.Entry] {
  /// Adds a fact.
  mutating func add(_ name: String, _ value: Fact) { append(Fact.Entry(name: name, value: value)) }

  /// Adds a text.
  mutating func add(_ name: String, _ text: String) { add(name, .text(text)) }

  /// Adds whole numbers.
  mutating func add(_ name: String, _ numbers: [Int]) {
    add(name, .list(numbers.map { .integer($0) }))
  }

  /// Adds numbers.
  mutating func add(_ name: String, _ numbers: [Double]) {
    add(name, .list(numbers.map { .number($0) }))
  }
}

extension Double {
  /// The number with no more digits than asked for, and none that say nothing.
  fileprivate func formatted(significantDigits: Int) -> String {
    guard isFinite else { return "\(self)" }
    return String(format: "%.\(significantDigits)g", self + 0)
  }
}
