public import Foundation

/// An image as a PNG file holds it: samples row by row, channels interleaved.
public struct PNG: Sendable, Equatable {
  /// The width in pixels.
  public let width: Int
  /// The height in pixels.
  public let height: Int
  /// 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha.
  public let channels: Int
  /// 8 or 16: samples go from 0 to 255 or from 0 to 65535.
  public let depth: Int
  /// The samples [height, width, channels].
  public let samples: [UInt16]
  /// The palette index of every pixel [height, width] where the file has a palette: what a label image means.
  public let indices: [UInt8]?

  /// An image of the given samples.
  public init(
    width: Int, height: Int, channels: Int, depth: Int = 8, samples: [UInt16],
    indices: [UInt8]? = nil
  ) {
    precondition(
      samples.count == width * height * channels,
      "PNG: \(height)x\(width)x\(channels) samples expected, \(samples.count) given")
    precondition(depth == 8 || depth == 16, "PNG: a depth of 8 or 16 expected, \(depth) given")
    self.width = width
    self.height = height
    self.channels = channels
    self.depth = depth
    self.samples = samples
    self.indices = indices
  }

  /// An image of 8-bit samples.
  public init(width: Int, height: Int, channels: Int, bytes: [UInt8]) {
    self.init(
      width: width, height: height, channels: channels, samples: bytes.map { UInt16($0) })
  }

  /// The samples as 8-bit numbers; of 16-bit ones the upper half.
  public var bytes: [UInt8] {
    depth == 8
      ? samples.map { UInt8(truncatingIfNeeded: $0) } : samples.map { UInt8($0 >> 8) }
  }

  /// Whether bytes begin as a PNG file does.
  public static func recognises(_ data: Data) -> Bool { data.starts(with: signature) }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  /// The image as the bytes of a PNG file: gray, gray and alpha, RGB or RGBA of 8 or 16 bits.
  public var file: Data {
    let color: [UInt8] = [0, 4, 2, 6]
    var header = Data()
    header.append(big: UInt32(width))
    header.append(big: UInt32(height))
    header.append(contentsOf: [UInt8(depth), color[channels - 1], 0, 0, 0])
    let rowCount = width * channels
    var rows = Data(capacity: height * (1 + rowCount * depth / 8))
    for row in 0..<height {
      rows.append(0)
      for sample in samples[row * rowCount..<(row + 1) * rowCount] {
        if depth == 16 { rows.append(UInt8(sample >> 8)) }
        rows.append(UInt8(truncatingIfNeeded: sample))
      }
    }
    var file = Data(PNG.signature)
    PNG.append("IHDR", header, to: &file)
    PNG.append("IDAT", deflated(rows, .zlib, level: 6), to: &file)
    PNG.append("IEND", Data(), to: &file)
    return file
  }

  private static func append(_ name: String, _ content: Data, to file: inout Data) {
    file.append(big: UInt32(content.count))
    let body = Data(name.utf8) + content
    file.append(body)
    file.append(big: checksum(body))
  }
}
