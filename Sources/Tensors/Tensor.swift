/// A dense array of 32-bit floats in row-major order: a value without a gradient.
///
/// Copies share their memory until one of them is written to.
public struct Tensor: Sendable {
  /// The extents, outermost first; empty for a scalar.
  public let shape: [Int]
  private var buffer: Buffer

  private init(shape: [Int], buffer: Buffer) {
    self.shape = shape
    self.buffer = buffer
  }

  /// A tensor whose elements `fill` writes; it must write all of them.
  public init(
    unfilled shape: [Int], _ fill: (UnsafeMutablePointer<Float>) throws -> Void
  ) rethrows {
    let buffer = Buffer(count: shape.product)
    try fill(buffer.base)
    self.init(shape: shape, buffer: buffer)
  }

  /// A tensor whose elements lie at `base`, where `owner` keeps them unchanged; the first write makes a copy.
  package init(_ shape: [Int], reading base: UnsafePointer<Float>, keptBy owner: AnyObject) {
    self.init(
      shape: shape, buffer: Buffer(reading: base, count: shape.product, keptBy: owner))
  }

  /// Several tensors that `fill` writes together; where a shape is nil there is none.
  public static func several(
    unfilled shapes: [[Int]?], _ fill: ([UnsafeMutablePointer<Float>?]) -> Void
  ) -> [Tensor?] {
    let tensors = shapes.map { shape in
      shape.map { Tensor(shape: $0, buffer: Buffer(count: $0.product)) }
    }
    withExtendedLifetime(tensors) { fill(tensors.map { $0?.buffer.base }) }
    return tensors
  }

  /// A tensor of the given elements, in row-major order.
  public init(_ shape: [Int], _ values: [Float]) {
    precondition(
      shape.product == values.count,
      "Tensor: shape \(shape) holds \(shape.product) elements, \(values.count) were given")
    self.init(unfilled: shape) { base in
      values.withUnsafeBufferPointer {
        if let first = $0.baseAddress { base.update(from: first, count: $0.count) }
      }
    }
  }

  /// A tensor with one value everywhere.
  public init(_ shape: [Int], repeating value: Float) {
    self.init(unfilled: shape) { $0.update(repeating: value, count: shape.product) }
  }

  /// A tensor of zeros.
  public init(zeros shape: [Int]) { self.init(shape, repeating: 0) }

  /// A scalar: a tensor of no axes.
  public init(_ scalar: Float) { self.init([], repeating: scalar) }

  /// The number of elements.
  public var count: Int { buffer.count }

  /// The elements in row-major order.
  public var values: [Float] { [Float](UnsafeBufferPointer(start: buffer.base, count: count)) }

  /// The only element of a tensor that has one.
  public var scalar: Float {
    precondition(count == 1, "Tensor.scalar: shape \(shape) has \(count) elements, not 1")
    return buffer.base[0]
  }

  /// The element at a position in row-major order.
  public subscript(flat position: Int) -> Float {
    precondition((0..<count).contains(position), "Tensor: \(position) is outside 0..<\(count)")
    return buffer.base[position]
  }

  /// The same elements under other extents; the memory is shared.
  public func reshaped(_ shape: [Int]) -> Tensor {
    precondition(
      shape.product == count,
      "Tensor.reshaped: \(self.shape) and \(shape) differ in their element count")
    return Tensor(shape: shape, buffer: buffer)
  }

  /// Lends the elements for reading while `body` runs.
  public func withPointer<Result>(
    _ body: (UnsafePointer<Float>) throws -> Result
  ) rethrows -> Result {
    try withExtendedLifetime(buffer) { try body(UnsafePointer(buffer.base)) }
  }

  /// Lends the elements for writing while `body` runs; other holders of the memory keep what they had.
  public mutating func withMutablePointer<Result>(
    _ body: (UnsafeMutablePointer<Float>) throws -> Result
  ) rethrows -> Result {
    if !buffer.isWritable || !isKnownUniquelyReferenced(&buffer) {
      let copy = Buffer(count: count)
      copy.base.update(from: buffer.base, count: count)
      buffer = copy
    }
    return try withExtendedLifetime(buffer) { try body(buffer.base) }
  }
}

extension Tensor: Equatable {
  /// Whether shapes and elements are equal, bit for bit but for the sign of zero.
  public static func == (one: Tensor, other: Tensor) -> Bool {
    guard one.shape == other.shape else { return false }
    return withPointers(one, other) { first, second in
      (0..<one.count).allSatisfy { first[$0] == second[$0] }
    }
  }
}

extension [Int] {
  /// The product of the extents: how many elements a shape holds.
  public var product: Int { reduce(1, *) }
}
