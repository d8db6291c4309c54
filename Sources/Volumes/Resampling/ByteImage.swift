/// An image of bytes [H, W, C]: a label map (C = 1) or the pixels of a picture.
public struct ByteImage: Sendable, Equatable {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int
  /// The number of interleaved channels.
  public let channels: Int
  /// The bytes in row-major order, `height · width · channels` of them.
  public var values: [UInt8]

  /// An image of the given bytes.
  public init(height: Int, width: Int, channels: Int = 1, values: [UInt8]) {
    precondition(
      values.count == height * width * channels,
      "ByteImage: \(height) x \(width) x \(channels) needs \(height * width * channels) bytes, "
        + "\(values.count) were given")
    self.height = height
    self.width = width
    self.channels = channels
    self.values = values
  }

  /// The byte at a row, column and channel.
  public subscript(row: Int, column: Int, channel: Int = 0) -> UInt8 {
    values[(row * width + column) * channels + channel]
  }
}
