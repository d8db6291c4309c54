public import Foundation

/// Files that are either the old ones or the new ones, whatever happens in between.
///
/// The bytes go to a temporary name in the same folder, which is made where it is missing, are synced, and take the target's name; then the folder is
/// synced. On any failure the temporary file is removed and the old file stays as it was.
public enum AtomicFile {
  /// Writes the bytes as the file at `path`.
  public static func write(_ data: Data, to path: String) throws(ArchiveError) {
    try write(to: path, in: { (sink: FileSink) throws(ArchiveError) in try sink.write(data) })
  }

  /// Writes what `body` gives to its sink, piece by piece, as the file at `path`.
  public static func write(
    to path: String, in body: (FileSink) throws(ArchiveError) -> Void
  ) throws(ArchiveError) {
    let file = try PendingFile(path)
    try body(file.sink)
    try file.finish()
  }

  /// Lets `body` write a file at the temporary path it is given, then makes it the file at `path`.
  ///
  /// Errors of `body` are passed on.
  public static func replace(_ path: String, _ body: (String) throws -> Void) throws {
    try makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    let temporary = temporaryPath(beside: path)
    do {
      try body(temporary)
      let file = open(temporary, O_RDWR | O_CLOEXEC)
      guard file >= 0 else { throw ArchiveError.system(path: path, action: "write") }
      let status = fsync(file)
      let code = errno
      close(file)
      guard status == 0 else {
        throw ArchiveError.system(path: path, action: "write", code: code)
      }
      try moveIntoPlace(temporary, path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Lets `body` fill the folder at the temporary path it is given, then makes it the folder at `path`.
  ///
  /// A folder that is there is replaced where `isOurs` holds for the names of all its files; any other is refused.
  /// `wrapping` makes the caller's kind of error of an error of this function.
  public static func replaceFolder<Failure: Error>(
    _ path: String, holding isOurs: (String) -> Bool, wrapping: (ArchiveError) -> Failure,
    _ body: (String) throws(Failure) -> Void
  ) throws(Failure) {
    let (temporary, old) = (temporaryPath(beside: path), temporaryPath(beside: path))
    let files = FileManager.default
    let isThere = files.fileExists(atPath: path)
    if isThere {
      guard let names = try? files.contentsOfDirectory(atPath: path), names.allSatisfy(isOurs)
      else {
        throw wrapping(
          .storage(
            path: path, action: "write the folder", reason: "something else is there already"))
      }
    }
    func system(_ action: () throws(ArchiveError) -> Void) throws(Failure) {
      do throws(ArchiveError) { try action() } catch { throw wrapping(error) }
    }
    do throws(Failure) {
      try system { () throws(ArchiveError) in try makeFolder(temporary) }
      try body(temporary)
      try system { () throws(ArchiveError) in
        if isThere { try moveIntoPlace(path, old) }
        try moveIntoPlace(temporary, path)
      }
      try? files.removeItem(atPath: old)
    } catch {
      if isThere, !files.fileExists(atPath: path) { rename(old, path) }
      try? files.removeItem(atPath: temporary)
      throw error
    }
  }

  /// Makes a folder, with those above it, where there is none.
  public static func makeFolder(_ path: String) throws(ArchiveError) {
    var status = stat()
    if stat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else {
        throw .storage(
          path: path, action: "make the folder", reason: "there is a file of that name")
      }
      return
    }
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    if parent != path, parent != "/" { try makeFolder(parent) }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
      throw .system(path: path, action: "make the folder")
    }
  }

  fileprivate static func temporaryPath(beside path: String) -> String {
    let target = URL(fileURLWithPath: path)
    let name = ".\(target.lastPathComponent).partial-\(UUID().uuidString.prefix(8))"
    return target.deletingLastPathComponent().appendingPathComponent(name).path
  }

  fileprivate static func moveIntoPlace(_ temporary: String, _ path: String) throws(ArchiveError) {
    guard rename(temporary, path) == 0 else { throw .system(path: path, action: "write") }
    let folder = open(
      URL(fileURLWithPath: path).deletingLastPathComponent().path,
      O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }
    defer { close(folder) }
    if fsync(folder) != 0 && errno != EINVAL { throw .system(path: path, action: "write") }
  }
}

/// A file that grows piece by piece under a temporary name and takes its own when it is finished, else vanishes.
public final class PendingFile {
  /// Where the pieces go.
  public let sink: FileSink
  private let file: Int32
  private let path: String
  private let temporary: String
  private var isOpen = true
  private var isFinished = false

  /// Begins the file at `path`; its folder is made where it is missing.
  public init(_ path: String) throws(ArchiveError) {
    try AtomicFile.makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
    self.path = path
    temporary = AtomicFile.temporaryPath(beside: path)
    file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw .system(path: path, action: "write") }
    sink = FileSink(file, path: path)
  }

  deinit {
    if isOpen { close(file) }
    if !isFinished { unlink(temporary) }
  }

  /// Syncs the file and gives it its name; nothing can be written afterwards.
  public func finish() throws(ArchiveError) {
    precondition(isOpen, "PendingFile: \(path) is finished already")
    guard fsync(file) == 0 else { throw .system(path: path, action: "write") }
    isOpen = false
    guard close(file) == 0 else { throw .system(path: path, action: "write") }
    try AtomicFile.moveIntoPlace(temporary, path)
    isFinished = true
  }
}

/// Where the pieces of a file under way go.
public struct FileSink {
  private let file: Int32
  private let path: String

  init(_ file: Int32, path: String) {
    self.file = file
    self.path = path
  }

  /// Appends bytes to the file.
  public func write(_ data: Data) throws(ArchiveError) {
    let code: Int32 = data.withUnsafeBytes { bytes in
      var offset = 0
      while offset < bytes.count {
        let count = Foundation.write(
          file, bytes.baseAddress.map { $0 + offset }, min(bytes.count - offset, 1 << 30))
        if count < 0 && errno == EINTR { continue }
        if count < 0 { return errno }
        if count == 0 { return EIO }
        offset += count
      }
      return 0
    }
    guard code == 0 else { throw .system(path: path, action: "write", code: code) }
  }
}
