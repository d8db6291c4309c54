import Tensors

/// How many numbers became others when they were made 32-bit floats, which a pack keeps.
public final class Rounding {
  /// How many.
  public private(set) var count = 0
  /// By how much at most.
  public private(set) var worst = 0.0

  /// None so far.
  public init() {}

  /// Compares numbers with the floats made of them.
  public func compare(_ numbers: [Double], with floats: [Float]) {
    precondition(
      numbers.count == floats.count, "Rounding: \(numbers.count) numbers, \(floats.count) floats")
    floats.withUnsafeBufferPointer { floats in
      if let base = floats.baseAddress { compare(numbers.count, { numbers[$0] }, with: base) }
    }
  }

  /// Compares numbers with the floats made of them, in blocks, so that no thread count changes the result.
  func compare(_ count: Int, _ number: (Int) -> Double, with floats: UnsafePointer<Float>) {
    let block = 1 << 16
    let blocks = (count + block - 1) / block
    var parts = [(count: Int, worst: Double)](repeating: (0, 0), count: blocks)
    parts.withUnsafeMutableBufferPointer { parts in
      let parts = parts
      parallel(blocks) { index in
        var part = (count: 0, worst: 0.0)
        for at in index * block..<min(count, (index + 1) * block) {
          let difference = abs(Double(floats[at]) - number(at))
          guard difference > 0 else { continue }
          part = (part.count + 1, max(part.worst, difference))
        }
        parts[index] = part
      }
    }
    self.count += parts.reduce(0) { $0 + $1.count }
    worst = parts.reduce(worst) { max($0, $1.worst) }
  }

  /// What the user is told of numbers of a type; nil where every one stayed what it was.
  public func warning(_ type: String) -> String? {
    guard count > 0 else { return nil }
    return "\(count) values stored as \(type) do not fit 32-bit floats and were rounded, by up to "
      + "\(worst < 0.01 ? "\(Float(worst))" : short(worst))."
  }
}
