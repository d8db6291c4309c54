package import Foundation

/// The bytes of a file, mapped into memory for reading and kept there until nobody holds this any more.
///
/// A file that another takes the place of, as all files of graft are replaced, keeps its bytes. One that is made
/// shorter where it lies loses them: `checkLength` finds that before the bytes are read, and `endProgramOnCutFiles`
/// says what a program ends with that reads them all the same.
package final class MappedFile {
  /// The bytes.
  package let bytes: UnsafeRawBufferPointer
  private let path: String
  private let file: Int32

  /// Maps a file; nil for what has no length before it is read, such as a pipe.
  package init?(_ path: String) throws(ArchiveError) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .system(path: path, action: "read") }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      let code = errno
      close(file)
      throw .system(path: path, action: "read", code: code)
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
      close(file)
      if status.st_mode & S_IFMT == S_IFDIR {
        throw .system(path: path, action: "read", code: EISDIR)
      }
      return nil
    }
    let length = Int(status.st_size)
    guard let base = mmap(nil, length, PROT_READ, MAP_PRIVATE, file, 0), base != MAP_FAILED else {
      let code = errno
      close(file)
      throw .system(path: path, action: "read", code: code)
    }
    bytes = UnsafeRawBufferPointer(start: base, count: length)
    self.path = path
    self.file = file
  }

  deinit {
    munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count)
    close(file)
  }

  /// The bytes without a copy; they hold the mapping.
  package var data: Data {
    guard let base = bytes.baseAddress else { return Data() }
    return Data(
      bytesNoCopy: UnsafeMutableRawPointer(mutating: base), count: bytes.count,
      deallocator: .custom { _, _ in withExtendedLifetime(self) {} })
  }

  /// Whether all of some memory belongs to the mapping.
  package func contains(_ memory: UnsafeRawBufferPointer) -> Bool {
    guard let start = bytes.baseAddress, let first = memory.baseAddress else { return false }
    return first >= start && first + memory.count <= start + bytes.count
  }

  /// Takes no more memory for some of the bytes until they are read again.
  package func letGo(of memory: UnsafeRawBufferPointer) {
    guard contains(memory), let base = memory.baseAddress else { return }
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let before = -Int(bitPattern: base) & (page - 1)
    let length = (memory.count - before) / page * page
    guard length > 0 else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + before), length, MADV_DONTNEED)
  }

  /// The SHA-256 of the bytes, which take no memory after it.
  package var sha256: String {
    var digest = Digest.Running()
    for start in stride(from: 0, to: bytes.count, by: 1 << 23) {
      let end = min(start + (1 << 23), bytes.count)
      let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      digest.update(piece)
      letGo(of: piece)
    }
    return digest.hexadecimal
  }

  /// Makes sure that the file is still as long as it was when it was mapped.
  package func checkLength() throws(ArchiveError) {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .system(path: path, action: "read") }
    guard Int(status.st_size) >= bytes.count else {
      throw .malformed(
        source: path,
        reason: "it was cut from \(bytes.count) to \(status.st_size) bytes while it was in use")
    }
  }

  /// From now on the program ends with a sentence and the exit code for input and output, 4, where it reads mapped
  /// bytes that their file no longer has, and not with the system's bus error.
  package static func endProgramOnCutFiles() {
    signal(SIGBUS) { _ in
      let text: StaticString = "error: a file was made shorter while it was in use.\n"
      _ = write(2, text.utf8Start, text.utf8CodeUnitCount)
      _exit(4)
    }
  }
}

extension Data {
  /// The bytes of a file, mapped into memory where that is possible.
  package init(mapping path: String) throws(ArchiveError) {
    if let file = try MappedFile(path) {
      self = file.data
      return
    }
    do {
      self = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let code = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
      throw .system(path: path, action: "read", code: code.map { Int32($0.code) } ?? EIO)
    }
  }
}
