import Foundation

/// The run lengths of DICOM PS3.5, annex G: 16 numbers, the first the count of planes and the others where they
/// begin, then the planes, the most significant bytes of all pixels first.
enum DICOMRunLength {
  /// The pixels of one frame, least significant byte first.
  ///
  /// The piece must be long enough for so many, which `DICOMImage` has made sure of.
  static func decoded(
    _ piece: Data, pixels: Int, bytes: Int, path: String
  ) throws(VolumeError) -> [UInt8] {
    let piece = [UInt8](piece)
    guard piece.count >= 64 else {
      throw .malformed(path: path, reason: "a frame of run lengths has only \(piece.count) bytes")
    }
    func number(_ at: Int) -> Int {
      (0..<4).reduce(0) { $0 | Int(piece[at * 4 + $1]) << (8 * $1) }
    }
    guard number(0) == bytes else {
      throw .malformed(
        path: path,
        reason: "a frame of run lengths has \(number(0)) planes; pixels of \(8 * bytes) bits have "
          + "\(bytes)")
    }
    let starts = (1...bytes).map(number) + [piece.count]
    var result = [UInt8](repeating: 0, count: pixels * bytes)
    for plane in 0..<bytes {
      let range = starts[plane]..<max(starts[plane], starts[plane + 1])
      guard range.lowerBound >= 64, range.upperBound <= piece.count, !range.isEmpty else {
        throw .malformed(
          path: path,
          reason: "plane \(plane + 1) of the run lengths lies at bytes \(starts[plane]) to "
            + "\(starts[plane + 1]) of \(piece.count)")
      }
      try unpack(piece, range, into: &result, from: bytes - 1 - plane, step: bytes, path: path)
    }
    return result
  }

  /// Unpacks one plane: a control byte n of 0 to 127 is followed by n + 1 bytes, one of 129 to 255 by a byte to be
  /// repeated 257 - n times; 128 means nothing.
  private static func unpack(
    _ piece: [UInt8], _ range: Range<Int>, into result: inout [UInt8], from start: Int, step: Int,
    path: String
  ) throws(VolumeError) {
    var (source, target) = (range.lowerBound, start)
    while target < result.count {
      guard source < range.upperBound else {
        throw .malformed(path: path, reason: "a plane of run lengths ends too early")
      }
      let control = Int(piece[source])
      source += 1
      if control == 128 { continue }
      let count = control < 128 ? control + 1 : 257 - control
      let used = control < 128 ? count : 1
      guard source + used <= range.upperBound else {
        throw .malformed(path: path, reason: "a run ends after the plane it belongs to")
      }
      guard target + (count - 1) * step < result.count else {
        throw .malformed(path: path, reason: "a plane of run lengths holds more than its pixels")
      }
      for place in 0..<count {
        result[target] = piece[control < 128 ? source + place : source]
        target += step
      }
      source += used
    }
  }
}
