public import Tensors

/// How an image of any size becomes the encoder's square, and how places in it map.
///
/// The longer side is brought to `size`, the shorter in proportion; the rest, below and at the right, is zero after
/// normalisation. Upstream: `ResizeLongestSide` and `Sam.preprocess`.
public struct Preprocessing: Sendable, Equatable {
  /// The mean of the official models' colours, on the scale 0 to 255.
  public static let mean: [Float] = [123.675, 116.28, 103.53]
  /// The standard deviation of the official models' colours.
  public static let deviation: [Float] = [58.395, 57.12, 57.375]

  /// The side of the encoder's image.
  public let size: Int
  /// The image's own rows.
  public let height: Int
  /// The image's own columns.
  public let width: Int
  /// The rows of the resized image: the exact length plus a half, cut to a whole number.
  public let resizedHeight: Int
  /// The columns of the resized image.
  public let resizedWidth: Int

  /// The way of an image of `height` rows and `width` columns into a square of `size`.
  public init(size: Int, height: Int, width: Int) {
    precondition(
      size > 0 && height > 0 && width > 0,
      "Preprocessing: an image of \(height) x \(width) into a square of \(size)")
    self.size = size
    self.height = height
    self.width = width
    let scale = Double(size) / Double(max(height, width))
    resizedHeight = max(1, Int(Double(height) * scale + 0.5))
    resizedWidth = max(1, Int(Double(width) * scale + 0.5))
  }

  /// The same for an image that is brought to `resizedHeight` x `resizedWidth` by another rule than the longer side's.
  public init(size: Int, height: Int, width: Int, resizedHeight: Int, resizedWidth: Int) {
    precondition(
      height > 0 && width > 0 && (1...size).contains(resizedHeight)
        && (1...size).contains(resizedWidth),
      "Preprocessing: \(height) x \(width) as \(resizedHeight) x \(resizedWidth) into \(size)")
    self.size = size
    self.height = height
    self.width = width
    self.resizedHeight = resizedHeight
    self.resizedWidth = resizedWidth
  }

  /// A place of the resized image from one of the image as given, both in pixels.
  public func mapped(x: Double, y: Double) -> (x: Float, y: Float) {
    (
      Float(x * (Double(resizedWidth) / Double(width))),
      Float(y * (Double(resizedHeight) / Double(height)))
    )
  }

  /// The encoder's input [3, size, size] from the resized image [3, h, w] of values 0 to 255.
  public func normalised(
    _ resized: Tensor, mean: [Float] = mean, deviation: [Float] = deviation
  ) -> Tensor {
    let channels = mean.count
    precondition(
      resized.shape == [channels, resizedHeight, resizedWidth],
      "Preprocessing: the resized image is \(resized.shape), expected "
        + "\([channels, resizedHeight, resizedWidth])")
    return Tensor(unfilled: [channels, size, size]) { padded in
      padded.update(repeating: 0, count: channels * size * size)
      resized.withPointer { pixels in
        for channel in 0..<channels {
          for row in 0..<resizedHeight {
            let source = pixels + (channel * resizedHeight + row) * resizedWidth
            let target = padded + (channel * size + row) * size
            for column in 0..<resizedWidth {
              target[column] = (source[column] - mean[channel]) / deviation[channel]
            }
          }
        }
      }
    }
  }

  /// The logits [M, H, W] at the image's own size from the decoder's [M, 4g, 4g].
  ///
  /// Bilinear to the square, cut to the part that the image fills, bilinear to the image's size.
  public func restored(_ logits: Tensor) -> Tensor {
    precondition(
      logits.shape.count == 3, "Preprocessing: logits are [M, h, w], not \(logits.shape)")
    let masks = logits.shape[0]
    let square = logits.resized(height: size, width: size)
    let (rows, columns) = (resizedHeight, resizedWidth)
    let cut = Tensor(unfilled: [masks, rows, columns]) { cut in
      square.withPointer { square in
        parallel(masks * rows) { line in
          let source = square + (line / rows * size + line % rows) * size
          (cut + line * columns).update(from: source, count: columns)
        }
      }
    }
    return cut.resized(height: height, width: width)
  }
}
