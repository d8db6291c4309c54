import Foundation

/// The central directory of a zip file, found from its end and checked.
struct ZipDirectory {
  let entries: [ZipArchive.Entry]

  init(_ data: Data, source: String) throws(ArchiveError) {
    let end = try ZipEnd(data, source: source)
    var reader = ByteReader(data, source: source)
    guard end.count <= end.size / 46 else {
      throw .malformed(
        source: source, reason: "its directory is too short for \(end.count) members")
    }
    try reader.seek(end.offset)
    var entries: [ZipArchive.Entry] = []
    entries.reserveCapacity(end.count)
    for _ in 0..<end.count {
      entries.append(try ZipDirectory.entry(from: &reader, source: source))
    }
    guard reader.position <= end.offset + end.size else {
      throw .malformed(source: source, reason: "its directory is longer than it states")
    }
    var covered = 0
    for entry in entries.sorted(by: { $0.headerOffset < $1.headerOffset }) {
      guard entry.headerOffset >= covered else {
        throw .malformed(source: source, reason: "the member \(entry.name) overlaps another")
      }
      covered = entry.headerOffset + 30 + entry.name.utf8.count + entry.compressedSize
    }
    guard covered <= end.offset else {
      throw .malformed(source: source, reason: "its members reach into its directory")
    }
    self.entries = entries
  }

  private static func entry(
    from reader: inout ByteReader, source: String
  ) throws(ArchiveError) -> ZipArchive.Entry {
    guard try reader.little(UInt32.self) == 0x0201_4B50 else {
      throw .malformed(source: source, reason: "its directory is damaged")
    }
    _ = try reader.bytes(4)
    let flags = try reader.little(UInt16.self)
    let method = try reader.little(UInt16.self)
    _ = try reader.bytes(4)
    let checksum = try reader.little(UInt32.self)
    var sizes = [
      Int(try reader.little(UInt32.self)), Int(try reader.little(UInt32.self)),
    ]
    let nameLength = Int(try reader.little(UInt16.self))
    let extraLength = Int(try reader.little(UInt16.self))
    let commentLength = Int(try reader.little(UInt16.self))
    _ = try reader.bytes(8)
    sizes.append(Int(try reader.little(UInt32.self)))
    guard let name = String(data: try reader.bytes(nameLength), encoding: .utf8) else {
      throw .malformed(source: source, reason: "the name of a member is not UTF-8")
    }
    try widen(&sizes, with: try reader.bytes(extraLength), source: source)
    _ = try reader.bytes(commentLength)
    guard flags & 1 == 0 else {
      throw .malformed(source: source, reason: "the member \(name) is encrypted")
    }
    guard method == 0 || method == 8 else {
      throw .malformed(
        source: source,
        reason: "the member \(name) is compressed by method \(method), neither stored nor deflated")
    }
    let (compressed, size, offset) = (sizes[0], sizes[1], sizes[2])
    guard method == 8 || compressed == size,
      offset <= reader.data.count, compressed <= reader.data.count - offset
    else {
      throw .malformed(source: source, reason: "the member \(name) claims \(compressed) bytes")
    }
    return ZipArchive.Entry(
      name: name, size: size, compressedSize: compressed, checksum: checksum,
      isDeflated: method == 8, headerOffset: offset)
  }

  /// Replaces sizes that say "see zip64" by those of the zip64 field, whose order is size, compressed size, offset.
  private static func widen(
    _ sizes: inout [Int], with extra: Data, source: String
  ) throws(ArchiveError) {
    var reader = ByteReader(extra, source: source)
    while reader.remaining >= 4 {
      let identifier = try reader.little(UInt16.self)
      let length = Int(try reader.little(UInt16.self))
      let field = try reader.bytes(min(length, reader.remaining))
      guard identifier == 1 else { continue }
      var wide = ByteReader(field, source: source)
      for place in [1, 0, 2] where sizes[place] == 0xFFFF_FFFF {
        sizes[place] = try wide.size64()
      }
    }
  }
}

/// The record at the end of a zip file that says where its directory lies.
private struct ZipEnd {
  var count: Int
  var size: Int
  var offset: Int

  init(_ data: Data, source: String) throws(ArchiveError) {
    guard let position = ZipEnd.position(in: data) else {
      throw .malformed(
        source: source, reason: "it has no directory of members at its end; it may be cut short")
    }
    var reader = ByteReader(data, source: source)
    try reader.seek(position + 4)
    let disks = try reader.little(UInt32.self)
    count = Int(try reader.little(UInt16.self))
    _ = try reader.bytes(2)
    size = Int(try reader.little(UInt32.self))
    offset = Int(try reader.little(UInt32.self))
    let isWide = count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF
    if position >= 20 {
      try reader.seek(position - 20)
      if try reader.little(UInt32.self) == 0x0706_4B50 {
        _ = try reader.bytes(4)
        try readWide(at: try reader.size64(), in: &reader, source: source)
      } else if isWide {
        throw .malformed(source: source, reason: "its zip64 record is missing")
      }
    }
    guard disks == 0 || isWide else {
      throw .malformed(source: source, reason: "it is one part of several")
    }
    guard offset <= position, size <= position - offset else {
      throw .malformed(source: source, reason: "its directory lies outside the file")
    }
  }

  private mutating func readWide(
    at offset: Int, in reader: inout ByteReader, source: String
  ) throws(ArchiveError) {
    try reader.seek(offset)
    guard try reader.little(UInt32.self) == 0x0606_4B50 else {
      throw .malformed(source: source, reason: "its zip64 record is damaged")
    }
    _ = try reader.bytes(28)
    count = try reader.size64()
    size = try reader.size64()
    self.offset = try reader.size64()
  }

  /// Where the record begins: the last place whose comment reaches exactly to the end.
  private static func position(in data: Data) -> Int? {
    let tail = [UInt8](data.suffix(22 + 0xFFFF))
    guard tail.count >= 22 else { return nil }
    for start in stride(from: tail.count - 22, through: 0, by: -1)
    where tail[start] == 0x50 && tail[start + 1] == 0x4B && tail[start + 2] == 5
      && tail[start + 3] == 6
    {
      let comment = Int(tail[start + 20]) | Int(tail[start + 21]) << 8
      if start + 22 + comment == tail.count { return data.count - tail.count + start }
    }
    return nil
  }
}
