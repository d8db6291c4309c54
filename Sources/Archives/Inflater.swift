import CZlib
package import Foundation

/// The deflate wrappings zlib knows.
package enum DeflateWrapping: Int32, Sendable {
  case raw = -15
  case zlib = 15
  case gzip = 31
}

/// A running decompression that never produces more than it is asked for.
///
/// The state lies at a fixed address, because zlib keeps a pointer back to it.
final class Inflater {
  private let stream: UnsafeMutablePointer<z_stream>
  private let source: String
  private(set) var hasEnded = false
  /// How many bytes of the input have been used.
  private(set) var consumed = 0

  init(_ wrapping: DeflateWrapping, source: String) {
    self.source = source
    stream = .allocate(capacity: 1)
    stream.initialize(to: z_stream())
    let status = inflateInit2_(
      stream, wrapping.rawValue, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib could not start: status \(status)")
  }

  deinit {
    inflateEnd(stream)
    stream.deallocate()
  }

  /// Fills `output` from `input` beyond what was consumed; returns how many bytes were written.
  ///
  /// Fewer than asked for are written only where the stream ends; damage and a missing end are errors.
  func fill(
    _ output: UnsafeMutableRawBufferPointer, from input: UnsafeRawBufferPointer
  ) throws(ArchiveError) -> Int {
    let slice = 1 << 30
    var written = 0
    while !hasEnded, written < output.count {
      let offered = min(slice, input.count - consumed)
      let room = min(slice, output.count - written)
      stream.pointee.next_in = UnsafeMutablePointer(
        mutating: input.bindMemory(to: UInt8.self).baseAddress.map { $0 + consumed })
      stream.pointee.avail_in = UInt32(offered)
      stream.pointee.next_out = output.bindMemory(to: UInt8.self).baseAddress.map { $0 + written }
      stream.pointee.avail_out = UInt32(room)
      let status = inflate(stream, Z_NO_FLUSH)
      let used = offered - Int(stream.pointee.avail_in)
      let made = room - Int(stream.pointee.avail_out)
      consumed += used
      written += made
      if status == Z_STREAM_END {
        hasEnded = true
      } else if status == Z_BUF_ERROR || (status == Z_OK && used == 0 && made == 0) {
        throw .malformed(source: source, reason: "the compressed data end too early")
      } else if status != Z_OK {
        let message = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
        throw .malformed(source: source, reason: "the compressed data are damaged (\(message))")
      }
    }
    return written
  }
}

/// Bytes decompressed to exactly `size` of them.
///
/// Memory is taken only where the input is long enough to hold so much (deflate shrinks by 1032 at most).
package func inflated(
  _ data: Data, _ wrapping: DeflateWrapping, size: Int, source: String
) throws(ArchiveError) -> Data {
  guard size >= 0, size / 1032 <= data.count + 64 else {
    throw .malformed(
      source: source, reason: "\(data.count) compressed bytes cannot hold the \(size) it claims")
  }
  let inflater = Inflater(wrapping, source: source)
  var output = Data(count: size + 1)
  let result = output.withUnsafeMutableBytes { output in
    data.withUnsafeBytes { input in
      Result { () throws(ArchiveError) in try inflater.fill(output, from: input) }
    }
  }
  let written = try result.get()
  guard written == size, inflater.hasEnded else {
    throw .malformed(
      source: source,
      reason: "it decompresses to \(written > size ? "more than " : "")"
        + "\(min(written, size)) bytes where \(size) are claimed")
  }
  return output.prefix(size)
}

/// The first `count` bytes of a decompression, or all of it where it is shorter.
package func inflatedPrefix(
  _ data: Data, _ wrapping: DeflateWrapping, count: Int, source: String
) throws(ArchiveError) -> Data {
  let inflater = Inflater(wrapping, source: source)
  var output = Data(count: count)
  let result = output.withUnsafeMutableBytes { output in
    data.withUnsafeBytes { input in
      Result { () throws(ArchiveError) in try inflater.fill(output, from: input) }
    }
  }
  return output.prefix(try result.get())
}

/// Bytes compressed with zlib at a level from 0 to 9; equal input gives equal bytes.
package func deflated(_ data: Data, _ wrapping: DeflateWrapping, level: Int) -> Data {
  var stream = z_stream()
  return withUnsafeMutablePointer(to: &stream) { stream in
    let status = deflateInit2_(
      stream, Int32(level), Z_DEFLATED, wrapping.rawValue, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    precondition(status == Z_OK, "zlib could not start: status \(status)")
    defer { deflateEnd(stream) }
    return data.withUnsafeBytes { deflateAll($0, with: stream) }
  }
}

private func deflateAll(
  _ input: UnsafeRawBufferPointer, with stream: UnsafeMutablePointer<z_stream>
) -> Data {
  var result = Data()
  var buffer = [UInt8](repeating: 0, count: 1 << 18)
  var offset = 0
  var status = Z_OK
  while status != Z_STREAM_END {
    let offered = min(1 << 30, input.count - offset)
    stream.pointee.next_in = UnsafeMutablePointer(
      mutating: input.bindMemory(to: UInt8.self).baseAddress.map { $0 + offset })
    stream.pointee.avail_in = UInt32(offered)
    let isLast = offset + offered == input.count
    status = buffer.withUnsafeMutableBufferPointer { buffer in
      stream.pointee.next_out = buffer.baseAddress
      stream.pointee.avail_out = UInt32(buffer.count)
      return deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
    }
    offset += offered - Int(stream.pointee.avail_in)
    result.append(contentsOf: buffer[..<(buffer.count - Int(stream.pointee.avail_out))])
  }
  return result
}

/// The CRC-32 of some bytes, as gzip, zip and PNG use it; `start` continues an earlier one.
package func checksum(_ data: Data, continuing start: UInt32 = 0) -> UInt32 {
  var value = UInt(start)
  data.withUnsafeBytes { bytes in
    var offset = 0
    while offset < bytes.count {
      let length = min(1 << 30, bytes.count - offset)
      value = crc32(
        value, bytes.bindMemory(to: UInt8.self).baseAddress.map { $0 + offset }, UInt32(length))
      offset += length
    }
  }
  return UInt32(truncatingIfNeeded: value)
}
