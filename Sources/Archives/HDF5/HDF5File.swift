import CHDF5
import Foundation

/// An HDF5 file open for reading.
///
/// The library crashes or hangs on some damaged files, so all structure of a file is first walked in a child process
/// with limits on time and memory; what ends the child is an error here. Numbers are read when they are asked for, and
/// once: chunks are decompressed and checked by our own code, which trusts no length they claim. So no file needs to
/// be trusted, and a large one costs no more at the start than a small one with as many objects. Only hard links are
/// followed; data in other files, virtual data sets and filters that need a plugin are refused. Paths start with "/"
/// or are taken from the root.
public final class HDF5File: Sendable {
  /// The path of the file.
  public let path: String
  let id: Int64
  /// What the child process read of strings of any length, by their object's address and the attribute's name.
  let texts: [HDF5Texts.Key: [String]]

  /// Opens a file after a child process found it sound.
  public init(reading path: String) throws(HDF5Error) {
    let bytes = try Self.requireFile(path)
    (id, texts) = try HDF5Library.alone { () throws(HDF5Error) in
      let texts = try Self.probe(path, bytes: bytes)
      let id = chdf5_open(path)
      guard id >= 0 else { throw Self.problem(path, HDF5Library.reason) }
      return (id, texts)
    }
    self.path = path
  }

  deinit {
    HDF5Library.alone { _ = chdf5_close(id) }
  }

  /// The length of a file that can be read.
  private static func requireFile(_ path: String) throws(HDF5Error) -> Int {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { throw .noFile(path: path, reason: "there is no such file") }
      throw .storage(path: path, action: "read", reason: String(cString: strerror(errno)))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .noFile(path: path, reason: "it is no file")
    }
    guard access(path, R_OK) == 0 else {
      throw .storage(path: path, action: "read", reason: String(cString: strerror(errno)))
    }
    return Int(status.st_size)
  }

  /// Lets a child process walk the file: for 2 seconds of processor time and one more for each 16 MiB, with 512 MiB of
  /// memory beyond what the program has.
  private static func probe(
    _ path: String, bytes: Int
  ) throws(HDF5Error) -> [HDF5Texts.Key: [String]] {
    let seconds = min(60, 2 + bytes >> 24)
    var text: UnsafeMutablePointer<CChar>?
    var count = 0
    let verdict = chdf5_probe(path, Int32(seconds), 512 << 20, &text, &count)
    defer { free(text) }
    let answer = UnsafeRawBufferPointer(start: text, count: count).dropFirst()
    switch verdict {
    case CHDF5_SOUND: return HDF5Texts.read(answer)
    case CHDF5_REFUSED: throw problem(path, String(decoding: answer, as: UTF8.self))
    case CHDF5_TIMED_OUT:
      throw .damaged(path: path, reason: "reading it does not end")
    case CHDF5_NO_PROBE:
      throw .storage(
        path: path, action: "check", reason: "the system gave no process to look at it in")
    default:
      throw .damaged(path: path, reason: "reading it crashes the HDF5 library")
    }
  }

  /// The error for a file the library refused.
  ///
  /// A version number it does not know is no damage where the superblock (its byte 8) is of the newer kind.
  private static func problem(_ path: String, _ reason: String) -> HDF5Error {
    let head = FileHandle(forReadingAtPath: path)?.readData(ofLength: 9)
    if reason.contains("version number"), let head, head.count == 9, head[8] >= 2 {
      return .newerFormat(path: path, reason: reason)
    }
    return .damaged(path: path, reason: reason)
  }

  /// What an object is.
  public enum Kind: Sendable {
    /// A group of other objects.
    case group
    /// A data set.
    case dataset
    /// A named type or a link that is not followed.
    case other
  }

  /// The kind of an object, or nil when the file has none at that path.
  public func kind(of object: String) throws(HDF5Error) -> Kind? {
    let object = Self.rooted(object)
    return try HDF5Library.alone { () throws(HDF5Error) in
      switch chdf5_kind_of(id, object) {
      case Int32(CHDF5_ABSENT.rawValue): nil
      case Int32(CHDF5_GROUP.rawValue): .group
      case Int32(CHDF5_DATASET.rawValue): .dataset
      case Int32(CHDF5_UNKNOWN.rawValue): .other
      default: throw .unreadable(path: path, object: object, reason: HDF5Library.reason)
      }
    }
  }

  /// The names in a group with their kinds, in the order of the names.
  public func members(of group: String = "/") throws(HDF5Error) -> [(name: String, kind: Kind)] {
    let group = Self.rooted(group)
    try require(group)
    return try HDF5Library.alone { () throws(HDF5Error) in
      var text: UnsafeMutablePointer<CChar>?
      var bytes = 0
      guard chdf5_members(id, group, &text, &bytes) == 0 else {
        throw .unreadable(path: path, object: group, reason: HDF5Library.reason)
      }
      return HDF5Library.pieces(text, bytes).map { piece in
        let kind: Kind =
          switch piece.first {
          case "g": .group
          case "d": .dataset
          default: .other
          }
        return (String(piece.dropFirst()), kind)
      }
    }
  }

  /// The names of the groups in a group.
  public func groups(in group: String = "/") throws(HDF5Error) -> [String] {
    try members(of: group).filter { $0.kind == .group }.map(\.name)
  }

  /// The names of the data sets in a group.
  public func datasets(in group: String = "/") throws(HDF5Error) -> [String] {
    try members(of: group).filter { $0.kind == .dataset }.map(\.name)
  }

  /// The shape and element type of a data set.
  public func layout(of dataset: String) throws(HDF5Error) -> HDF5Layout {
    try describe(Self.rooted(dataset), nil)
  }

  /// The shape and element type of an attribute.
  public func layout(of attribute: String, on object: String) throws(HDF5Error) -> HDF5Layout {
    try describe(Self.rooted(object), attribute)
  }

  private func describe(_ object: String, _ attribute: String?) throws(HDF5Error) -> HDF5Layout {
    try require(object)
    if let attribute, !(try attributes(of: object).contains(attribute)) {
      throw .missing(path: path, object: Self.name(object, attribute))
    }
    return try HDF5Library.alone { () throws(HDF5Error) in
      var layout = chdf5_layout()
      guard chdf5_describe(id, object, attribute, &layout) == 0 else {
        throw .unreadable(
          path: path, object: Self.name(object, attribute), reason: HDF5Library.reason)
      }
      return HDF5Layout(layout)
    }
  }

  func require(_ object: String) throws(HDF5Error) {
    if try kind(of: object) == nil { throw .missing(path: path, object: object) }
  }

  static func rooted(_ path: String) -> String { path.hasPrefix("/") ? path : "/" + path }

  static func name(_ object: String, _ attribute: String?) -> String {
    attribute.map { "attribute \($0) of \(object)" } ?? object
  }
}
