public import Tensors

/// Which input pixel each output pixel copies: resampling of order 0.
///
/// One map moves the image and its label alike, so that they cannot come apart.
public struct PixelMap: Sendable, Equatable {
  /// The number of rows and columns read from.
  public let source: PlaneSize
  /// The number of rows and columns made.
  public let size: PlaneSize
  /// For each output pixel the input pixel `row · width + column`, or -1 for background.
  let indices: [Int32]

  init(source: PlaneSize, size: PlaneSize, _ indices: [Int32]) {
    self.source = source
    self.size = size
    self.indices = indices
  }

  /// SciPy's `zoom` of order 0 in mode "constant": see ``ZoomAxis`` for the rule of the coordinates.
  public static func zoom(from source: PlaneSize, to size: PlaneSize) -> PixelMap {
    let rows = ZoomAxis(from: source.height, to: size.height).nearest
    let columns = ZoomAxis(from: source.width, to: size.width).nearest
    return PixelMap(
      source: source, size: size,
      rows.flatMap { row in
        columns.map { row < 0 || $0 < 0 ? -1 : row * Int32(source.width) + $0 }
      })
  }

  /// Rows and columns turned by `turns` quarter turns, counter-clockwise as NumPy's `rot90`.
  public static func quarterTurns(_ turns: Int, of source: PlaneSize) -> PixelMap {
    let turns = (turns % 4 + 4) % 4
    let (h, w) = (source.height, source.width)
    let size = turns % 2 == 0 ? source : PlaneSize(height: w, width: h)
    return PixelMap(source: source, size: size) { row, column in
      switch turns {
      case 0: (row, column)
      case 1: (column, w - 1 - row)
      case 2: (h - 1 - row, w - 1 - column)
      default: (h - 1 - column, row)
      }
    }
  }

  /// Rows (axis 0) or columns (axis 1) in reverse, as NumPy's `flip`.
  public static func flip(axis: Int, of source: PlaneSize) -> PixelMap {
    precondition(axis == 0 || axis == 1, "flip: a plane has axes 0 and 1, not \(axis)")
    return PixelMap(source: source, size: source) { row, column in
      axis == 0 ? (source.height - 1 - row, column) : (row, source.width - 1 - column)
    }
  }

  /// Each output pixel from the input place that `place` names; places outside the input are background.
  init(source: PlaneSize, size: PlaneSize, _ place: (Int, Int) -> (Int, Int)) {
    var indices = [Int32](repeating: -1, count: size.height * size.width)
    for row in 0..<size.height {
      for column in 0..<size.width {
        let (y, x) = place(row, column)
        guard (0..<source.height).contains(y), (0..<source.width).contains(x) else { continue }
        indices[row * size.width + column] = Int32(y * source.width + x)
      }
    }
    self.init(source: source, size: size, indices)
  }

  /// This map followed by another, as one.
  public func followed(by next: PixelMap) -> PixelMap {
    precondition(next.source == size, "followed: the maps meet at \(size) and \(next.source)")
    return PixelMap(
      source: source, size: next.size, next.indices.map { $0 < 0 ? -1 : indices[Int($0)] })
  }

  /// The image [..., H, W] through this map, with 0 for background: [..., h, w].
  public func callAsFunction(_ image: Tensor) -> Tensor {
    precondition(
      Array(image.shape.suffix(2)) == [source.height, source.width],
      "PixelMap: an image \(image.shape) where \(source) is expected")
    let planes = image.shape.dropLast(2).reduce(1, *)
    let (inputCount, count) = (source.height * source.width, indices.count)
    return Tensor(unfilled: image.shape.dropLast(2) + [size.height, size.width]) { y in
      image.withPointer { x in
        indices.withUnsafeBufferPointer { indices in
          parallel(planes) { plane in
            let (from, to) = (x + plane * inputCount, y + plane * count)
            for k in 0..<count { to[k] = indices[k] < 0 ? 0 : from[Int(indices[k])] }
          }
        }
      }
    }
  }

  /// The label map or picture through this map, with 0 for background.
  public func callAsFunction(_ image: ByteImage) -> ByteImage {
    precondition(
      image.height == source.height && image.width == source.width,
      "PixelMap: an image of \(image.height) x \(image.width) where \(source) is expected")
    let channels = image.channels
    let values = [UInt8](unsafeUninitializedCapacity: indices.count * channels) { y, filled in
      image.values.withUnsafeBufferPointer { x in
        for (k, index) in indices.enumerated() {
          for channel in 0..<channels {
            y[k * channels + channel] = index < 0 ? 0 : x[Int(index) * channels + channel]
          }
        }
      }
      filled = indices.count * channels
    }
    return ByteImage(height: size.height, width: size.width, channels: channels, values: values)
  }
}

/// The rows and columns of a plane.
public struct PlaneSize: Sendable, Hashable, CustomStringConvertible {
  /// The number of rows.
  public let height: Int
  /// The number of columns.
  public let width: Int

  /// A plane of that many rows and columns.
  public init(height: Int, width: Int) {
    precondition(height > 0 && width > 0, "PlaneSize: \(height) x \(width) has no pixels")
    self.height = height
    self.width = width
  }

  /// Rows x columns, as in "512 x 512".
  public var description: String { "\(height) x \(width)" }
}
