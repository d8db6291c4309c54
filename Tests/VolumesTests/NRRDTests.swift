import Archives
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

struct NRRDTests {
  /// A file made by hand: two voxels, then two in the next slice, most significant byte first.
  private static let byHand =
    Data(
      """
      NRRD0004
      # made by hand
      content: anything
      type: signed short
      dimension: 3
      space: left-posterior-superior
      sizes: 2 1 2
      space directions: (0, -0.5, 0) (2,0,0)  (0,0,3)
      kinds: domain domain domain
      endian: big
      encoding: raw
      space origin: (10,-20,30)
      note:=any words: here


      """.utf8) + Data([0x00, 0x01, 0xFF, 0xFE, 0x01, 0x00, 0x7F, 0xFF])

  @Test func `a file made by hand has its values, grid and orientation`() throws {
    let volume = try readVolume(Self.byHand, named: "hand.nrrd")
    #expect(volume.voxels.shape == [1, 2, 1, 2])
    #expect(volume.voxels.values == [1, -2, 256, 32767])
    #expect(
      volume.geometry.affine.rows == [
        [0, -2, 0, -10], [0.5, 0, 0, 20], [0, 0, 3, 30], [0, 0, 0, 1],
      ])
    #expect(volume.geometry.orientation.codes == "ALS")
    #expect(volume.source.format == .nrrd)
    #expect(volume.source.datatype == "int16")
    #expect(volume.source.warnings.isEmpty)
  }

  @Test func `lines may end as on Windows, and content tells the format, not the name`() throws {
    let text = String(decoding: HeaderText.nrrd.header, as: UTF8.self)
    let file = Data(text.replacingOccurrences(of: "\n", with: "\r\n").utf8) + Data(count: 24)
    #expect(try readVolume(file, named: "scan.nii").geometry == HeaderText.geometry)
  }

  @Test(arguments: [
    ("right-anterior-superior", [1.0, 1, 1]), ("RAS", [1, 1, 1]),
    ("left-anterior-superior", [-1, 1, 1]), ("LAS", [-1, 1, 1]), ("LPS", [-1, -1, 1]),
  ])
  func `a named space becomes right, anterior and superior`(name: String, signs: [Double]) throws {
    let file = HeaderText.nrrd.with(["space": name]).file
    let affine = try readVolume(file, named: "a.nrrd").geometry.affine
    #expect(affine.translation == SIMD3(10 * signs[0], -20 * signs[1], 30))
    #expect(affine.columns[0] == SIMD3(0.5 * signs[0], 0, 0))
    #expect(affine.columns[1] == SIMD3(0, 2 * signs[1], 0))
  }

  private static let types = [
    "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64",
  ]

  @Test(arguments: types, [true, false])
  func `every type in either byte order, plain and compressed`(type: String, big: Bool) throws {
    let low: Double = type.hasPrefix("u") ? 0 : -100
    let values = (0..<12).map { low + Double($0 * 10) }
    let bytes = stored(values, as: type, big: big)
    let name = ["float32": "float", "float64": "double"][type] ?? "\(type)_t"
    for (encoding, body) in [
      ("raw", bytes), ("gzip", Gzip.compressed(bytes)), ("gz", Gzip.compressed(bytes)),
    ] {
      let file = HeaderText.nrrd.with([
        "type": name, "endian": big ? "big" : "little", "encoding": encoding,
      ]).with(body: body).file
      let volume = try readVolume(file, named: "a.nrrd")
      #expect(volume.voxels.values == values.map { Float($0) })
      #expect(volume.source.datatype == type)
      #expect(volume.geometry == HeaderText.geometry)
    }
  }

  @Test(arguments: ["list", "vector", "RGB-color", "time", "none"])
  func `an axis of channels may be the first or the last`(kind: String) throws {
    let values = (0..<36).map { Double($0) }
    let body = stored(values, as: "int16", big: false)
    let vectors = "(0.5,0,0) (0,2,0) (0,0,3)"
    let first = try readVolume(
      HeaderText.nrrd.with([
        "dimension": "4", "sizes": "3 2 3 2", "kinds": "\(kind) domain domain domain",
        "space directions": "none \(vectors)",
      ]).with(body: body).file, named: "a.nrrd")
    let last = try readVolume(
      HeaderText.nrrd.with([
        "dimension": "4", "sizes": "2 3 2 3", "kinds": "domain domain domain \(kind)",
        "space directions": "\(vectors) (nan,nan,nan)",
      ]).with(body: body).file, named: "a.nrrd")
    #expect(last.voxels.shape == [3, 2, 3, 2] && first.voxels.shape == [3, 2, 3, 2])
    #expect(last.voxels.values == values.map { Float($0) })
    #expect(
      first.voxels.values == (0..<3).flatMap { c in (0..<12).map { Float($0 * 3 + c) } })
    #expect(first.geometry == HeaderText.geometry && last.geometry == HeaderText.geometry)
  }

  @Test func `spacings without directions give a grid and a warning`() throws {
    let file = HeaderText.nrrd.with([
      "space directions": nil, "space": nil, "space origin": nil, "spacings": "0.5 2 3",
    ]).file
    let volume = try readVolume(file, named: "a.nrrd")
    #expect(volume.geometry.spacing == SIMD3(0.5, 2, 3))
    #expect(volume.geometry.orientation.codes == "LPS")
    #expect(volume.source.warnings.contains { $0.contains("no space directions") })
  }

  @Test func `a slice in space gets its third axis, and other units become millimetres`() throws {
    let flat = try readVolume(
      HeaderText.nrrd.with([
        "dimension": "2", "sizes": "2 3", "kinds": "domain domain",
        "space directions": "(0.05,0,0) (0,0,-0.2)", "space units": "\"cm\" \"cm\" \"cm\"",
        "space origin": "(1,-2,3)",
      ]).file, named: "a.nrrd")
    #expect(flat.geometry.extents == SIMD3(2, 3, 1))
    #expect(flat.geometry.affine.translation == SIMD3(-10, 20, 30))
    #expect(flat.geometry.affine.columns[1] == SIMD3(0, 0, -2))
    #expect(abs(flat.geometry.affine.columns[2].y) > 0)
  }

  @Test func `a detached header reads the file beside it, from the byte and line it names`() throws
  {
    let values = (0..<12).map { Double($0) }
    let raw = stored(values, as: "int16", big: false)
    let cases: [(changes: [String: String?], data: Data)] = [
      ([:], raw), (["byte skip": "5"], Data(count: 5) + raw),
      (["byte skip": "-1"], Data(count: 9) + raw),
      (["line skip": "2"], Data("a\nbc\n".utf8) + raw),
      (["encoding": "gzip"], Gzip.compressed(raw)),
      (["encoding": "gzip", "byte skip": "3"], Gzip.compressed(Data(count: 3) + raw)),
    ]
    try inFolder { folder in
      for (index, one) in cases.enumerated() {
        let header = HeaderText.nrrd.with(one.changes).with(["data file": "scan \(index).raw"])
        let path = folder.appendingPathComponent("scan.nhdr")
        try header.header.write(to: path)
        try one.data.write(to: folder.appendingPathComponent("scan \(index).raw"))
        let volume = try Volume.read(path.path)
        #expect(volume.voxels.values == values.map { Float($0) })
        #expect(volume.geometry == HeaderText.geometry)
        #expect(try LabelVolume.read(path.path).values == values.map { Int32($0) })
      }
      let path = folder.appendingPathComponent("scan.nhdr").path
      let before = try VolumeFile.digest(of: path)
      try Data(count: 24).write(to: folder.appendingPathComponent("scan 5.raw"))
      #expect(try VolumeFile.digest(of: path) != before)
    }
  }

  @Test(arguments: GoldenImage.all)
  func `a volume written as NRRD is its NIfTI twin`(image: GoldenImage) throws {
    try inFolder { folder in
      let twin = try Volume.read(image.path)
      let path = folder.appendingPathComponent("twin.nrrd").path
      try twin.canonical.write(path)
      let back = try Volume.read(path)
      #expect(back.voxels == twin.voxels)
      #expect(back.geometry == twin.geometry)
    }
  }

  @Test func `labels of many channels are refused`() throws {
    try inFolder { folder in
      let path = folder.appendingPathComponent("a.nrrd")
      try HeaderText.nrrd.with([
        "dimension": "4", "sizes": "2 3 2 1", "kinds": "domain domain domain list",
        "space directions": "(0.5,0,0) (0,2,0) (0,0,3) none",
      ]).file.write(to: path)
      #expect(try LabelVolume.read(path.path).geometry == HeaderText.geometry)
      try HeaderText.nrrd.with([
        "dimension": "4", "sizes": "2 3 1 2", "kinds": "domain domain domain list",
        "space directions": "(0.5,0,0) (0,2,0) (0,0,3) none",
      ]).file.write(to: path)
      let error = #expect(throws: VolumeError.self) { try LabelVolume.read(path.path) }
      #expect(error?.description.contains("one value a voxel, and this file holds 2") == true)
    }
  }
}

