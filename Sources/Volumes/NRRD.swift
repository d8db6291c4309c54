import Archives
import Foundation

/// The header of an NRRD file: a line of magic, fields and comments, and an empty line.
///
/// G. Kindlmann, Definition of NRRD File Format (teem.sourceforge.net/nrrd/format.html), versions 1 to 5.
struct NRRD {
  /// Whether bytes begin as an NRRD file does.
  static func recognises(_ bytes: Data) -> Bool { bytes.starts(with: Data("NRRD".utf8)) }

  let fields: TextFields
  /// Where the voxels begin that follow the header; nil where no empty line ends it.
  private let end: Int?

  /// Reads the fields of a header; `path` is for the errors.
  init(_ bytes: Data, path: String) throws(VolumeError) {
    var fields = TextFields(path: path)
    var lines = HeaderLines(bytes, path: path)
    let magic = Self.recognises(bytes) ? try lines.next() ?? "" : ""
    guard !magic.isEmpty else {
      throw fields.malformed("this is no NRRD file: it does not begin with NRRD")
    }
    guard magic.count == 8, let version = Int(magic.dropFirst(4)), (1...5).contains(version) else {
      throw fields.unsupported(
        "the file begins with `\(quoted(magic))`; NRRD0001 to NRRD0005 are read")
    }
    var end: Int?
    while end == nil, let line = try lines.next() {
      if line.isEmpty { end = lines.position }
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let colon = line.firstIndex(of: ":") else {
        throw fields.malformed("the header's line `\(quoted(line))` is no `field: value`")
      }
      let value = line[line.index(after: colon)...]
      if value.hasPrefix("=") { continue }
      let name = line[..<colon].lowercased().filter { !$0.isWhitespace }
      try fields.add(name, value.trimmingCharacters(in: .whitespaces))
    }
    self.fields = fields
    self.end = end
  }

  /// What the fields say, every number checked.
  func header() throws(VolumeError) -> TextHeader {
    let datatype = try datatype()
    let compression = try compression()
    let axes = try NRRDAxes(fields)
    try fields.checkSize(axes.sizes, bytes: datatype.size)
    let (geometry, warnings) = try axes.geometry()
    let (file, place) = try place(compression)
    return TextHeader(
      format: .nrrd, datatype: datatype, littleEndian: try littleEndian(datatype),
      geometry: geometry, channels: axes.channels, channelStep: axes.channelStep, dataFile: file,
      compression: compression, place: place, warnings: warnings)
  }

  private func compression() throws(VolumeError) -> TextHeader.Compression {
    let name = try fields.required("encoding")
    switch name.lowercased() {
    case "raw": return .none
    case "gzip", "gz": return .gzip
    default:
      throw fields.unsupported(
        "voxels in the encoding `\(quoted(name))` are not read, only raw and gzip")
    }
  }

  private func littleEndian(_ datatype: NIfTIDatatype) throws(VolumeError) -> Bool {
    if fields["endian"] == nil, datatype.size == 1 { return true }
    let name = try fields.required("endian")
    switch name.lowercased() {
    case "little": return true
    case "big": return false
    default: throw fields.wrong("endian", name, expected: "little or big")
    }
  }

  /// The file of the voxels, nil for the header's own, and where they begin there.
  private func place(
    _ compression: TextHeader.Compression
  ) throws(VolumeError) -> (String?, TextHeader.Place) {
    var place = TextHeader.Place()
    let most = 1 << 40
    place.lines = try fields.integer("lineskip", in: 0...most) ?? 0
    let skip = try fields.integer("byteskip", in: -1...most) ?? 0
    place.isEnd = skip == -1
    place.bytes = max(0, skip)
    guard !place.isEnd || compression == .none else {
      throw fields.malformed("`byte skip` is -1, which is possible for raw voxels only")
    }
    guard let name = fields["datafile"] else {
      guard let end else {
        throw fields.malformed(
          "the header names no data file and is not ended by an empty line; the file may be "
            + "truncated")
      }
      place.offset = end
      return (nil, place)
    }
    return (try fields.dataFile(name), place)
  }

  private func datatype() throws(VolumeError) -> NIfTIDatatype {
    let name = try fields.required("type")
    let words = name.lowercased().split(separator: " ")
    guard
      let type = Self.datatypes.first(where: { $0.names.contains(words.joined(separator: " ")) })
    else {
      throw fields.unsupported(
        "voxels of type `\(quoted(name))` are not read, only whole numbers and floats")
    }
    return type.datatype
  }

  private static let datatypes: [(datatype: NIfTIDatatype, names: [String])] = [
    (.int8, ["char", "signed char", "int8", "int8_t"]),
    (.uint8, ["uchar", "unsigned char", "uint8", "uint8_t"]),
    (.int16, ["short", "short int", "signed short", "signed short int", "int16", "int16_t"]),
    (.uint16, ["ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"]),
    (.int32, ["int", "signed int", "int32", "int32_t"]),
    (.uint32, ["uint", "unsigned int", "uint32", "uint32_t"]),
    (
      .int64,
      [
        "longlong", "long long", "long long int", "signed long long", "signed long long int",
        "int64", "int64_t",
      ]
    ),
    (
      .uint64,
      [
        "ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t",
      ]
    ),
    (.float32, ["float"]),
    (.float64, ["double"]),
  ]
}
