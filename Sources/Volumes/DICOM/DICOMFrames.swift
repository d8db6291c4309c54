import Foundation

/// The frames of a file whose pixels are stored as they are or in run lengths.
struct DICOMFrames {
  let file: DICOMFile
  let image: DICOMImage
  private let content: Data

  /// Maps the file; its elements were read before.
  init(_ file: DICOMFile) throws(VolumeError) {
    self.file = file
    image = try DICOMImage(file)
    content = try file.content()
    let end: Int
    switch file.pixels {
    case .native(let range, _): end = range.upperBound
    case .fragments(let pieces): end = pieces.last?.upperBound ?? 0
    case nil: end = 0
    }
    guard end <= content.count else {
      throw .malformed(path: file.path, reason: "the file was made shorter while it was in use")
    }
  }

  /// Writes the values of a frame, each times the slope and plus the intercept.
  func decode(
    _ frame: Int, slope: Double, intercept: Double, to target: UnsafeMutablePointer<Float>
  ) throws(VolumeError) {
    try withStored(frame) { values in
      for (at, value) in values.enumerated() {
        target[at] = Float(Double(value) * slope + intercept)
      }
    }
  }

  /// The stored numbers of a frame, signed where the file says so.
  func withStored(
    _ frame: Int, _ body: (UnsafeBufferPointer<Int64>) -> Void
  ) throws(VolumeError) {
    let bytes = try bytes(of: frame)
    let values = [Int64](unsafeUninitializedCapacity: image.count) { target, count in
      count = image.count
      bytes.withUnsafeBytes { source in
        switch image.bitsAllocated {
        case 1: unpackBits(source, from: frame * image.count & 7, to: target)
        case 8: decode(UInt8.self, source, to: target)
        case 16: decode(UInt16.self, source, to: target)
        default: decode(UInt32.self, source, to: target)
        }
      }
    }
    values.withUnsafeBufferPointer(body)
  }

  private var isLittleEndian: Bool { file.syntax.littleEndian || file.syntax.pixels == .runLength }

  private func decode<Stored: FixedWidthInteger>(
    _ type: Stored.Type, _ source: UnsafeRawBufferPointer,
    to target: UnsafeMutableBufferPointer<Int64>
  ) {
    let (mask, sign) = (Int64(1) << image.bitsStored - 1, Int64(1) << (image.bitsStored - 1))
    for at in 0..<image.count {
      let stored = source.loadUnaligned(
        fromByteOffset: at * MemoryLayout<Stored>.size, as: Stored.self)
      let word = isLittleEndian ? Stored(littleEndian: stored) : Stored(bigEndian: stored)
      let value = Int64(truncatingIfNeeded: word) >> image.shift & mask
      target[at] = image.isSigned ? (value ^ sign) - sign : value
    }
  }

  /// Bits run from the lowest of a byte to the highest, and from frame to frame without a gap.
  private func unpackBits(
    _ source: UnsafeRawBufferPointer, from first: Int, to target: UnsafeMutableBufferPointer<Int64>
  ) {
    for at in 0..<image.count {
      let bit = first + at
      target[at] = Int64(source[bit >> 3] >> UInt8(bit & 7) & 1)
    }
  }

  /// The bytes that hold a frame.
  private func bytes(of frame: Int) throws(VolumeError) -> Data {
    precondition((0..<image.frames).contains(frame), "DICOM: frame \(frame) of \(image.frames)")
    let start = content.startIndex
    switch file.pixels {
    case .native(let range, let inWords):
      let bits = image.count * image.bitsAllocated
      let first = range.lowerBound + frame * bits / 8
      let last = range.lowerBound + ((frame + 1) * bits + 7) / 8
      guard inWords, !file.syntax.littleEndian, image.bitsAllocated <= 8 else {
        return content[start + first..<start + last]
      }
      // Bytes in words whose most significant byte comes first stand in exchanged pairs.
      var swapped = Data(capacity: last - first)
      for at in first..<last {
        let partner = range.lowerBound + ((at - range.lowerBound) ^ 1)
        guard partner < range.upperBound else {
          throw .malformed(path: file.path, reason: "pixels in words end in the middle of one")
        }
        swapped.append(content[start + partner])
      }
      return swapped
    case .fragments(let pieces):
      let piece = pieces[frame + 1]
      return Data(
        try DICOMRunLength.decoded(
          content[start + piece.lowerBound..<start + piece.upperBound], pixels: image.count,
          bytes: image.bitsAllocated / 8, path: file.path))
    case nil: throw .malformed(path: file.path, reason: "there are no pixels")
    }
  }
}
