public import Foundation

/// A zip file in memory: its list of members, and the bytes of each on demand.
///
/// Members are stored or deflated; names are only names, never paths. Encrypted and overlapping members, several
/// disks and duplicate names are refused; zip64 is read.
public struct ZipArchive: Sendable {
  /// A member as the central directory lists it.
  public struct Entry: Sendable, Equatable {
    /// The name, with `/` between folders.
    public let name: String
    /// The size of the bytes when decompressed.
    public let size: Int
    /// The size of the bytes in the file.
    public let compressedSize: Int
    /// The CRC-32 of the decompressed bytes.
    public let checksum: UInt32
    /// Whether the bytes are deflated rather than stored.
    public let isDeflated: Bool
    let headerOffset: Int
  }

  /// The members in the order of the central directory.
  public let entries: [Entry]
  /// What the archive is called in errors.
  public let source: String
  private let data: Data
  private let indices: [String: Int]

  /// Whether bytes begin as a zip file with members does.
  public static func recognises(_ data: Data) -> Bool {
    data.starts(with: [0x50, 0x4B, 0x03, 0x04]) || data.starts(with: [0x50, 0x4B, 0x05, 0x06])
  }

  /// Reads the central directory of an archive.
  public init(_ data: Data, source: String) throws(ArchiveError) {
    let directory = try ZipDirectory(data, source: source)
    var indices: [String: Int] = [:]
    for (index, entry) in directory.entries.enumerated() {
      guard indices.updateValue(index, forKey: entry.name) == nil else {
        throw .malformed(source: source, reason: "two members are called \(entry.name)")
      }
    }
    self.data = data
    self.source = source
    self.indices = indices
    entries = directory.entries
  }

  /// The member of a name, or nil where there is none.
  public subscript(name: String) -> Entry? { indices[name].map { entries[$0] } }

  /// The decompressed bytes of a member, its checksum checked; more than `limit` bytes are refused.
  public func bytes(of entry: Entry, limit: Int) throws(ArchiveError) -> Data {
    let name = memberName(entry)
    guard entry.size <= limit else { throw .tooLarge(source: name, limit: limit) }
    let payload = try payload(of: entry)
    let bytes =
      entry.isDeflated
      ? try inflated(payload, .raw, size: entry.size, source: name) : payload
    guard checksum(bytes) == entry.checksum else {
      throw .malformed(source: name, reason: "its bytes do not have the CRC-32 it states")
    }
    return bytes
  }

  /// The first `count` decompressed bytes of a member, or all where there are fewer; the checksum is not checked.
  public func prefix(of entry: Entry, count: Int) throws(ArchiveError) -> Data {
    let payload = try payload(of: entry)
    if !entry.isDeflated { return payload.prefix(count) }
    return try inflatedPrefix(payload, .raw, count: count, source: memberName(entry))
  }

  /// The bytes of a member as they lie in the file, behind a local header that must agree with the directory.
  private func payload(of entry: Entry) throws(ArchiveError) -> Data {
    let name = memberName(entry)
    var reader = ByteReader(data, source: name)
    try reader.seek(entry.headerOffset)
    guard try reader.little(UInt32.self) == 0x0403_4B50 else {
      throw .malformed(source: name, reason: "no member begins where the directory says")
    }
    try reader.seek(entry.headerOffset + 26)
    let nameLength = Int(try reader.little(UInt16.self))
    let extraLength = Int(try reader.little(UInt16.self))
    guard try reader.bytes(nameLength) == Data(entry.name.utf8) else {
      throw .malformed(source: name, reason: "its own header gives another name")
    }
    _ = try reader.bytes(extraLength)
    return try reader.bytes(entry.compressedSize)
  }

  private func memberName(_ entry: Entry) -> String { "\(entry.name) in \(source)" }
}
