public import Foundation

/// Compression with gzip, as in `.nii.gz`.
public enum Gzip {
  /// Whether bytes begin as a gzip file does.
  public static func recognises(_ data: Data) -> Bool { data.starts(with: [0x1F, 0x8B]) }

  /// The decompressed bytes, of one member or several; checksums are checked.
  ///
  /// Decompression stops with an error as soon as more than `limit` bytes come out, so a small file cannot take
  /// much memory. `source` names the file in errors.
  public static func decompressed(
    _ data: Data, limit: Int, source: String
  ) throws(ArchiveError) -> Data {
    var result = Data()
    var rest = data
    repeat {
      guard recognises(rest) else {
        throw .malformed(
          source: source,
          reason: rest.count == data.count
            ? "it is not a gzip file" : "other bytes follow the compressed data")
      }
      let consumed = try appendMember(of: rest, to: &result, limit: limit, source: source)
      rest = rest.dropFirst(consumed)
    } while !rest.isEmpty && !rest.allSatisfy { $0 == 0 }
    return result
  }

  /// The first `count` decompressed bytes, or fewer where there are fewer; nothing behind them is read.
  public static func prefix(
    of data: Data, count: Int, source: String
  ) throws(ArchiveError) -> Data {
    guard recognises(data) else {
      throw .malformed(source: source, reason: "it is not a gzip file")
    }
    return try inflatedPrefix(data, .gzip, count: count, source: source)
  }

  /// The bytes compressed at a level from 0 to 9, without a name or a time, so equal input gives equal bytes.
  public static func compressed(_ data: Data, level: Int = 6) -> Data {
    deflated(data, .gzip, level: level)
  }

  /// Appends one member's bytes and returns how long it was compressed.
  private static func appendMember(
    of data: Data, to result: inout Data, limit: Int, source: String
  ) throws(ArchiveError) -> Int {
    let inflater = Inflater(.gzip, source: source)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while !inflater.hasEnded {
      let step = buffer.withUnsafeMutableBytes { output in
        data.withUnsafeBytes { input in
          Result { () throws(ArchiveError) in try inflater.fill(output, from: input) }
        }
      }
      let written = try step.get()
      guard result.count + written <= limit else { throw .tooLarge(source: source, limit: limit) }
      result.append(contentsOf: buffer[..<written])
    }
    return inflater.consumed
  }
}