/// Files that ITK wrote from the NIfTI fixtures.
struct ForeignTextHeaderTests {
  @Test(arguments: [
    "int16_ras.nhdr", "int16_ras.mha", "oblique_q_only.nrrd", "oblique_q_only.mhd",
    "float32_lps.nrrd", "float32_lps.mha", "uint8_labels_lps.nrrd", "uint8_labels_lps.mhd",
    "permuted_sform.nhdr", "permuted_sform.mha", "four_d.nrrd", "four_d.mha",
  ])
  func `a file of ITK's is its NIfTI twin`(file: String) throws {
    let stem = file.prefix { $0 != "." }
    let twin = try #require(GoldenImage.all.first { $0.file.hasPrefix(stem + ".nii") })
    let expected = try Volume.read(twin.path)
    let volume = try Volume.read(Goldens.path("formats/headed/\(file)"))
    #expect(volume.voxels == expected.voxels)
    #expect(volume.geometry.difference(from: expected.geometry) == nil)
    let affine = expected.geometry.affine.rows.flatMap { $0 }
    #expect(largestDifference(volume.geometry.affine, affine) < 1e-5)
    #expect(volume.geometry.orientation == expected.geometry.orientation)
    #expect(volume.source.datatype == expected.source.datatype)
    #expect(volume.source.warnings.isEmpty)
  }
}
