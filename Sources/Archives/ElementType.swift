/// The number formats of arrays on disk.
public enum ElementType: String, Sendable, CaseIterable {
  case float64, float32, float16, bfloat16
  case int64, int32, int16, int8
  case uint64, uint32, uint16, uint8
  case bool

  /// The size of one element in bytes.
  public var byteCount: Int {
    switch self {
    case .float64, .int64, .uint64: 8
    case .float32, .int32, .uint32: 4
    case .float16, .bfloat16, .int16, .uint16: 2
    case .int8, .uint8, .bool: 1
    }
  }

  /// Whether the elements are whole numbers or truth values.
  public var isInteger: Bool {
    switch self {
    case .float64, .float32, .float16, .bfloat16: false
    default: true
    }
  }

  /// Reads little-endian elements as 32-bit floats.
  ///
  /// Element `i` lies `i · step` elements after `start`; the caller has checked that all lie in `bytes`.
  package func read(
    _ bytes: UnsafeRawBufferPointer, start: Int, step: Int, count: Int,
    into output: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .float64:
      each(UInt64.self) { Float(Double(bitPattern: $0)) }
    case .float32:
      each(UInt32.self) { Float(bitPattern: $0) }
    case .float16:
      each(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .bfloat16:
      each(UInt16.self) { Float(bitPattern: UInt32($0) << 16) }
    case .int64: each(Int64.self) { Float($0) }
    case .int32: each(Int32.self) { Float($0) }
    case .int16: each(Int16.self) { Float($0) }
    case .int8: each(Int8.self) { Float($0) }
    case .uint64: each(UInt64.self) { Float($0) }
    case .uint32: each(UInt32.self) { Float($0) }
    case .uint16: each(UInt16.self) { Float($0) }
    case .uint8: each(UInt8.self) { Float($0) }
    case .bool: each(UInt8.self) { $0 == 0 ? 0 : 1 }
    }
    func each<Stored: FixedWidthInteger>(_ type: Stored.Type, _ convert: (Stored) -> Float) {
      let width = MemoryLayout<Stored>.size
      for index in 0..<count {
        let value = bytes.loadUnaligned(
          fromByteOffset: (start + index * step) * width, as: Stored.self)
        output[index] = convert(Stored(littleEndian: value))
      }
    }
  }

  /// One little-endian element as a double.
  package func double(_ bytes: UnsafeRawBufferPointer, at index: Int) -> Double {
    func load<Stored: FixedWidthInteger>(_ type: Stored.Type) -> Stored {
      Stored(
        littleEndian: bytes.loadUnaligned(
          fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self))
    }
    return switch self {
    case .float64: Double(bitPattern: load(UInt64.self))
    case .float32: Double(Float(bitPattern: load(UInt32.self)))
    case .float16: Double(Float16(bitPattern: load(UInt16.self)))
    case .bfloat16: Double(Float(bitPattern: UInt32(load(UInt16.self)) << 16))
    case .int64: Double(load(Int64.self))
    case .int32: Double(load(Int32.self))
    case .int16: Double(load(Int16.self))
    case .int8: Double(load(Int8.self))
    case .uint64: Double(load(UInt64.self))
    case .uint32: Double(load(UInt32.self))
    case .uint16: Double(load(UInt16.self))
    case .uint8: Double(load(UInt8.self))
    case .bool: load(UInt8.self) == 0 ? 0 : 1
    }
  }
}
