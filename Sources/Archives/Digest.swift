import Crypto
public import Foundation

/// SHA-256 digests, written as 64 hexadecimal digits.
public enum Digest {
  /// The digest of some bytes.
  public static func sha256(_ data: Data) -> String {
    hexadecimal(SHA256.hash(data: data))
  }

  /// The digest of a file, read in pieces of 1 MiB.
  public static func sha256(ofFile path: String) throws(ArchiveError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .system(path: path, action: "read") }
    defer { close(file) }
    var hasher = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(file, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .system(path: path, action: "read") }
      if count == 0 { return hexadecimal(hasher.finalize()) }
      buffer.withUnsafeBytes { hasher.update(bufferPointer: .init(rebasing: $0[..<count])) }
    }
  }

  fileprivate static func hexadecimal(_ digest: SHA256.Digest) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in digest {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }
}

extension ArchiveError {
  /// The error of the system call that has just failed: bad input where a file to read is not there, else storage.
  package static func system(path: String, action: String, code: Int32 = errno) -> ArchiveError {
    switch code {
    case ENOENT where action == "read":
      .malformed(source: path, reason: "there is no such file")
    case EISDIR where action == "read":
      .malformed(source: path, reason: "it is a folder, and a file is needed")
    case EISDIR: .storage(path: path, action: action, reason: "it is a folder")
    case ENOSPC: .storage(path: path, action: action, reason: "the disk is full")
    default: .storage(path: path, action: action, reason: String(cString: strerror(code)))
    }
  }
}

extension Digest {
  /// A digest of bytes that come in pieces.
  public struct Running {
    private var hasher = SHA256()

    /// A digest of nothing yet.
    public init() {}

    /// Appends bytes.
    public mutating func update(_ data: Data) { hasher.update(data: data) }

    /// Appends bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      hasher.update(bufferPointer: bytes)
    }

    /// The digest of all the bytes so far.
    public var hexadecimal: String { Digest.hexadecimal(hasher.finalize()) }
  }
}
