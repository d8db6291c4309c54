import Foundation

/// The right to write into a folder, held by one program at a time; the system takes it back when the program ends.
package struct FolderLock {
  private let file: Int32

  /// Waits until no other program holds the lock.
  package init(_ folder: String) throws(ArchiveError) {
    guard let file = try Self.open(folder, LOCK_EX) else {
      throw .system(path: folder + "/lock", action: "lock")
    }
    self.file = file
  }

  /// Takes the lock of a folder, which is made where it is missing; nil where another program holds it.
  ///
  /// On a file system that knows no locks, every program gets it.
  package init?(ifFree folder: String) throws(ArchiveError) {
    try AtomicFile.makeFolder(folder)
    guard let file = try Self.open(folder, LOCK_EX | LOCK_NB) else { return nil }
    self.file = file
  }

  /// Opens and locks the file `lock`; nil where it is held.
  private static func open(_ folder: String, _ operation: Int32) throws(ArchiveError) -> Int32? {
    let path = folder + "/lock"
    let file = Foundation.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .system(path: path, action: "lock") }
    while flock(file, operation) != 0 {
      let code = errno
      if code == EINTR { continue }
      let isUnknown = code == ENOLCK || code == EOPNOTSUPP
      if operation & LOCK_NB != 0, isUnknown { return file }
      close(file)
      guard operation & LOCK_NB != 0, code == EWOULDBLOCK else {
        throw .system(path: path, action: "lock", code: code)
      }
      return nil
    }
    return file
  }

  /// Gives the lock back.
  package func release() { close(file) }
}
