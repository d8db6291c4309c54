import CHDF5
import Foundation

/// The one owner of the HDF5 library, which keeps state of its own and is not thread-safe.
///
/// Every call into it happens inside `alone`, whichever thread makes it.
enum HDF5Library {
  private static let lock: NSRecursiveLock = {
    chdf5_start()
    return NSRecursiveLock()
  }()

  /// Runs `body` while no other thread is in the library.
  static func alone<Result, Problem: Error>(
    _ body: () throws(Problem) -> Result
  ) throws(Problem) -> Result {
    lock.lock()
    defer { lock.unlock() }
    chdf5_quiet()
    return try body()
  }

  /// The reason of the last failure; only inside `alone`, right after it.
  static var reason: String { String(cString: chdf5_reason()) }

  /// The reason of the last failure to write: what the system said, where the library passes it on.
  static var systemReason: String {
    let reason = reason
    guard let start = reason.range(of: "error message = '")?.upperBound,
      let end = reason[start...].firstIndex(of: "'")
    else { return reason }
    let message = String(reason[start..<end])
    return message == String(cString: strerror(ENOSPC)) ? "the disk is full" : message
  }

  /// The pieces of text that each end in NUL, whose memory is then freed.
  static func pieces(_ text: UnsafeMutablePointer<CChar>?, _ bytes: Int) -> [String] {
    guard let text else { return [] }
    defer { free(text) }
    return UnsafeRawBufferPointer(start: text, count: bytes)
      .split(separator: 0, omittingEmptySubsequences: false)
      .dropLast()
      .map { String(decoding: $0, as: UTF8.self) }
  }
}
