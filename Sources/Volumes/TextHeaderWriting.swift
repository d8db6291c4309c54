import Archives
import Foundation
import Tensors

extension LabelVolume {
  /// The attached NRRD file that holds these labels in the grid of their source, compressed with gzip.
  var nrrd: Data {
    let type = datatype
    return NRRD.file(source.geometry, channels: 1, datatype: type, bytes: restored.bytes(as: type))
  }

  /// The attached MetaImage that holds these labels in the grid of their source, compressed with zlib.
  var metaImage: Data {
    let type = datatype
    let voxels = deflated(restored.bytes(as: type), .zlib, level: 6)
    let header = MetaImage.header(
      source.geometry, channels: 1, datatype: type, compressedSize: voxels.count)
    return header + voxels
  }
}

extension Volume {
  /// The attached NRRD file that holds these values, as numbers of the given type, in the grid of their source.
  func nrrd(_ datatype: NIfTIDatatype) -> Data {
    NRRD.file(
      source.geometry, channels: channels, datatype: datatype, bytes: restored.bytes(as: datatype))
  }

  /// The attached MetaImage that holds these values in the grid of their source, a voxel's channels side by side.
  func metaImage(_ datatype: NIfTIDatatype) -> Data {
    let stored = restored
    let count = stored.geometry.count
    let turned = Volume(
      voxels: stored.voxels.reshaped([channels, count, 1]).swappingAxes(0)
        .reshaped([channels] + stored.geometry.shape),
      geometry: stored.geometry)
    let voxels = deflated(turned.bytes(as: datatype), .zlib, level: 6)
    let header = MetaImage.header(
      source.geometry, channels: channels, datatype: datatype, compressedSize: voxels.count)
    return header + voxels
  }
}

/// The columns of an affine and its translation in left-posterior-superior coordinates.
private func leftPosteriorSuperior(
  _ affine: Affine
) -> (columns: [SIMD3<Double>], translation: SIMD3<Double>) {
  func turned(_ vector: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(0 - vector.x, 0 - vector.y, vector.z)
  }
  return (affine.columns.map(turned), turned(affine.translation))
}

private func text(_ vector: SIMD3<Double>, _ separator: String) -> String {
  (0..<3).map { "\(vector[$0])" }.joined(separator: separator)
}

extension NRRD {
  /// A file of voxels in a grid, x fastest and channels slowest, least significant byte first.
  ///
  /// No name, comment or date is written.
  fileprivate static func file(
    _ geometry: Geometry, channels: Int, datatype: NIfTIDatatype, bytes: Data
  ) -> Data {
    let (columns, translation) = leftPosteriorSuperior(geometry.affine)
    let extents = geometry.extents
    let more = channels > 1
    let type = [NIfTIDatatype.float32: "float", .float64: "double"][datatype] ?? datatype.name
    let directions = columns.map { "(\(text($0, ",")))" }.joined(separator: " ")
    let lines = [
      "NRRD0004", "type: \(type)", "dimension: \(more ? 4 : 3)", "space: left-posterior-superior",
      "sizes: \(extents.x) \(extents.y) \(extents.z)\(more ? " \(channels)" : "")",
      "space directions: \(directions)\(more ? " none" : "")",
      "kinds: domain domain domain\(more ? " list" : "")", "endian: little", "encoding: gzip",
      "space origin: (\(text(translation, ",")))", "", "",
    ]
    return Data(lines.joined(separator: "\n").utf8) + Gzip.compressed(bytes)
  }
}

extension MetaImage {
  /// The header of a file, least significant byte first, whose voxels follow compressed.
  fileprivate static func header(
    _ geometry: Geometry, channels: Int, datatype: NIfTIDatatype, compressedSize: Int
  ) -> Data {
    let (columns, translation) = leftPosteriorSuperior(geometry.affine)
    let spacing = geometry.spacing
    let directions = (0..<3).map { columns[$0] / spacing[$0] }
    let type = [
      NIfTIDatatype.uint8: "MET_UCHAR", .uint16: "MET_USHORT", .int16: "MET_SHORT",
      .float32: "MET_FLOAT",
    ][datatype]
    let several = channels > 1 ? ["ElementNumberOfChannels = \(channels)"] : []
    let lines =
      [
        "ObjectType = Image", "NDims = 3", "BinaryData = True", "BinaryDataByteOrderMSB = False",
        "CompressedData = True", "CompressedDataSize = \(compressedSize)",
        "TransformMatrix = \(directions.map { text($0, " ") }.joined(separator: " "))",
        "Offset = \(text(translation, " "))", "ElementSpacing = \(text(spacing, " "))",
        "DimSize = \(geometry.extents.x) \(geometry.extents.y) \(geometry.extents.z)",
      ] + several + [
        "ElementType = \(type ?? "MET_INT")", "ElementDataFile = LOCAL", "",
      ]
    return Data(lines.joined(separator: "\n").utf8)
  }
}
