package import Foundation

/// A position in some bytes from which numbers are read; every read is checked against the end.
package struct ByteReader: Sendable {
  /// The bytes read from.
  package let data: Data
  /// The next byte to read, counted from the first.
  package private(set) var position: Int
  private let source: String

  /// A reader at the beginning of `data`; `source` names it in errors.
  package init(_ data: Data, source: String) {
    self.data = data
    self.source = source
    position = 0
  }

  /// How many bytes are left.
  package var remaining: Int { data.count - position }

  /// Moves to a position, which must lie in the bytes or at their end.
  package mutating func seek(_ target: Int) throws(ArchiveError) {
    guard (0...data.count).contains(target) else { throw ended(0, at: target) }
    position = target
  }

  /// The next `count` bytes, sharing memory with the whole.
  package mutating func bytes(_ count: Int) throws(ArchiveError) -> Data {
    guard count >= 0, count <= remaining else { throw ended(count, at: position) }
    let start = data.startIndex + position
    position += count
    return data[start..<start + count]
  }

  /// The next byte.
  package mutating func byte() throws(ArchiveError) -> UInt8 {
    guard remaining > 0 else { throw ended(1, at: position) }
    position += 1
    return data[data.startIndex + position - 1]
  }

  /// The next integer, least significant byte first.
  package mutating func little<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(ArchiveError) -> Number {
    var value: Number = 0
    for (place, byte) in try bytes(Number.bitWidth / 8).enumerated() {
      value |= Number(truncatingIfNeeded: byte) << Number(8 * place)
    }
    return value
  }

  /// The next integer, most significant byte first.
  package mutating func big<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(ArchiveError) -> Number {
    try little(type).byteSwapped
  }

  /// A 64-bit size or offset as an `Int`; more than 2^62 is refused.
  package mutating func size64() throws(ArchiveError) -> Int {
    let value = try little(UInt64.self)
    guard value < 1 << 62 else {
      throw ArchiveError.malformed(source: source, reason: "it claims a size of \(value) bytes")
    }
    return Int(value)
  }

  private func ended(_ count: Int, at place: Int) -> ArchiveError {
    .malformed(
      source: source,
      reason: "\(count) bytes were expected at byte \(place), but it ends at byte \(data.count)")
  }
}

extension Data {
  /// Appends the bytes of an integer, least significant first.
  package mutating func append(little value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends the bytes of an integer, most significant first.
  package mutating func append(big value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
  }
}

extension [Int] {
  /// The product of extents, or nil where one is negative or the product does not fit in 62 bits.
  package var checkedProduct: Int? {
    if contains(where: { $0 < 0 }) { return nil }
    if contains(0) { return 0 }
    var product = 1
    for extent in self {
      let (next, overflow) = product.multipliedReportingOverflow(by: extent)
      if overflow || next >= 1 << 62 { return nil }
      product = next
    }
    return product
  }
}
