import Archives
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

struct MetaImageTests {
  /// A file made by hand, of unsigned bytes; its second axis runs to the patient's left.
  private static let byHand =
    Data(
      """
      ObjectType = Image
      NDims = 3
      Comment = two of them
      Comment = are allowed
      DimSize = 2 1 2
      ElementType = MET_UCHAR
      ElementSize = 9 9 9
      ElementSpacing = 0.5 2 3
      Position = 10 -20 30
      Orientation = 0 -1 0 1 0 0 0 0 1
      AnatomicalOrientation = PRI
      ElementDataFile = Local

      """.utf8) + Data([1, 2, 3, 255])

  @Test func `a file made by hand has its values, grid and orientation`() throws {
    let volume = try readVolume(Self.byHand, named: "hand.mha")
    #expect(volume.voxels.values == [1, 2, 3, 255])
    #expect(
      volume.geometry.affine.rows == [
        [0, -2, 0, -10], [0.5, 0, 0, 20], [0, 0, 3, 30], [0, 0, 0, 1],
      ])
    #expect(volume.source.format == .metaImage)
    #expect(volume.source.warnings.isEmpty)
  }

  /// The bytes 0 to 3 in a stored deflate block, as zlib wraps them.
  private static let zlib = Data([
    0x78, 0x01, 0x01, 0x04, 0x00, 0xFB, 0xFF, 0x00, 0x01, 0x02, 0x03, 0x00, 0x0E, 0x00, 0x07,
  ])

  @Test(arguments: [true, false])
  func `compressed voxels made by hand, with their size and without`(saysSize: Bool) throws {
    var header = HeaderText.meta.with([
      "DimSize": "2 1 2", "ElementType": "MET_UCHAR", "CompressedData": "True",
    ])
    if saysSize { header = header.with(["CompressedDataSize": "15"]) }
    let volume = try readVolume(header.with(body: Self.zlib).file, named: "a.mha")
    #expect(volume.voxels.values == [0, 1, 2, 3])
  }

  private static let types = [
    ("MET_CHAR", "int8"), ("MET_UCHAR", "uint8"), ("MET_SHORT", "int16"), ("MET_USHORT", "uint16"),
    ("MET_INT", "int32"), ("MET_UINT", "uint32"), ("MET_LONG", "int32"), ("MET_ULONG", "uint32"),
    ("MET_LONG_LONG", "int64"), ("MET_ULONG_LONG", "uint64"), ("MET_FLOAT", "float32"),
    ("MET_DOUBLE", "float64"),
  ]

  @Test(arguments: types, [true, false])
  func `every type in either byte order, plain and compressed`(
    type: (name: String, datatype: String), big: Bool
  ) throws {
    let low: Double = type.datatype.hasPrefix("u") ? 0 : -100
    let values = (0..<12).map { low + Double($0 * 10) }
    let bytes = stored(values, as: type.datatype, big: big)
    for compressed in [false, true] {
      let file = HeaderText.meta.with([
        "ElementType": type.name, "BinaryDataByteOrderMSB": big ? "True" : "False",
        "CompressedData": compressed ? "True" : "False",
      ]).with(body: compressed ? deflated(bytes, .zlib, level: 6) : bytes).file
      let volume = try readVolume(file, named: "a.mha")
      #expect(volume.voxels.values == values.map { Float($0) })
      #expect(volume.source.datatype == type.datatype)
      #expect(volume.geometry == HeaderText.geometry)
    }
  }

  @Test func `channels follow each other in every voxel`() throws {
    let body = stored((0..<36).map { Double($0) }, as: "int16", big: false)
    let file = HeaderText.meta.with(["ElementNumberOfChannels": "3"]).with(body: body).file
    let volume = try readVolume(file, named: "a.mha")
    #expect(volume.voxels.shape == [3, 2, 3, 2])
    #expect(
      volume.voxels.values == (0..<3).flatMap { c in (0..<12).map { Float($0 * 3 + c) } })
  }

  @Test func `a detached header reads the file beside it`() throws {
    let values = (0..<12).map { Double($0) }
    let raw = stored(values, as: "int16", big: false)
    let cases: [(changes: [String: String?], data: Data)] = [
      ([:], raw), (["HeaderSize": "5"], Data(count: 5) + raw),
      (["HeaderSize": "-1"], Data(count: 9) + raw),
      (["CompressedData": "True"], deflated(raw, .zlib, level: 6)),
    ]
    try inFolder { folder in
      let path = folder.appendingPathComponent("scan.mhd")
      for one in cases {
        try HeaderText.meta.with(one.changes).with(["ElementDataFile": "scan.raw"]).header
          .write(to: path)
        try one.data.write(to: folder.appendingPathComponent("scan.raw"))
        let volume = try Volume.read(path.path)
        #expect(volume.voxels.values == values.map { Float($0) })
        #expect(volume.geometry == HeaderText.geometry)
      }
    }
  }

  @Test func `what is missing is assumed and said`() throws {
    let bare = HeaderText.meta.with(["TransformMatrix": nil, "Offset": nil, "ElementSpacing": nil])
    let plain = try readVolume(bare.file, named: "a.mha")
    #expect(plain.geometry.orientation.codes == "LPS")
    #expect(plain.source.warnings.count == 3)
    let lettered = try readVolume(
      bare.with(["AnatomicalOrientation": "LAI"]).file, named: "a.mha")
    #expect(lettered.geometry.orientation.codes == "RPS")
    let torn = try readVolume(
      HeaderText.meta.with(["AnatomicalOrientation": "LPI"]).file, named: "a.mha")
    #expect(torn.geometry == HeaderText.geometry)
    #expect(torn.source.warnings.contains { $0.contains("disagree") })
  }

  @Test func `a flat image is one slice`() throws {
    let file = HeaderText.meta.with([
      "NDims": "2", "TransformMatrix": "0 1 -1 0", "Offset": "1 2", "ElementSpacing": "0.5 2",
      "DimSize": "2 3",
    ]).with(body: Data(count: 12)).file
    let volume = try readVolume(file, named: "a.mha")
    #expect(volume.geometry.extents == SIMD3(2, 3, 1))
    #expect(
      volume.geometry.affine.rows == [
        [0, 2, 0, -1], [-0.5, 0, 0, -2], [0, 0, 1, 0], [0, 0, 0, 1],
      ])
  }

  private static let orientations = [
    [0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0],
  ].flatMap { axes in
    (0..<8).map { bits in Orientation(axes: axes, reversed: (0..<3).map { bits >> $0 & 1 == 1 }) }
  }

  @Test(arguments: ["mask.nrrd", "mask.mha", "MASK.NRRD"])
  func `a mask keeps voxels and grid in all 48 orientations`(name: String) throws {
    let geometry = Geometry(
      extents: SIMD3(4, 3, 2),
      affine: Affine(
        columns: [SIMD3(0.7, 0.05, 0), SIMD3(-0.1, 1.3, 0.2), SIMD3(0, 0.1, 2.5)],
        translation: SIMD3(-11.25, 20.1, 1e-5)))
    try inFolder { folder in
      let path = folder.appendingPathComponent(name).path
      for orientation in Self.orientations {
        let grid = geometry.rearranged(orientation.toCanonical.inverse)
        let labels = LabelVolume(
          values: (0..<24).map { Int32($0 * 37 % 300) }, geometry: geometry, source: Source(grid))
        try labels.write(path)
        let back = try LabelVolume.read(path)
        #expect(back.geometry.difference(from: grid) == nil)
        #expect(largestDifference(back.geometry.affine, grid.affine.rows.flatMap { $0 }) < 1e-12)
        #expect(back.geometry.orientation == orientation)
        #expect(back.canonical.values == labels.values)
        #expect(back.source.datatype == "uint16")
      }
    }
  }
}
