import Foundation

/// A parser of the JSON that safetensors headers consist of, and of no other.
///
/// Foundation's parser keeps one of two equal keys in silence, which is why there is this one.
struct SafetensorsHeader {
  struct Entry {
    var name: String
    var type = ""
    var shape: [Int] = []
    var begin = 0
    var end = 0
  }

  private(set) var entries: [Entry] = []
  private(set) var metadata: [String: String] = [:]
  private let text: [UInt8]
  private let file: String
  private var position = 0

  init(_ text: [UInt8], file: String) {
    self.text = text
    self.file = file
  }

  mutating func parse() throws(CheckpointError) {
    var names: Set<String> = []
    guard text.first == UInt8(ascii: "{") else { throw unexpected() }
    try object { (parser: inout Self, name: String) throws(CheckpointError) in
      guard names.insert(name).inserted else {
        throw .unreadable(file: parser.file, reason: "the tensor \(name) is there twice")
      }
      if name == "__metadata__" {
        try parser.readMetadata()
      } else {
        try parser.readEntry(name)
      }
    }
    skipSpaces()
    guard position == text.count else { throw unexpected() }
  }

  private mutating func readMetadata() throws(CheckpointError) {
    try object { (parser: inout Self, key: String) throws(CheckpointError) in
      let value = try parser.string()
      guard parser.metadata.updateValue(value, forKey: key) == nil else {
        throw .unreadable(file: parser.file, reason: "the metadata \(key) is there twice")
      }
    }
  }

  private mutating func readEntry(_ name: String) throws(CheckpointError) {
    var entry = Entry(name: name)
    var fields: Set<String> = []
    try object { (parser: inout Self, key: String) throws(CheckpointError) in
      guard fields.insert(key).inserted else { throw parser.unexpected() }
      switch key {
      case "dtype": entry.type = try parser.string()
      case "shape": entry.shape = try parser.numbers()
      case "data_offsets":
        let offsets = try parser.numbers()
        guard offsets.count == 2 else { throw parser.unexpected() }
        (entry.begin, entry.end) = (offsets[0], offsets[1])
      default: throw parser.unexpected()
      }
    }
    guard fields.count == 3 else {
      throw .unreadable(
        file: file, reason: "the tensor \(name) lacks its dtype, shape or data_offsets")
    }
    entries.append(entry)
  }

  /// Reads an object and calls `member` at the value of every key.
  private mutating func object(
    _ member: (inout Self, String) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try expect("{")
    if skip("}") { return }
    repeat {
      let key = try string()
      try expect(":")
      try member(&self, key)
    } while skip(",")
    try expect("}")
  }

  private mutating func numbers() throws(CheckpointError) -> [Int] {
    var numbers: [Int] = []
    try expect("[")
    if skip("]") { return [] }
    repeat {
      skipSpaces()
      let start = position
      while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
      let digits = text[start..<position]
      guard let number = Int(String(decoding: digits, as: UTF8.self)),
        digits.count == 1 || digits.first != 0x30
      else { throw unexpected() }
      numbers.append(number)
    } while skip(",")
    try expect("]")
    return numbers
  }

  private mutating func string() throws(CheckpointError) -> String {
    try expect("\"")
    let start = position
    while position < text.count, text[position] != UInt8(ascii: "\"") {
      position += text[position] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard position < text.count else { throw unexpected() }
    position += 1
    let content = text[start..<(position - 1)]
    if !content.contains(UInt8(ascii: "\\")) {
      guard let string = String(validating: content, as: UTF8.self),
        content.allSatisfy({ $0 >= 0x20 })
      else { throw unexpected() }
      return string
    }
    let quoted = Data(text[(start - 1)..<position])
    let parsed = try? JSONSerialization.jsonObject(with: quoted, options: .fragmentsAllowed)
    guard let string = parsed as? String else { throw unexpected() }
    return string
  }

  private mutating func skipSpaces() {
    while position < text.count, [0x20, 0x09, 0x0A, 0x0D].contains(text[position]) { position += 1 }
  }

  private mutating func skip(_ symbol: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard position < text.count, text[position] == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  private mutating func expect(_ symbol: Unicode.Scalar) throws(CheckpointError) {
    guard skip(symbol) else { throw unexpected() }
  }

  private func unexpected() -> CheckpointError {
    .unreadable(file: file, reason: "its header is not valid at character \(position)")
  }
}
