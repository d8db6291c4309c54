public import Foundation

/// Named arrays in NumPy's npz format: a zip file of npy files, stored or deflated.
public struct NPZ: Sendable {
  /// The names of the arrays, without `.npy`, in the file's order.
  public let names: [String]
  private let archive: ZipArchive

  /// The archive at a path.
  public init(contentsOf path: String) throws(ArchiveError) {
    try self.init(try Data(mapping: path), source: path)
  }

  /// The archive in some bytes; `source` names it in errors.
  public init(_ data: Data, source: String) throws(ArchiveError) {
    archive = try ZipArchive(data, source: source)
    names = archive.entries.map {
      $0.name.hasSuffix(".npy") ? String($0.name.dropLast(4)) : $0.name
    }
  }

  /// The type and shape of an array, read from its header alone.
  public func header(_ name: String) throws(ArchiveError) -> (type: ElementType, shape: [Int]) {
    let header = try checkedHeader(try entry(name))
    return (header.type, header.shape)
  }

  /// The array of a name; more than `limit` bytes are refused before memory is taken for them.
  public func array(_ name: String, limit: Int = 1 << 32) throws(ArchiveError) -> StoredArray {
    let entry = try entry(name)
    _ = try checkedHeader(entry)
    return try NPY.array(
      try archive.bytes(of: entry, limit: limit), source: "\(entry.name) in \(archive.source)")
  }

  /// The bytes of an archive of some arrays; members are stored.
  public static func file(_ arrays: [(name: String, array: StoredArray)]) throws(ArchiveError)
    -> Data
  {
    try ZipWriter.archive(arrays.map { ("\($0.name).npy", NPY.file($0.array)) })
  }

  private func entry(_ name: String) throws(ArchiveError) -> ZipArchive.Entry {
    guard let entry = archive["\(name).npy"] ?? archive[name] else {
      throw .malformed(
        source: archive.source,
        reason: "it has no array \(name), only \(names.joined(separator: ", "))")
    }
    return entry
  }

  /// The header of a member whose claims agree with the member's size.
  private func checkedHeader(_ entry: ZipArchive.Entry) throws(ArchiveError) -> NPYHeader {
    let source = "\(entry.name) in \(archive.source)"
    let start = try archive.prefix(of: entry, count: (1 << 16) + 12)
    let header = try NPYHeader(start, source: source)
    try NPY.check(header, size: entry.size, source: source)
    return header
  }
}
