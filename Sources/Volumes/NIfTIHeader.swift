/// The types of number a NIfTI file can store voxels in, by NIfTI's code.
public enum NIfTIDatatype: Int, Sendable {
  /// An 8-bit number without sign.
  case uint8 = 2
  /// A 16-bit number.
  case int16 = 4
  /// A 32-bit number.
  case int32 = 8
  /// A 32-bit float.
  case float32 = 16
  /// A 64-bit float.
  case float64 = 64
  /// An 8-bit number.
  case int8 = 256
  /// A 16-bit number without sign.
  case uint16 = 512
  /// A 32-bit number without sign.
  case uint32 = 768
  /// A 64-bit number.
  case int64 = 1024
  /// A 64-bit number without sign.
  case uint64 = 1280

  /// The name in the field, such as `int16`.
  public var name: String { "\(self)" }

  /// Bytes a voxel.
  public var size: Int {
    switch self {
    case .uint8, .int8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    }
  }

  /// The name of a code that NIfTI defines and graft does not read.
  static func foreignName(_ code: Int) -> String? {
    [
      1: "1-bit", 32: "complex64", 128: "RGB24", 1536: "float128", 1792: "complex128",
      2048: "complex256", 2304: "RGBA32",
    ][code]
  }
}

/// What a NIfTI header says, with the numbers as stored.
public struct NIfTIHeader: Sendable, Equatable {
  /// 1 or 2.
  public var version: Int
  /// Whether the file stores the least significant byte first.
  public var littleEndian: Bool
  /// Whether header and voxels are two files.
  public var isPair: Bool
  /// The extents, x first; 2 to 7 of them.
  public var dimensions: [Int]
  /// The type of the stored numbers.
  public var datatype: NIfTIDatatype
  /// The eight numbers of `pixdim`: qfac, then the distance along each axis in the file's unit.
  public var pixdim: [Double]
  /// Where the voxels begin in their file.
  public var voxelOffset: Int
  /// The factor voxels are to be multiplied with, as stored; NaN or 0 means none.
  public var slope: Double
  /// The number to be added after that, as stored.
  public var intercept: Double
  /// What the quaternion's positions refer to; 0 where it is not set.
  public var qformCode: Int
  /// What the matrix's positions refer to; 0 where it is not set.
  public var sformCode: Int
  /// The quaternion's b, c and d.
  public var quaternion: [Double]
  /// The quaternion's offset.
  public var offset: [Double]
  /// The first three rows of the matrix, four numbers each.
  public var srow: [Double]
  /// The units of space and time.
  public var units: Int
  /// The bytes between header and voxels beyond the extension flag.
  public var extensionBytes: Int

  /// How many bytes the header has.
  var size: Int { version == 1 ? 348 : 540 }

  /// How many millimetres a unit of the file is: metres and micrometres are understood, all else counts as millimetres.
  var millimetresPerUnit: Double {
    switch units & 7 {
    case 1: 1000
    case 3: 0.001
    default: 1
    }
  }

  /// Slope and intercept where the voxels are to be scaled, else nil.
  var scaling: (slope: Double, intercept: Double)? {
    guard !slope.isNaN, slope != 0, slope != 1 || intercept != 0 else { return nil }
    return (slope, intercept)
  }

  /// The extents in space: x, y and z.
  var extents: SIMD3<Int> {
    SIMD3(dimensions[0], dimensions[1], dimensions.count > 2 ? dimensions[2] : 1)
  }

  /// The number of images along the fourth and further axes.
  var channels: Int { dimensions.dropFirst(3).reduce(1, *) }
}
