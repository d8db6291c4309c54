public import Foundation

/// A file that grows by records, each whole with its checksums in one write: TensorFlow's TFRecord format.
///
/// A record is its length (8 bytes), the masked CRC-32C of these, its bytes, and their masked CRC-32C, all little-endian.
/// What a kill cuts off is the last record; readers see so by its length and checksum, and stop before it.
public final class RecordLog {
  private let path: String
  private let file: Int32

  /// Makes a new file at a path where there is none.
  public init(new path: String) throws(ArchiveError) {
    self.path = path
    file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .system(path: path, action: "write") }
  }

  deinit { close(file) }

  /// Appends a record.
  public func append(_ record: Data) throws(ArchiveError) {
    try FileSink(file, path: path).write(RecordLog.framed(record))
  }

  /// A record as it lies in the file.
  static func framed(_ record: Data) -> Data {
    let length = bytes(of: UInt64(record.count))
    return length + bytes(of: CRC32C.masked(length)) + record + bytes(of: CRC32C.masked(record))
  }

  private static func bytes(of number: some FixedWidthInteger) -> Data {
    withUnsafeBytes(of: number.littleEndian) { Data($0) }
  }
}
