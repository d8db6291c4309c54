import Foundation

/// The header of an npy file: a Python dictionary of exactly `descr`, `fortran_order` and `shape`.
///
/// It is read by a parser of literals; an expression of any kind is refused.
struct NPYHeader: Equatable {
  var type: ElementType
  var isBigEndian: Bool
  var isFortranOrder: Bool
  var shape: [Int]
  /// Where the elements begin.
  var dataOffset: Int

  static let magic: [UInt8] = [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]

  init(_ data: Data, source: String) throws(ArchiveError) {
    var reader = ByteReader(data, source: source)
    guard data.starts(with: NPYHeader.magic) else {
      throw .malformed(source: source, reason: "it is not an npy file")
    }
    try reader.seek(6)
    let version = try reader.byte()
    _ = try reader.byte()
    guard (1...3).contains(version) else {
      throw .malformed(source: source, reason: "its npy version is \(version), not 1, 2 or 3")
    }
    let length =
      version == 1 ? Int(try reader.little(UInt16.self)) : Int(try reader.little(UInt32.self))
    guard length <= 1 << 16 else {
      throw .malformed(source: source, reason: "its header of \(length) bytes is too long")
    }
    var text = LiteralParser(Array(try reader.bytes(length)), source: source)
    let values = try text.header()
    guard let shape = values.shape, let descr = values.descr, let order = values.fortranOrder else {
      throw .malformed(
        source: source, reason: "its header lacks one of descr, fortran_order and shape")
    }
    (type, isBigEndian) = try NPYHeader.type(descr, source: source)
    isFortranOrder = order
    self.shape = shape
    dataOffset = reader.position
    guard shape.count <= 32, let count = shape.checkedProduct, count < 1 << 50 else {
      throw .malformed(source: source, reason: "its shape \(shape) is too large")
    }
  }

  private static func type(
    _ descr: String, source: String
  ) throws(ArchiveError) -> (ElementType, Bool) {
    let types: [String: ElementType] = [
      "f8": .float64, "f4": .float32, "f2": .float16, "i8": .int64, "i4": .int32, "i2": .int16,
      "i1": .int8, "u8": .uint64, "u4": .uint32, "u2": .uint16, "u1": .uint8, "b1": .bool,
    ]
    if descr.contains("O") {
      throw .malformed(
        source: source, reason: "it is an array of Python objects, which could run code")
    }
    guard let order = descr.first, "<>|=".contains(order),
      let type = types[String(descr.dropFirst())]
    else { throw .malformed(source: source, reason: "its element type '\(descr)' is not numeric") }
    return (type, order == ">")
  }
}

/// A parser of the few literals an npy header is made of.
private struct LiteralParser {
  private let text: [UInt8]
  private let source: String
  private var position = 0

  init(_ text: [UInt8], source: String) {
    self.text = text
    self.source = source
  }

  typealias Values = (descr: String?, fortranOrder: Bool?, shape: [Int]?)

  mutating func header() throws(ArchiveError) -> Values {
    var values: Values = (nil, nil, nil)
    try expect("{")
    while !skip("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr" where values.descr == nil: values.descr = try string()
      case "fortran_order" where values.fortranOrder == nil: values.fortranOrder = try boolean()
      case "shape" where values.shape == nil: values.shape = try extents()
      default: throw unexpected()
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    skipSpaces()
    guard position == text.count else { throw unexpected() }
    return values
  }

  private mutating func string() throws(ArchiveError) -> String {
    skipSpaces()
    guard position < text.count,
      text[position] == UInt8(ascii: "'") || text[position] == UInt8(ascii: "\"")
    else { throw unexpected() }
    let quote = text[position]
    guard let end = text[(position + 1)...].firstIndex(of: quote),
      !text[position..<end].contains(UInt8(ascii: "\\"))
    else { throw unexpected() }
    defer { position = end + 1 }
    return String(decoding: text[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(ArchiveError) -> Bool {
    if skip("True") { return true }
    try expect("False")
    return false
  }

  private mutating func extents() throws(ArchiveError) -> [Int] {
    var extents: [Int] = []
    try expect("(")
    while !skip(")") {
      skipSpaces()
      let start = position
      while position < text.count, (0x30...0x39).contains(text[position]) { position += 1 }
      guard let extent = Int(String(decoding: text[start..<position], as: UTF8.self)),
        extents.count < 32
      else { throw unexpected() }
      extents.append(extent)
      // Python 2 wrote an L behind long integers.
      _ = skip("L")
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return extents
  }

  private mutating func skipSpaces() {
    while position < text.count, [0x20, 0x09, 0x0A].contains(text[position]) { position += 1 }
  }

  private mutating func skip(_ literal: String) -> Bool {
    skipSpaces()
    guard text[position...].starts(with: literal.utf8) else { return false }
    position += literal.utf8.count
    return true
  }

  private mutating func expect(_ literal: String) throws(ArchiveError) {
    guard skip(literal) else { throw unexpected() }
  }

  private func unexpected() -> ArchiveError {
    .malformed(
      source: source, reason: "its npy header is not a plain description at character \(position)")
  }
}
