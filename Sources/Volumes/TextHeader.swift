import Archives
import Foundation
import Tensors

/// What a file with a header of text, NRRD or MetaImage, says: the grid, and where and how its voxels are stored.
struct TextHeader {
  /// How the bytes of the voxels are compressed.
  enum Compression { case none, gzip, zlib }

  let format: Source.Format
  let datatype: NIfTIDatatype
  let littleEndian: Bool
  let geometry: Geometry
  let channels: Int
  /// How many values lie between two channels of one voxel: 1 where a voxel's channels follow each other.
  let channelStep: Int
  /// The path of the file that holds the voxels; nil where they follow the header.
  let dataFile: String?
  let compression: Compression
  /// Where the voxels begin.
  let place: Place
  let warnings: [String]

  /// Where voxels begin in their file.
  struct Place {
    /// The bytes before the (compressed) voxels.
    var offset = 0
    /// The lines to skip behind these.
    var lines = 0
    /// The bytes to skip after decompression.
    var bytes = 0
    /// Whether the voxels are simply the last bytes of the file, whatever stands before them.
    var isEnd = false
    /// How many bytes the compressed voxels have, where the header says it.
    var length: Int?
  }

  /// The number of bytes of all voxels; extents and channels were checked against overflow when they were read.
  var size: Int { geometry.count * channels * datatype.size }
}

/// A file with a header of text in memory.
struct TextHeadedFile {
  private let path: String
  private let header: TextHeader
  private let content: Data
  private let warnings: [String]

  /// Takes the voxels of `bytes`, the header's own file, or of the file the header names.
  ///
  /// No more is decompressed than the header asks for, and nothing where the file cannot hold as much.
  init(_ header: TextHeader, path: String, bytes: Data) throws(VolumeError) {
    self.path = path
    self.header = header
    let bodyPath = header.dataFile ?? path
    let file = try header.dataFile.map(fileBytes) ?? bytes
    let body = try Self.body(of: file, header.place, path: bodyPath)
    let needed = header.place.bytes + header.size
    func tooShort(_ found: String) -> VolumeError {
      .malformed(
        path: bodyPath,
        reason: "the file is truncated: its header asks for \(needed) bytes of voxels, it holds "
          + found)
    }
    var plain = body
    if header.compression != .none {
      guard needed / 1032 <= body.count else { throw tooShort("at most \(body.count * 1032)") }
      plain = try Self.unpacked(body, header.compression, size: needed, path: bodyPath)
    }
    guard plain.count >= needed else { throw tooShort("\(plain.count)") }
    content = header.place.isEnd ? plain.suffix(needed) : plain.dropFirst(header.place.bytes)
    let more = header.place.isEnd ? 0 : plain.count - needed
    warnings =
      header.warnings + (more > 0 ? ["\(more) bytes follow the voxels and were ignored."] : [])
  }

  /// The bytes from where the voxels begin, as they are stored.
  private static func body(
    of file: Data, _ place: TextHeader.Place, path: String
  ) throws(VolumeError) -> Data {
    guard place.offset <= file.count else {
      throw .malformed(
        path: path,
        reason: "the voxels are said to begin at byte \(place.offset), but the file has "
          + "\(file.count) bytes")
    }
    var body = file.dropFirst(place.offset)
    for line in 0..<place.lines {
      guard let end = body.firstIndex(of: UInt8(ascii: "\n")) else {
        throw .malformed(
          path: path,
          reason: "the header skips more lines before the voxels (\(place.lines)) than there are "
            + "(\(line))"
        )
      }
      body = body[(end + 1)...]
    }
    guard let length = place.length else { return body }
    guard length <= body.count else {
      throw .malformed(
        path: path,
        reason: "the file is truncated: its header says \(length) bytes of compressed voxels, it "
          + "holds \(body.count)")
    }
    return body.prefix(length)
  }

  private static func unpacked(
    _ body: Data, _ compression: TextHeader.Compression, size: Int, path: String
  ) throws(VolumeError) -> Data {
    if compression == .gzip || Gzip.recognises(body) {
      return try Volumes.unpacked(body, limit: size, path: path)
    }
    do throws(ArchiveError) {
      return try inflated(body, .zlib, size: size, source: path)
    } catch { throw .archive(error) }
  }

  private func withVoxels(_ body: (UnsafeRawPointer) -> Void) {
    content.withUnsafeBytes { bytes in
      if let base = bytes.baseAddress { body(base) }
    }
  }

  private func source(_ more: [String] = []) -> Source {
    Source(
      format: header.format, datatype: header.datatype.name, geometry: header.geometry,
      warnings: warnings + more, header: nil)
  }

  /// The image, its channels first whatever their place in the file.
  var volume: Volume {
    let (geometry, channels) = (header.geometry, header.channels)
    let outer = geometry.count / header.channelStep
    let rounding = Rounding()
    let stored = Tensor(unfilled: [outer, channels, header.channelStep]) { target in
      withVoxels { source in
        header.datatype.decode(
          with: FloatDecoder(
            source: source, target: target, count: channels * geometry.count,
            littleEndian: header.littleEndian, scaling: nil, rounding: rounding))
      }
    }
    let voxels = channels == 1 || outer == 1 ? stored : stored.swappingAxes(0)
    return Volume(
      voxels: voxels.reshaped([channels] + geometry.shape), geometry: geometry,
      source: source([rounding.warning(header.datatype.name)].compactMap(\.self)))
  }

  /// The labels; every one must be a whole number of 32 bits.
  func labels() throws(VolumeError) -> LabelVolume {
    guard header.channels == 1 else {
      throw .unsupported(
        path: path,
        reason: severalLabels(header.channels))
    }
    let values = try decodedLabels(
      header.datatype, littleEndian: header.littleEndian, header.geometry, path: path,
      with: withVoxels)
    return LabelVolume(values: values, geometry: header.geometry, source: source())
  }
}
