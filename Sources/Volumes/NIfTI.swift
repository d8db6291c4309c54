import Archives
import Foundation
import Tensors

/// Reading of NIfTI-1 and NIfTI-2: one file or a pair, plain or gzipped, either byte order.
enum NIfTI {
  /// The image of a file, scaled as its header says.
  static func volume(_ file: NIfTIFile) throws(VolumeError) -> Volume {
    let (geometry, warnings) = try file.header.geometry(path: file.path)
    let channels = file.header.channels
    let rounding = Rounding()
    let voxels = Tensor(unfilled: [channels] + geometry.shape) { target in
      file.withVoxels { source in
        let decoder = FloatDecoder(
          source: source, target: target, count: channels * geometry.count,
          littleEndian: file.header.littleEndian, scaling: file.header.scaling,
          rounding: rounding)
        file.header.datatype.decode(with: decoder)
      }
    }
    let all = warnings + [rounding.warning(file.header.datatype.name)].compactMap(\.self)
    return Volume(voxels: voxels, geometry: geometry, source: file.source(geometry, warnings: all))
  }

  /// The labels of a file; every one must be a whole number of 32 bits.
  static func labels(_ file: NIfTIFile) throws(VolumeError) -> LabelVolume {
    let (geometry, warnings) = try file.header.geometry(path: file.path)
    guard file.header.channels == 1 else {
      throw .unsupported(
        path: file.path,
        reason: severalLabels(file.header.channels))
    }
    let values = try decodedLabels(
      file.header.datatype, littleEndian: file.header.littleEndian, scaling: file.header.scaling,
      geometry, path: file.path, with: file.withVoxels)
    return LabelVolume(
      values: values, geometry: geometry, source: file.source(geometry, warnings: warnings))
  }
}

/// A NIfTI file in memory: its header and the bytes of its voxels.
struct NIfTIFile {
  let path: String
  let header: NIfTIHeader
  /// The bytes that hold the voxels from `start` on.
  private let content: Data
  private let start: Int
  private let warnings: [String]

  /// Opens the file at a path, or the pair that a `.hdr` or `.img` belongs to.
  ///
  /// A gzipped file is not decompressed beyond what its header says.
  init(path: String, bytes: Data) throws(VolumeError) {
    self.path = path
    let prefix = try Self.prefix(of: bytes, path: path)
    header = try NIfTIHeader(prefix, path: path)
    var (body, bodyPath) = (bytes, path)
    if header.isPair {
      bodyPath = Self.partner(of: path)
      body = try fileBytes(bodyPath)
    }
    let size =
      header.channels * header.extents.x * header.extents.y * header.extents.z
      * header.datatype.size
    let needed = header.voxelOffset + size
    if Gzip.recognises(body) {
      // Deflate makes at most 1032 bytes of one, so a header that asks for more is refused unread.
      guard needed / 1032 <= body.count else {
        throw Self.tooShort(bodyPath, needed: needed, found: "at most \(body.count * 1032)")
      }
      body = try unpacked(body, limit: needed, path: bodyPath)
    }
    guard body.count >= needed else {
      throw Self.tooShort(bodyPath, needed: needed, found: "\(body.count)")
    }
    content = body
    start = header.voxelOffset
    warnings =
      body.count > needed
      ? ["\(body.count - needed) bytes follow the voxels and were ignored."] : []
  }

  private static func tooShort(_ path: String, needed: Int, found: String) -> VolumeError {
    .malformed(
      path: path,
      reason: "the file is truncated: its header asks for \(needed) bytes, "
        + "it holds \(found)")
  }

  /// The first bytes of a file, decompressed where needed.
  static func prefix(of bytes: Data, path: String) throws(VolumeError) -> [UInt8] {
    guard Gzip.recognises(bytes) else { return [UInt8](bytes.prefix(NIfTIHeader.prefixSize)) }
    do throws(ArchiveError) {
      return [UInt8](
        try Gzip.prefix(of: bytes, count: NIfTIHeader.prefixSize, source: path))
    } catch { throw .archive(error) }
  }

  /// The `.img` beside a `.hdr`, gzipped or not as the header is.
  private static func partner(of path: String) -> String {
    for (ending, other) in [(".hdr", ".img"), (".hdr.gz", ".img.gz")] where path.hasSuffix(ending) {
      return String(path.dropLast(ending.count)) + other
    }
    return path + ".img"
  }

  func withVoxels(_ body: (UnsafeRawPointer) -> Void) {
    content.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { body(base + start) }
    }
  }

  func source(_ geometry: Geometry, warnings more: [String]) -> Source {
    Source(
      format: header.version == 1 ? .nifti1 : .nifti2, datatype: header.datatype.name,
      geometry: geometry, warnings: warnings + more, header: header)
  }
}

/// Why a file of several volumes cannot be a label.
func severalLabels(_ count: Int) -> String {
  "a label has one value a voxel, and this file holds \(count) (a fourth axis, or channels); write the value of each "
    + "voxel's class into one volume of three axes"
}

/// The bytes of a regular file.
func fileBytes(_ path: String) throws(VolumeError) -> Data {
  let kind =
    try? FileManager.default.attributesOfItem(
      atPath: URL(fileURLWithPath: path).resolvingSymlinksInPath().path)[.type]
    as? FileAttributeType
  guard kind == .typeRegular else {
    throw .unreadable(path: path, reason: kind == nil ? "there is no such file" : "it is no file")
  }
  do throws(ArchiveError) { return try Data(mapping: path) } catch { throw .archive(error) }
}

func unpacked(_ bytes: Data, limit: Int, path: String) throws(VolumeError) -> Data {
  do throws(ArchiveError) {
    return try Gzip.decompressed(bytes, limit: limit, source: path)
  } catch { throw .archive(error) }
}
