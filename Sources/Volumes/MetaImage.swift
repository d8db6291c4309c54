import Archives
import Foundation

/// The header of a MetaImage file: lines `Key = Value`, of which `ElementDataFile` is the last.
///
/// The MetaIO documentation (itk.org) and the files ITK writes. Positions are left-posterior-superior.
struct MetaImage {
  /// Whether bytes begin as a MetaImage does, which has no magic: with one of the keys that come first.
  static func recognises(_ bytes: Data) -> Bool {
    ["ObjectType", "NDims"].contains { key in
      bytes.starts(with: Data(key.utf8))
        && [UInt8(ascii: " "), UInt8(ascii: "=")].contains(bytes.dropFirst(key.utf8.count).first)
    }
  }

  let fields: TextFields
  /// Where the voxels begin that follow the header.
  private let end: Int

  /// Reads the fields of a header; `path` is for the errors.
  init(_ bytes: Data, path: String) throws(VolumeError) {
    var fields = TextFields(path: path)
    var lines = HeaderLines(bytes, path: path)
    while fields["ElementDataFile"] == nil {
      guard let line = try lines.next() else {
        throw fields.malformed(
          "the MetaImage header does not end with `ElementDataFile`; the file may be truncated")
      }
      if line.allSatisfy(\.isWhitespace) { continue }
      guard let sign = line.firstIndex(of: "=") else {
        throw fields.malformed(
          "the line `\(quoted(line))` is no `Key = Value` of a MetaImage header")
      }
      let name = line[..<sign].trimmingCharacters(in: .whitespaces)
      let value = line[line.index(after: sign)...].trimmingCharacters(in: .whitespaces)
      if name != "Comment" { try fields.add(name, value) }
    }
    self.fields = fields
    end = lines.position
  }

  /// What the fields say, every number checked.
  func header() throws(VolumeError) -> TextHeader {
    if let kind = fields["ObjectType"], kind.lowercased() != "image" {
      throw fields.unsupported("the file holds a `\(quoted(kind))`; expected an Image")
    }
    guard try flag(["BinaryData"]) ?? true else {
      throw fields.unsupported(
        "voxels written as text are not read; write them with BinaryData = True")
    }
    let datatype = try datatype()
    guard let rank = try fields.integer("NDims", in: 1...16) else {
      throw fields.malformed("the header does not say `NDims`")
    }
    guard (2...3).contains(rank) else {
      throw fields.unsupported("an image of \(rank) axes is not read, only of 2 or 3")
    }
    let sizes = try fields.extents("DimSize", count: rank)
    let channels = try fields.integer("ElementNumberOfChannels", in: 1...(1 << 16)) ?? 1
    try fields.checkSize(sizes + [channels], bytes: datatype.size)
    let (geometry, warnings) = try geometry(sizes)
    let isBig = try flag(["BinaryDataByteOrderMSB", "ElementByteOrderMSB"]) ?? false
    let isCompressed = try flag(["CompressedData"]) ?? false
    let (file, place) = try place(isCompressed: isCompressed)
    return TextHeader(
      format: .metaImage, datatype: datatype, littleEndian: !isBig, geometry: geometry,
      channels: channels, channelStep: 1, dataFile: file,
      compression: isCompressed ? .zlib : .none, place: place, warnings: warnings)
  }

  /// The value of the first of some keys that is there; two that contradict each other are an error.
  func first(_ names: [String]) throws(VolumeError) -> (name: String, value: String)? {
    let found = names.compactMap { name in fields[name].map { (name: name, value: $0) } }
    if let one = found.first, let other = found.first(where: { $0.value != one.value }) {
      throw fields.malformed(
        "the header's `\(one.name)` and `\(other.name)` are two names of one thing and differ")
    }
    return found.first
  }

  private func flag(_ names: [String]) throws(VolumeError) -> Bool? {
    guard let (name, value) = try first(names) else { return nil }
    switch value.lowercased() {
    case "true", "1", "t", "yes": return true
    case "false", "0", "f", "no": return false
    default: throw fields.wrong(name, value, expected: "True or False")
    }
  }

  /// The file of the voxels, nil for the header's own, and where they begin there.
  private func place(isCompressed: Bool) throws(VolumeError) -> (String?, TextHeader.Place) {
    var place = TextHeader.Place()
    let most = 1 << 40
    let offset = try fields.integer("HeaderSize", in: -1...most)
    place.isEnd = offset == -1
    place.offset = max(0, offset ?? 0)
    if isCompressed {
      place.length = try fields.integer("CompressedDataSize", in: 0...most)
      guard !place.isEnd else {
        throw fields.malformed("`HeaderSize` is -1, which is possible for uncompressed voxels only")
      }
    }
    let name = try fields.required("ElementDataFile")
    if name.lowercased() == "local" {
      place.offset = max(end, place.offset)
      return (nil, place)
    }
    return (try fields.dataFile(name), place)
  }

  private func datatype() throws(VolumeError) -> NIfTIDatatype {
    let name = try fields.required("ElementType")
    guard let datatype = Self.datatypes[name.uppercased()] else {
      throw fields.unsupported(
        "voxels of type `\(quoted(name))` are not read, only whole numbers and floats")
    }
    return datatype
  }

  /// MET_LONG has 32 bits whatever the machine.
  private static let datatypes: [String: NIfTIDatatype] = [
    "MET_CHAR": .int8, "MET_UCHAR": .uint8, "MET_SHORT": .int16, "MET_USHORT": .uint16,
    "MET_INT": .int32, "MET_UINT": .uint32, "MET_LONG": .int32, "MET_ULONG": .uint32,
    "MET_LONG_LONG": .int64, "MET_ULONG_LONG": .uint64, "MET_FLOAT": .float32,
    "MET_DOUBLE": .float64,
  ]
}
