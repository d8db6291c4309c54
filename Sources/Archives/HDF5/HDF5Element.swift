import CHDF5

/// The element types that HDF5 data can be read as and written from.
public enum HDF5ElementType: UInt32, Sendable {
  /// An unsigned integer of 8 bits.
  case uint8 = 0
  /// A signed integer of 16 bits.
  case int16 = 1
  /// A signed integer of 32 bits.
  case int32 = 2
  /// A signed integer of 64 bits.
  case int64 = 3
  /// A float of 32 bits.
  case float = 4
  /// A float of 64 bits.
  case double = 5
  /// A float of 16 bits.
  case half = 6

  var memory: chdf5_memory { chdf5_memory(rawValue: rawValue) }
}

/// A number type that HDF5 data can be read as and written from.
///
/// Stored integers of any size and byte order, floats of 16, 32 and 64 bits and h5py's bool become any of them; a number
/// that an integer type cannot hold exactly is an error.
public protocol HDF5Element: BitwiseCopyable, Sendable {
  /// The type in memory.
  static var hdf5Type: HDF5ElementType { get }
  /// Zero.
  static var zero: Self { get }
}

extension UInt8: HDF5Element {
  /// An unsigned integer of 8 bits.
  public static var hdf5Type: HDF5ElementType { .uint8 }
}

extension Int16: HDF5Element {
  /// A signed integer of 16 bits.
  public static var hdf5Type: HDF5ElementType { .int16 }
}

extension Int32: HDF5Element {
  /// A signed integer of 32 bits.
  public static var hdf5Type: HDF5ElementType { .int32 }
}

extension Int64: HDF5Element {
  /// A signed integer of 64 bits.
  public static var hdf5Type: HDF5ElementType { .int64 }
}

extension Float: HDF5Element {
  /// A float of 32 bits.
  public static var hdf5Type: HDF5ElementType { .float }
}

extension Double: HDF5Element {
  /// A float of 64 bits.
  public static var hdf5Type: HDF5ElementType { .double }
}

/// What a data set or attribute holds.
public struct HDF5Layout: Equatable, Sendable {
  /// What the elements are in the file.
  public enum Kind: Equatable, Sendable {
    /// Integers without a sign.
    case unsigned
    /// Integers with a sign.
    case signed
    /// Floats.
    case real
    /// h5py's enumeration of FALSE and TRUE.
    case bool
    /// Text.
    case string
    /// Something that is not read.
    case other
  }

  /// The extents, outermost first; empty for a single element.
  public let shape: [Int]
  /// What the elements are.
  public let kind: Kind
  /// The bytes of an element in the file.
  public let elementBytes: Int
  /// The extents of a chunk, or nil when the data is contiguous.
  public let chunk: [Int]?

  init(_ layout: chdf5_layout) {
    let rank = Int(layout.rank)
    shape = withUnsafeBytes(of: layout.extents) {
      $0.bindMemory(to: Int64.self).prefix(rank).map(Int.init)
    }
    let extents = withUnsafeBytes(of: layout.chunk) {
      $0.bindMemory(to: Int64.self).prefix(rank).map(Int.init)
    }
    chunk = layout.chunked == 1 ? extents : nil
    elementBytes = Int(layout.bytes)
    kind =
      switch layout.class_ {
      case CHDF5_UNSIGNED: .unsigned
      case CHDF5_SIGNED: .signed
      case CHDF5_REAL: .real
      case CHDF5_BOOL: .bool
      case CHDF5_FIXED_STRING, CHDF5_VARIABLE_STRING: .string
      default: .other
      }
  }

  /// Whether the elements are numbers or bool.
  public var isNumeric: Bool { kind != .string && kind != .other }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
}
