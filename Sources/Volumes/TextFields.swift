import Archives
import Foundation

/// The lines at the beginning of a file, without their ends.
struct HeaderLines {
  /// How long a header of text may be.
  private static let limit = 1 << 22

  private let bytes: Data
  private let path: String
  /// The number of bytes of the lines read so far.
  private(set) var position = 0

  init(_ bytes: Data, path: String) {
    self.bytes = bytes.prefix(Self.limit)
    self.path = path
  }

  /// The next line, or nil at the end of the file; a header that is too long is refused.
  mutating func next() throws(VolumeError) -> String? {
    let rest = bytes.dropFirst(position)
    guard !rest.isEmpty else {
      guard bytes.count < Self.limit else { throw tooLong }
      return nil
    }
    let end = rest.firstIndex(of: UInt8(ascii: "\n"))
    if end == nil, bytes.count == Self.limit { throw tooLong }
    var line = rest[..<(end ?? rest.endIndex)]
    position += line.count + (end == nil ? 0 : 1)
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    return String(decoding: line, as: UTF8.self)
  }

  private var tooLong: VolumeError {
    .malformed(path: path, reason: "the header does not end within \(Self.limit) bytes")
  }
}

/// The fields of a header of text, by their names.
struct TextFields {
  let path: String
  private var values: [String: String] = [:]

  init(path: String) { self.path = path }

  subscript(name: String) -> String? { values[name] }

  /// Adds a field; one that is there already is an error.
  mutating func add(_ name: String, _ value: String) throws(VolumeError) {
    guard values.updateValue(value, forKey: name) == nil else {
      throw malformed("the header holds the field `\(quoted(name))` twice")
    }
  }

  func required(_ name: String) throws(VolumeError) -> String {
    guard let value = values[name], !value.isEmpty else {
      throw malformed("the header does not say `\(name)`")
    }
    return value
  }

  /// A whole number within bounds; nil where the field is missing.
  func integer(_ name: String, in range: ClosedRange<Int>) throws(VolumeError) -> Int? {
    guard let text = values[name] else { return nil }
    guard let value = Int(text), range.contains(value) else {
      throw wrong(name, text, expected: "a whole number from \(range.lowerBound) on")
    }
    return value
  }

  /// The finite numbers of a field; nil where it is missing.
  func numbers(_ name: String, count: Int) throws(VolumeError) -> [Double]? {
    guard let text = values[name] else { return nil }
    let words = text.split(whereSeparator: \.isWhitespace)
    let numbers = words.compactMap { Double($0) }
    guard words.count == count, numbers.count == count, numbers.allSatisfy(\.isFinite) else {
      throw wrong(name, text, expected: "\(count) finite numbers")
    }
    return numbers
  }

  /// The extents of a field, all of them positive and their product not too large for any memory.
  func extents(_ name: String, count: Int) throws(VolumeError) -> [Int] {
    let text = try required(name)
    let words = text.split(whereSeparator: \.isWhitespace)
    let extents = words.compactMap { Int($0) }
    guard words.count == count, extents.count == count, extents.allSatisfy({ $0 > 0 }) else {
      throw wrong(name, text, expected: "\(count) positive whole numbers")
    }
    return extents
  }

  /// The path of the file a header names, which must lie in the header's own folder or below it.
  func dataFile(_ name: String) throws(VolumeError) -> String {
    let words = name.split(separator: " ")
    guard words.first != "LIST", !(name.contains("%") && words.count > 1) else {
      throw unsupported("an image in several data files (`\(quoted(name))`) is not read")
    }
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard !name.isEmpty, !name.hasPrefix("/"), !parts.contains(".."), !name.contains("\0") else {
      throw .unsupported(
        path: path,
        reason: "the header says that the voxels lie in `\(quoted(name))`; only a file in the "
          + "header's own folder is read. Put it there and name it without a path")
    }
    guard let slash = path.lastIndex(of: "/") else { return name }
    return path[...slash] + name
  }

  func malformed(_ reason: String) -> VolumeError { .malformed(path: path, reason: reason) }

  func unsupported(_ reason: String) -> VolumeError { .unsupported(path: path, reason: reason) }

  func wrong(_ name: String, _ text: String, expected: String) -> VolumeError {
    malformed("the header's `\(name)` is `\(quoted(text))`; expected \(expected)")
  }

  /// Refuses an image whose values no memory holds, before anything is computed with their number.
  func checkSize(_ extents: [Int], bytes: Int) throws(VolumeError) {
    guard let size = (extents + [bytes]).checkedProduct, size < 1 << 48 else {
      throw malformed("the extents \(extents) are larger than any memory")
    }
  }

  /// How many millimetres a unit of length is.
  func millimetres(per unit: String) throws(VolumeError) -> Double {
    switch unit.lowercased() {
    case "", "?", "mm", "millimeter", "millimeters", "millimetre", "millimetres", "unknown": 1
    case "cm": 10
    case "m": 1000
    case "um", "µm", "μm", "micron", "microns": 0.001
    default: throw unsupported("lengths in `\(quoted(unit))` are not read; expected mm")
    }
  }
}

/// A header's own words as they may stand in a sentence: short, and without characters that steer a terminal.
func quoted(_ text: String) -> String {
  let shown = String(
    text.unicodeScalars.prefix(80).filter { $0.value >= 32 && $0.value != 127 }
      .map(Character.init))
  return text.unicodeScalars.count > 80 ? shown + "…" : shown
}
