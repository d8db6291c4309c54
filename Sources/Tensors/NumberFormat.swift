import CKernels

/// A number format that tensors are kept in outside of memory; in memory they are 32-bit floats.
public enum NumberFormat: String, Sendable, Codable, CaseIterable {
  /// IEEE 754 single precision.
  case f32
  /// IEEE 754 half precision: 11 significant bits, up to 65504.
  case f16
  /// bfloat16: 8 significant bits, the range of single precision.
  case bf16

  /// The bytes of a number.
  public var byteCount: Int { self == .f32 ? 4 : 2 }
}

extension Tensor {
  /// How many numbers are converted at a time; no more than one thread takes, so that reading in the background never
  /// keeps the others waiting.
  private static let piece = 1 << 17

  /// A tensor of little-endian numbers in a format; `read` fills memory with the bytes that begin at a position.
  package init(
    _ shape: [Int], in format: NumberFormat,
    _ read: (UnsafeMutableRawBufferPointer, Int) throws -> Void
  ) rethrows {
    try self.init(unfilled: shape) { output in
      let count = shape.product
      guard format != .f32 else {
        return try read(UnsafeMutableRawBufferPointer(start: output, count: 4 * count), 0)
      }
      let memory = UnsafeMutablePointer<UInt16>.allocate(capacity: min(count, Tensor.piece))
      defer { memory.deallocate() }
      for first in stride(from: 0, to: count, by: Tensor.piece) {
        let length = min(Tensor.piece, count - first)
        try read(UnsafeMutableRawBufferPointer(start: memory, count: 2 * length), 2 * first)
        if format == .f16 {
          graft_floats_from_halves(output + first, memory, length)
        } else {
          graft_floats_from_bfloats(output + first, memory, length)
        }
      }
    }
  }

  /// Lends the numbers' bytes in a format, rounded to nearest even.
  package func withBytes<Result>(
    in format: NumberFormat, _ body: (UnsafeRawBufferPointer) throws -> Result
  ) rethrows -> Result {
    try withPointer { values in
      guard format != .f32 else {
        return try body(UnsafeRawBufferPointer(start: values, count: 4 * count))
      }
      let memory = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
      defer { memory.deallocate() }
      if format == .f16 {
        graft_halves_from_floats(memory, values, count)
      } else {
        graft_bfloats_from_floats(memory, values, count)
      }
      return try body(UnsafeRawBufferPointer(start: memory, count: 2 * count))
    }
  }

  /// The numbers as they come back from a format.
  package func rounded(to format: NumberFormat) -> Tensor {
    withBytes(in: format) { bytes in
      Tensor(shape, in: format) { memory, position in
        memory.copyMemory(
          from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + memory.count]))
      }
    }
  }
}
