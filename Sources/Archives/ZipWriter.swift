public import Foundation

/// Writes a zip file member by member; members are stored, and their bytes begin at multiples of 64.
///
/// Times are zero, so equal members give equal bytes.
public struct ZipWriter {
  private let sink: (Data) throws(ArchiveError) -> Void
  private let source: String
  private var directory = Data()
  private var count = 0
  private var offset = 0

  /// A writer whose bytes go to `sink` in order; `source` names the file in errors.
  public init(source: String, to sink: @escaping (Data) throws(ArchiveError) -> Void) {
    self.source = source
    self.sink = sink
  }

  /// A zip file of some members, in memory.
  public static func archive(_ members: [(name: String, bytes: Data)]) throws(ArchiveError) -> Data
  {
    let collected = Collected()
    var writer = ZipWriter(source: "the archive") { collected.data.append($0) }
    for member in members { try writer.add(member.name, member.bytes) }
    try writer.finish()
    return collected.data
  }

  /// Appends a member.
  public mutating func add(_ name: String, _ bytes: Data) throws(ArchiveError) {
    guard bytes.count < 0xFFFF_FFFF, offset + bytes.count < 0xFFFF_0000, count < 0xFFFE else {
      throw .tooLarge(source: source, limit: 0xFFFF_0000)
    }
    let fields = fields(of: bytes, name: name)
    // The padding is a field of its own, with an identifier and a length of two bytes each.
    let start = offset + 30 + name.utf8.count + 4
    let padding = (64 - start % 64) % 64
    var header = Data()
    header.append(little: UInt32(0x0403_4B50))
    header.append(fields)
    header.append(little: UInt16(4 + padding))
    header.append(contentsOf: name.utf8)
    header.append(little: UInt16(0x4246))
    header.append(little: UInt16(padding))
    header.append(Data(count: padding))
    try sink(header)
    try sink(bytes)
    directory.append(little: UInt32(0x0201_4B50))
    directory.append(little: UInt16(0))
    directory.append(fields)
    directory.append(Data(count: 12))
    directory.append(little: UInt32(offset))
    directory.append(contentsOf: name.utf8)
    offset += header.count + bytes.count
    count += 1
  }

  /// Appends the directory; nothing can follow it.
  public mutating func finish() throws(ArchiveError) {
    let size = directory.count
    directory.append(little: UInt32(0x0605_4B50))
    directory.append(little: UInt32(0))
    directory.append(little: UInt16(count))
    directory.append(little: UInt16(count))
    directory.append(little: UInt32(size))
    directory.append(little: UInt32(offset))
    directory.append(little: UInt16(0))
    try sink(directory)
  }

  /// The fields a member's own header and its line in the directory share, from version to name length.
  private func fields(of bytes: Data, name: String) -> Data {
    var fields = Data()
    fields.append(little: UInt16(20))
    fields.append(little: UInt16(0x0800))
    fields.append(little: UInt16(0))
    // The first day a zip file can state: 1 January 1980.
    fields.append(little: UInt32(0x0021_0000))
    fields.append(little: checksum(bytes))
    fields.append(little: UInt32(bytes.count))
    fields.append(little: UInt32(bytes.count))
    fields.append(little: UInt16(name.utf8.count))
    return fields
  }

  private final class Collected {
    var data = Data()
  }
}
