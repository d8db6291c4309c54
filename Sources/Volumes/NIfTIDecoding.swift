import Tensors

/// Turns stored voxels of one type into something else.
protocol VoxelDecoder {
  func decode<Stored: StoredNumber>(_ type: Stored.Type)
}

extension NIfTIDatatype {
  /// Runs a decoder with the Swift type of this datatype.
  func decode(with decoder: some VoxelDecoder) {
    switch self {
    case .uint8: decoder.decode(UInt8.self)
    case .int8: decoder.decode(Int8.self)
    case .int16: decoder.decode(Int16.self)
    case .uint16: decoder.decode(UInt16.self)
    case .int32: decoder.decode(Int32.self)
    case .uint32: decoder.decode(UInt32.self)
    case .int64: decoder.decode(Int64.self)
    case .uint64: decoder.decode(UInt64.self)
    case .float32: decoder.decode(Float.self)
    case .float64: decoder.decode(Double.self)
    }
  }
}

/// A number as a file stores it.
protocol StoredNumber: BitwiseCopyable {
  /// The number after its bytes were read in the given order.
  func read(littleEndian: Bool) -> Self
  var double: Double { get }
  var float: Float { get }
  /// Whether `float` may be another number.
  static var mayRound: Bool { get }
  /// The number as a label; nil where it is no whole number of 32 bits.
  var label: Int32? { get }
}

extension StoredNumber where Self: FixedWidthInteger {
  func read(littleEndian: Bool) -> Self {
    littleEndian ? Self(littleEndian: self) : Self(bigEndian: self)
  }
  var double: Double { Double(self) }
  var float: Float { Float(self) }
  static var mayRound: Bool { bitWidth > 16 }
  var label: Int32? { Int32(exactly: self) }
}

extension UInt8: StoredNumber {}
extension Int8: StoredNumber {}
extension Int16: StoredNumber {}
extension UInt16: StoredNumber {}
extension Int32: StoredNumber {}
extension UInt32: StoredNumber {}
extension Int64: StoredNumber {}
extension UInt64: StoredNumber {}

extension Float: StoredNumber {
  func read(littleEndian: Bool) -> Float {
    Float(bitPattern: bitPattern.read(littleEndian: littleEndian))
  }
  var double: Double { Double(self) }
  var float: Float { self }
  static var mayRound: Bool { false }
  var label: Int32? { Int32(exactly: self) }
}

extension Double: StoredNumber {
  func read(littleEndian: Bool) -> Double {
    Double(bitPattern: bitPattern.read(littleEndian: littleEndian))
  }
  var double: Double { self }
  var float: Float { Float(self) }
  static var mayRound: Bool { true }
  var label: Int32? { Int32(exactly: self) }
}

/// Decodes voxels to 32-bit floats; scaling is done with 64 bits.
struct FloatDecoder: VoxelDecoder {
  let source: UnsafeRawPointer
  let target: UnsafeMutablePointer<Float>
  let count: Int
  let littleEndian: Bool
  let scaling: (slope: Double, intercept: Double)?
  let rounding: Rounding

  private static let block = 1 << 16

  func decode<Stored: StoredNumber>(_ type: Stored.Type) {
    let size = MemoryLayout<Stored>.size
    parallel((count + Self.block - 1) / Self.block) { block in
      for at in block * Self.block..<min(count, (block + 1) * Self.block) {
        let stored = source.loadUnaligned(fromByteOffset: at * size, as: Stored.self)
          .read(littleEndian: littleEndian)
        if let scaling {
          target[at] = Float(stored.double * scaling.slope + scaling.intercept)
        } else {
          target[at] = stored.float
        }
      }
    }
    guard Stored.mayRound else { return }
    rounding.compare(
      count,
      { at in
        let stored = source.loadUnaligned(fromByteOffset: at * size, as: Stored.self)
          .read(littleEndian: littleEndian).double
        return scaling.map { stored * $0.slope + $0.intercept } ?? stored
      }, with: target)
  }
}

/// The first voxel that could not be decoded.
final class Found {
  var first: (position: Int, value: Double)?
}

/// Decodes voxels to labels; the first that is none is kept in `failure`.
struct LabelDecoder: VoxelDecoder {
  let source: UnsafeRawPointer
  let target: UnsafeMutablePointer<Int32>
  let count: Int
  let littleEndian: Bool
  let scaling: (slope: Double, intercept: Double)?
  let failure: Found

  func decode<Stored: StoredNumber>(_ type: Stored.Type) {
    let size = MemoryLayout<Stored>.size
    for at in 0..<count {
      let stored = source.loadUnaligned(fromByteOffset: at * size, as: Stored.self)
        .read(littleEndian: littleEndian)
      let scaled = scaling.map { stored.double * $0.slope + $0.intercept }
      if let label = scaled.map({ Int32(exactly: $0) }) ?? stored.label {
        target[at] = label
      } else {
        target[at] = 0
        if failure.first == nil { failure.first = (at, scaled ?? stored.double) }
      }
    }
  }
}

/// The labels of stored voxels, whose first byte `access` lends.
func decodedLabels(
  _ datatype: NIfTIDatatype, littleEndian: Bool,
  scaling: (slope: Double, intercept: Double)? = nil, _ geometry: Geometry, path: String,
  with access: ((UnsafeRawPointer) -> Void) -> Void
) throws(VolumeError) -> [Int32] {
  let failure = Found()
  let values = [Int32](unsafeUninitializedCapacity: geometry.count) { target, count in
    count = geometry.count
    access { source in
      guard let base = target.baseAddress else { return }
      datatype.decode(
        with: LabelDecoder(
          source: source, target: base, count: geometry.count, littleEndian: littleEndian,
          scaling: scaling, failure: failure))
    }
  }
  if let (position, value) = failure.first {
    throw .label(
      path: path, value: short(value), voxel: geometry.index(of: position),
      reason: value == value.rounded() ? "does not fit 32 bits" : notWhole)
  }
  return values
}

/// Why a label between two numbers cannot be used, and what made it, as a rule.
let notWhole =
  "is not a whole number; were the labels resampled with interpolation? Use nearest neighbour for them"
