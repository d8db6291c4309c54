import Tensors

extension ByteImage {
  /// The size of an image whose longer side becomes `side`, as SAM's `ResizeLongestSide` rounds it.
  public static func longestSide(_ side: Int, of size: PlaneSize) -> PlaneSize {
    let scale = Double(side) / Double(max(size.height, size.width))
    return PlaneSize(
      height: max(1, Int(Double(size.height) * scale + 0.5)),
      width: max(1, Int(Double(size.width) * scale + 0.5)))
  }

  /// The picture at another size by bilinear interpolation that averages where it shrinks: Pillow's
  /// `resize(BILINEAR)` on bytes, to the last bit.
  ///
  /// Rows first, then columns, each with weights in units of 2⁻²² and a result rounded to a byte.
  public func resized(to size: PlaneSize) -> ByteImage {
    let across = width == size.width ? self : resizedAcross(to: size.width)
    return across.height == size.height ? across : across.resizedDown(to: size.height)
  }

  private func resizedAcross(to count: Int) -> ByteImage {
    let table = FixedWeights(.triangle(from: width, to: count))
    return filled(height: height, width: count) { x, y, row in
      let (from, to) = (x + row * width * channels, y + row * count * channels)
      for column in 0..<count {
        let start = Int(table.starts[column]) * channels
        for channel in 0..<channels {
          var sum = FixedWeights.half
          for tap in 0..<table.taps {
            let weight = table.weights[column * table.taps + tap]
            sum &+= Int32(from[start + tap * channels + channel]) &* weight
          }
          to[column * channels + channel] = FixedWeights.byte(sum)
        }
      }
    }
  }

  private func resizedDown(to count: Int) -> ByteImage {
    let table = FixedWeights(.triangle(from: height, to: count))
    let line = width * channels
    return filled(height: count, width: width) { x, y, row in
      let (from, to) = (x + Int(table.starts[row]) * line, y + row * line)
      for place in 0..<line {
        var sum = FixedWeights.half
        for tap in 0..<table.taps {
          sum &+= Int32(from[tap * line + place]) &* table.weights[row * table.taps + tap]
        }
        to[place] = FixedWeights.byte(sum)
      }
    }
  }

  /// An image of that size whose rows `fill(input, output, row)` writes, in parallel.
  private func filled(
    height: Int, width: Int,
    _ fill: (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>, Int) -> Void
  ) -> ByteImage {
    let count = height * width * channels
    let result = [UInt8](unsafeUninitializedCapacity: count) { y, filled in
      values.withUnsafeBufferPointer { x in
        guard let x = x.baseAddress, let y = y.baseAddress else { return }
        parallel(height) { row in fill(x, y, row) }
      }
      filled = count
    }
    return ByteImage(height: height, width: width, channels: channels, values: result)
  }
}

/// A table of weights in fixed point: 22 bits behind the point leave room for a byte and two bits of overshoot.
private struct FixedWeights {
  static let bits: Int32 = 22
  static let half: Int32 = 1 << (bits - 1)
  let starts: [Int32]
  let weights: [Int32]
  let taps: Int

  init(_ table: AxisWeights) {
    starts = table.starts
    taps = table.taps
    weights = table.weights.map { Int32($0 * Double(1 << Self.bits) + 0.5) }
  }

  static func byte(_ sum: Int32) -> UInt8 { UInt8(clamping: sum >> bits) }
}
