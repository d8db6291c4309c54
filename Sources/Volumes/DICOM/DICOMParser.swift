import Archives
import Foundation

/// Where the pixels of a file lie.
enum DICOMPixelLocation: Sendable, Equatable {
  /// As they are, in some bytes; `inWords` where these are written as numbers of 16 bits.
  case native(Range<Int>, inWords: Bool)
  /// In pieces, the first of them being the table of offsets.
  case fragments([Range<Int>])
}

/// Reads data elements off some bytes, every length checked against what is there.
///
/// DICOM PS3.5, section 7. Elements that are not kept are passed over; so are private ones, whose groups are odd.
struct DICOMParser {
  private var reader: ByteReader
  private let path: String
  private var syntax: DICOMTransferSyntax
  private(set) var pixels: DICOMPixelLocation?

  /// How deep sequences may be nested.
  private static let deepest = 32
  /// How long a kept value may be.
  private static let longest = 1 << 16

  init(_ bytes: Data, at start: Int, syntax: DICOMTransferSyntax, path: String) throws(VolumeError)
  {
    reader = ByteReader(bytes, source: path)
    self.path = path
    self.syntax = syntax
    try seek(start)
  }

  /// Where the next element begins.
  var position: Int { reader.position }

  /// The elements of group 2, in front of a file's own.
  mutating func metaInformation() throws(VolumeError) -> DICOMDataSet {
    var result = DICOMDataSet(littleEndian: true)
    while reader.remaining >= 8 {
      let start = reader.position
      guard try number(UInt16.self) == 2 else {
        try seek(start)
        break
      }
      try seek(start)
      try element(try header(), limit: reader.data.count, depth: 0, isKept: true, into: &result)
    }
    return result
  }

  /// The elements up to the pixels, or to the end where there are none.
  mutating func dataSet() throws(VolumeError) -> DICOMDataSet {
    var result = DICOMDataSet(littleEndian: syntax.littleEndian)
    while pixels == nil, reader.remaining > 0 {
      if reader.remaining < 8, try bytes(reader.remaining).allSatisfy({ $0 == 0 }) { break }
      let header = try header()
      guard header.tag.group != 0xFFFE else {
        throw malformed(
          "\(header.tag) stands at byte \(position - 8), where no item begins or ends")
      }
      if header.tag == .pixelData {
        pixels = try pixelLocation(header)
      } else {
        try element(header, limit: reader.data.count, depth: 0, isKept: true, into: &result)
      }
    }
    return result
  }
}

// MARK: Elements

extension DICOMParser {
  private struct Header {
    let tag: DICOMTag
    /// The two letters of the value's type; empty where the encoding leaves them out.
    let type: String
    /// The bytes of the value; nil where it is ended by a delimiter.
    let length: Int?

    var isNested: Bool { type == "SQ" || type == "UN" || type.isEmpty }
  }

  /// The types whose length has two bytes.
  private static let shortTypes: Set<String> = [
    "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FL", "FD", "IS", "LO", "LT", "PN", "SH", "SL", "SS",
    "ST", "TM", "UI", "UL", "US",
  ]

  private mutating func header() throws(VolumeError) -> Header {
    let tag = DICOMTag(try number(UInt16.self), try number(UInt16.self))
    guard syntax.isExplicit, tag.group != 0xFFFE else {
      return Header(tag: tag, type: "", length: try longLength())
    }
    let letters = try bytes(2)
    guard letters.allSatisfy({ (0x41...0x5A).contains($0) }) else {
      // Some writers leave the type out of single elements.
      try seek(position - 2)
      return Header(tag: tag, type: "", length: try longLength())
    }
    let type = String(decoding: letters, as: UTF8.self)
    if Self.shortTypes.contains(type) {
      return Header(tag: tag, type: type, length: Int(try number(UInt16.self)))
    }
    _ = try bytes(2)
    return Header(tag: tag, type: type, length: try longLength())
  }

  private mutating func longLength() throws(VolumeError) -> Int? {
    let length = try number(UInt32.self)
    return length == .max ? nil : Int(length)
  }

