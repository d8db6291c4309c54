/// Where the fields of a NIfTI header lie, for one version.
///
/// NIfTI-1: nifti1.h; NIfTI-2: nifti2.h (R. Cox et al., nifti.nimh.nih.gov).
struct NIfTILayout {
  let version: Int
  /// The header's length in bytes, which its first four bytes also say.
  let size: Int
  let magic: Int
  let datatype: Int
  let bitsPerVoxel: Int
  let dimensions: Int
  let dimensionSize: Int
  let pixdim: Int
  /// Bytes a real number.
  let real: Int
  let voxelOffset: Int
  let slope: Int
  let units: Int
  let unitsSize: Int
  let formCodes: Int
  let formCodeSize: Int
  let quaternion: Int
  let srow: Int

  static let first = NIfTILayout(
    version: 1, size: 348, magic: 344, datatype: 70, bitsPerVoxel: 72, dimensions: 40,
    dimensionSize: 2, pixdim: 76, real: 4, voxelOffset: 108, slope: 112, units: 123, unitsSize: 1,
    formCodes: 252, formCodeSize: 2, quaternion: 256, srow: 280)

  static let second = NIfTILayout(
    version: 2, size: 540, magic: 4, datatype: 12, bitsPerVoxel: 14, dimensions: 16,
    dimensionSize: 8, pixdim: 104, real: 8, voxelOffset: 168, slope: 176, units: 500, unitsSize: 4,
    formCodes: 344, formCodeSize: 4, quaternion: 352, srow: 400)

  /// The magic bytes of a single file or of the header of a pair.
  func magic(pair: Bool) -> [UInt8] {
    let letters = Array((pair ? "ni" : "n+").utf8) + Array("\(version)\0".utf8)
    return version == 1 ? letters : letters + [13, 10, 26, 10]
  }
}

/// The bytes of a header, read and written as numbers of a given length and byte order.
struct HeaderBytes {
  var bytes: [UInt8]
  let littleEndian: Bool

  /// A whole number with sign of 1, 2, 4 or 8 bytes.
  func integer(at offset: Int, size: Int) -> Int {
    var pattern: UInt64 = 0
    for index in 0..<size {
      let byte = bytes[offset + (littleEndian ? size - 1 - index : index)]
      pattern = pattern << 8 | UInt64(byte)
    }
    let unused = 64 - 8 * size
    return Int(Int64(bitPattern: pattern << UInt64(unused)) >> Int64(unused))
  }

  /// A real number of 4 or 8 bytes.
  func real(at offset: Int, size: Int) -> Double {
    let pattern = UInt64(bitPattern: Int64(integer(at: offset, size: size)))
    return size == 8
      ? Double(bitPattern: pattern)
      : Double(Float(bitPattern: UInt32(truncatingIfNeeded: pattern)))
  }

  mutating func put(_ value: Int, at offset: Int, size: Int) {
    for index in 0..<size {
      let place = littleEndian ? index : size - 1 - index
      bytes[offset + place] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  mutating func put(_ value: Double, at offset: Int, size: Int) {
    let pattern =
      size == 8
      ? Int(Int64(bitPattern: value.bitPattern)) : Int(Float(value).bitPattern)
    put(pattern, at: offset, size: size)
  }
}
