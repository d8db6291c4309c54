import Archives
import Foundation
import Tensors
import Testing
import Volumes

/// A header of text put together field by field, and the bytes behind it.
struct HeaderText: Sendable {
  var fields: [(name: String, value: String)]
  var isNRRD: Bool
  var body = Data()

  /// A sound NRRD header of 2 x 3 x 2 voxels.
  static let nrrd = HeaderText(
    fields: [
      ("type", "int16"), ("dimension", "3"), ("space", "left-posterior-superior"),
      ("sizes", "2 3 2"), ("space directions", "(0.5,0,0) (0,2,0) (0,0,3)"),
      ("kinds", "domain domain domain"), ("endian", "little"), ("encoding", "raw"),
      ("space origin", "(10,-20,30)"),
    ], isNRRD: true, body: Data(count: 24))

  /// A sound MetaImage header of the same grid.
  static let meta = HeaderText(
    fields: [
      ("ObjectType", "Image"), ("NDims", "3"), ("BinaryData", "True"),
      ("BinaryDataByteOrderMSB", "False"), ("CompressedData", "False"),
      ("TransformMatrix", "1 0 0 0 1 0 0 0 1"), ("Offset", "10 -20 30"),
      ("ElementSpacing", "0.5 2 3"), ("DimSize", "2 3 2"), ("ElementType", "MET_SHORT"),
      ("ElementDataFile", "LOCAL"),
    ], isNRRD: false, body: Data(count: 24))

  /// The geometry both describe.
  static let geometry = Geometry(
    extents: SIMD3(2, 3, 2),
    affine: Affine(
      columns: [SIMD3(-0.5, 0, 0), SIMD3(0, -2, 0), SIMD3(0, 0, 3)],
      translation: SIMD3(-10, 20, 30)))

  /// The same with fields changed, added before the last one, or, where nil, taken away.
  func with(_ changes: [String: String?]) -> HeaderText {
    var result = self
    for (name, value) in changes.sorted(by: { $0.key < $1.key }) {
      let place = result.fields.firstIndex { $0.name == name }
      if let place, let value {
        result.fields[place].value = value
      } else if let place {
        result.fields.remove(at: place)
      } else if let value {
        result.fields.insert((name, value), at: result.fields.count - 1)
      }
    }
    return result
  }

  func with(body: Data) -> HeaderText {
    var result = self
    result.body = body
    return result
  }

  var header: Data {
    let lines = fields.map { isNRRD ? "\($0.name): \($0.value)" : "\($0.name) = \($0.value)" }
    let all = isNRRD ? ["NRRD0005"] + lines + ["", ""] : lines + [""]
    return Data(all.joined(separator: "\n").utf8)
  }

  var file: Data { header + body }
}

/// Numbers as a file stores them, by the name of their type in graft.
func stored(_ values: [Double], as type: String, big: Bool) -> Data {
  var data = Data()
  func put<Number: FixedWidthInteger>(_ number: Number) {
    withUnsafeBytes(of: big ? number.bigEndian : number.littleEndian) {
      data.append(contentsOf: $0)
    }
  }
  for value in values {
    switch type {
    case "int8": put(Int8(value))
    case "uint8": put(UInt8(value))
    case "int16": put(Int16(value))
    case "uint16": put(UInt16(value))
    case "int32": put(Int32(value))
    case "uint32": put(UInt32(value))
    case "int64": put(Int64(value))
    case "uint64": put(UInt64(value))
    case "float32": put(Float(value).bitPattern)
    default: put(value.bitPattern)
    }
  }
  return data
}

/// Runs `body` with a folder that is removed afterwards.
func inFolder(_ body: (URL) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    "graft-test-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(folder)
}

/// Writes a file and reads it as a volume.
func readVolume(_ file: Data, named name: String) throws -> Volume {
  var result: Volume?
  try inFolder { folder in
    let path = folder.appendingPathComponent(name)
    try file.write(to: path)
    result = try Volume.read(path.path)
  }
  return try #require(result)
}