  /// Reads or passes over one element, which must end before `limit`.
  private mutating func element(
    _ header: Header, limit: Int, depth: Int, isKept: Bool, into result: inout DICOMDataSet
  ) throws(VolumeError) {
    let tag = header.tag
    if let length = header.length, length > limit - position {
      throw malformed(
        "the element \(tag) claims \(length) bytes at byte \(position), where \(limit - position) "
          + "are left; the file may be truncated")
    }
    let isSequence = header.isNested && DICOMTag.sequences.contains(tag)
    if let length = header.length {
      if isKept, isSequence {
        result.add(
          tag, .items(try items(header, limit: position + length, depth: depth, isKept: true)))
      } else if isKept, DICOMTag.values.contains(tag) {
        guard length <= Self.longest else {
          throw malformed("the \(tag.name) \(tag) has \(length) bytes")
        }
        result.add(tag, .bytes([UInt8](try bytes(length))))
      } else {
        try seek(position + length)
      }
    } else if header.isNested, tag != .pixelData {
      let items = try items(header, limit: limit, depth: depth, isKept: isKept && isSequence)
      if isKept, isSequence { result.add(tag, .items(items)) }
    } else {
      _ = try fragments()
    }
  }

  /// The items of a sequence; of one without a length up to its delimiter.
  private mutating func items(
    _ header: Header, limit: Int, depth: Int, isKept: Bool
  ) throws(VolumeError) -> [DICOMDataSet] {
    guard depth < Self.deepest else {
      throw malformed("sequences are nested more than \(Self.deepest) deep")
    }
    // A value of unknown type holds its items in the simplest encoding, whatever the file's (PS3.5, 6.2.2).
    let outer = syntax
    defer { syntax = outer }
    if header.type == "UN" { syntax = .bare(isExplicit: false, littleEndian: true) }
    var found: [DICOMDataSet] = []
    while position < limit {
      let item = try self.header()
      if item.tag == .sequenceEnd, header.length == nil { return found }
      guard item.tag == .item else {
        throw malformed("in the sequence \(header.tag) an item was expected, found \(item.tag)")
      }
      let content = try self.item(
        item, of: header.tag, limit: limit, depth: depth + 1, isKept: isKept)
      if isKept { found.append(content) }
    }
    guard header.length != nil else {
      throw malformed("the sequence \(header.tag) does not end")
    }
    return found
  }

  private mutating func item(
    _ header: Header, of sequence: DICOMTag, limit: Int, depth: Int, isKept: Bool
  ) throws(VolumeError) -> DICOMDataSet {
    var result = DICOMDataSet(littleEndian: syntax.littleEndian)
    guard (header.length ?? 0) <= limit - position else {
      throw malformed("an item of the sequence \(sequence) is longer than the sequence")
    }
    if let length = header.length, !isKept {
      try seek(position + length)
      return result
    }
    let end = header.length.map { position + $0 } ?? limit
    while position < end {
      let header = try self.header()
      if header.tag == .itemEnd { return result }
      try element(header, limit: end, depth: depth, isKept: isKept, into: &result)
    }
    guard header.length != nil else {
      throw malformed("an item of the sequence \(sequence) does not end")
    }
    return result
  }
}

// MARK: Pixels

extension DICOMParser {
  private mutating func pixelLocation(_ header: Header) throws(VolumeError) -> DICOMPixelLocation {
    guard let length = header.length else { return .fragments(try fragments()) }
    guard length <= reader.remaining else {
      throw malformed(
        "the file is truncated: its pixels claim \(length) bytes, it holds \(reader.remaining)")
    }
    return .native(position..<position + length, inWords: header.type != "OB")
  }

  /// Pieces of bytes up to their delimiter.
  private mutating func fragments() throws(VolumeError) -> [Range<Int>] {
    var found: [Range<Int>] = []
    while true {
      let item = try header()
      if item.tag == .sequenceEnd { return found }
      guard item.tag == .item, let length = item.length else {
        throw malformed("a piece of pixels was expected at byte \(position - 8), found \(item.tag)")
      }
      guard length <= reader.remaining else {
        throw malformed(
          "the file is truncated: a piece of pixels claims \(length) bytes, it holds "
            + "\(reader.remaining)")
      }
      found.append(position..<position + length)
      try seek(position + length)
    }
  }
}

// MARK: Bytes

extension DICOMParser {
  private mutating func number<Number: FixedWidthInteger>(
    _ type: Number.Type
  ) throws(VolumeError) -> Number {
    do throws(ArchiveError) {
      return try syntax.littleEndian ? reader.little(type) : reader.big(type)
    } catch { throw .archive(error) }
  }

  private mutating func bytes(_ count: Int) throws(VolumeError) -> Data {
    do throws(ArchiveError) { return try reader.bytes(count) } catch { throw .archive(error) }
  }

  private mutating func seek(_ target: Int) throws(VolumeError) {
    do throws(ArchiveError) { try reader.seek(target) } catch { throw .archive(error) }
  }

  private func malformed(_ reason: String) -> VolumeError {
    .malformed(path: path, reason: reason)
  }
}
