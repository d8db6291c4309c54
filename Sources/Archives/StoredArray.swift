public import Foundation

/// An array as it lies on disk: a number format, extents, and row-major little-endian bytes.
public struct StoredArray: Sendable, Equatable {
  /// The format of the elements.
  public let type: ElementType
  /// The extents, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The elements, row-major and little-endian.
  public let bytes: Data

  /// An array of the given bytes, which must be as many as the shape and type take.
  public init(type: ElementType, shape: [Int], bytes: Data) {
    precondition(
      shape.checkedProduct.map { $0 * type.byteCount } == bytes.count,
      "StoredArray: shape \(shape) of \(type) does not take \(bytes.count) bytes")
    self.type = type
    self.shape = shape
    self.bytes = bytes
  }

  /// An array of 32-bit floats.
  public init(shape: [Int], floats: [Float]) {
    self.init(type: .float32, shape: shape, bytes: floats.withUnsafeBytes { Data($0) })
  }

  /// An array of bytes.
  public init(shape: [Int], bytes: [UInt8]) {
    self.init(type: .uint8, shape: shape, bytes: Data(bytes))
  }

  /// The number of elements.
  public var count: Int { bytes.count / type.byteCount }

  /// The elements as 32-bit floats, rounded where the format is wider.
  public var floats: [Float] {
    [Float](unsafeUninitializedCapacity: count) { output, written in
      read(into: output.baseAddress)
      written = count
    }
  }

  /// The elements as doubles, exact but for 64-bit integers beyond 2^53.
  public var doubles: [Double] {
    bytes.withUnsafeBytes { bytes in (0..<count).map { type.double(bytes, at: $0) } }
  }

  /// The elements as integers, or nil where one is not a whole number within ±2^53.
  public var integers: [Int]? {
    var result: [Int] = []
    result.reserveCapacity(count)
    for value in doubles {
      guard let whole = Int(exactly: value), abs(whole) <= 1 << 53 else { return nil }
      result.append(whole)
    }
    return result
  }

  /// Writes the elements as 32-bit floats to memory for `count` of them.
  public func read(into output: UnsafeMutablePointer<Float>?) {
    guard let output else { return }
    bytes.withUnsafeBytes { type.read($0, start: 0, step: 1, count: count, into: output) }
  }
}
