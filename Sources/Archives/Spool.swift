import Foundation
import Synchronization

/// Bytes that are kept out of memory for a while: in a file without a name, which ends with its last holder.
///
/// The file lies where the system has its temporary files (the environment's TMPDIR).
package final class Spool: Sendable {
  private let file: Int32
  private let folder: String
  private let length = Mutex(0)

  /// Some of the bytes, mapped into memory as long as this is held.
  package final class Piece {
    /// The bytes.
    package let bytes: UnsafeRawBufferPointer
    private let spool: Spool

    fileprivate init(_ bytes: UnsafeRawBufferPointer, of spool: Spool) {
      self.bytes = bytes
      self.spool = spool
    }

    deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }
  }

  /// An empty spool.
  package init() throws(ArchiveError) {
    folder = FileManager.default.temporaryDirectory.path
    var name = Array("\(folder)/graft-XXXXXX".utf8CString)
    file = mkstemp(&name)
    guard file >= 0 else { throw .system(path: folder, action: "write") }
    unlink(name)
  }

  deinit { close(file) }

  /// Keeps bytes; returns their place.
  package func append(_ bytes: UnsafeRawBufferPointer) throws(ArchiveError) -> Int {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let place = length.withLock { length in
      defer { length += (bytes.count + page - 1) / page * page }
      return length
    }
    var done = 0
    while done < bytes.count {
      let count = pwrite(
        file, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(place + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw .system(path: folder, action: "write") }
      done += count
    }
    return place
  }

  /// `count` of the bytes kept at a place that `append` returned.
  package func piece(at place: Int, count: Int) -> Piece {
    let base = mmap(nil, count, PROT_READ, MAP_SHARED, file, off_t(place))
    guard let base, base != MAP_FAILED else {
      preconditionFailure("Spool: \(count) bytes at \(place) cannot be mapped: \(errno)")
    }
    return Piece(UnsafeRawBufferPointer(start: base, count: count), of: self)
  }
}
