import Archives
import Failures
import Foundation
import TestKit
import Tensors
import Testing
import Volumes

/// A header with something wrong, and a piece of the sentence that must say so.
struct WrongHeader: CustomTestStringConvertible, Sendable {
  let changes: [String: String?]
  let phrase: String

  init(_ changes: [String: String?], _ phrase: String) {
    self.changes = changes
    self.phrase = phrase
  }

  var testDescription: String { "\(changes.sorted { $0.key < $1.key }.map { $0 })" }
}

struct TextHeaderRefusalTests {
  static let nrrd: [WrongHeader] = [
    .init(["type": nil], "does not say `type`"),
    .init(["type": "block"], "type `block`"),
    .init(["dimension": nil], "does not say `dimension`"),
    .init(["dimension": "three"], "whole number"),
    .init(["dimension": "0"], "whole number"),
    .init(["dimension": "99999"], "whole number"),
    .init(["sizes": nil], "does not say `sizes`"),
    .init(["sizes": "2 3"], "3 positive whole numbers"),
    .init(["sizes": "2 0 2"], "3 positive whole numbers"),
    .init(["sizes": "2 -3 2"], "3 positive whole numbers"),
    .init(["sizes": "2 3.5 2"], "3 positive whole numbers"),
    .init(["sizes": "9999999 9999999 9999999"], "larger than any memory"),
    .init(["sizes": "9223372036854775807 2 2"], "larger than any memory"),
    .init(["sizes": "99999999999999999999 2 2"], "3 positive whole numbers"),
    .init(["sizes": "2 3 200000"], "truncated"),
    .init(["sizes": "2 3 200000000", "encoding": "gzip"], "truncated"),
    .init(["endian": nil], "does not say `endian`"),
    .init(["endian": "middle"], "little or big"),
    .init(["encoding": nil], "does not say `encoding`"),
    .init(["encoding": "bzip2"], "encoding `bzip2`"),
    .init(["encoding": "ascii"], "encoding `ascii`"),
    .init(["encoding": "gzip"], "not a gzip file"),
    .init(["space": "talairach"], "space `talairach`"),
    .init(["space": "left-posterior-superior-time"], "is not read"),
    .init(["space": nil], "neither `space` nor `space dimension`"),
    .init(["space": nil, "space dimension": "4"], "a space of 4 dimensions"),
    .init(["space directions": "(1,0,0) (0,1,0)"], "3 times"),
    .init(["space directions": "(1,0) (0,1) (1,1)"], "3 times"),
    .init(["space directions": "(1,0,0) (0,1,0) (0,0,inf)"], "3 times"),
    .init(["space directions": "(1,0,0) (0,1,0) (0,0,1"], "3 times"),
    .init(["space directions": "1 0 0 0 1 0 0 0 1"], "3 times"),
    .init(["space directions": "(1,0,0) (0,1,0) (1,1,0)"], "one plane"),
    .init(["space directions": "(1,0,0) (0,1,0) (0,0,0)"], "one plane"),
    .init(["space directions": "(1,0,0) (0,1,0) (0,0,1e-9)"], "no usable voxel spacing"),
    .init(["space directions": "(1,0,0) (0,1,0) none"], "disagree"),
    .init(["space directions": "none (1,0,0) none", "kinds": nil], "1 axes of space"),
    .init(["space origin": "(1,2)"], "one vector of 3 numbers"),
    .init(["space origin": "(1,2,nan)"], "one vector of 3 numbers"),
    .init(["kinds": "domain domain"], "3 kinds"),
    .init(["kinds": "domain domain list"], "disagree"),
    .init(["kinds": "domain domain complex"], "kind `complex`"),
    .init(
      [
        "dimension": "4", "sizes": "2 3 2 1", "kinds": nil, "space directions": nil,
      ], "4 axes of space"),
    .init(["space directions": nil, "spacings": "1 0 1"], "positive numbers"),
    .init(["space directions": nil, "spacings": "1 nan 1"], "positive numbers"),
    .init(["space directions": nil, "spacings": "1 1"], "3 numbers"),
    .init(["space units": "\"mm\" \"cm\" \"mm\""], "not all the same"),
    .init(["space units": "\"mile\" \"mile\" \"mile\""], "lengths in `mile`"),
    .init(["byte skip": "-2"], "whole number"),
    .init(["byte skip": "4"], "truncated"),
    .init(["byte skip": "-1", "encoding": "gzip"], "raw voxels only"),
    .init(["line skip": "1"], "skips more lines"),
    .init(["data file": "/etc/hostname"], "own folder"),
    .init(["data file": "../scan.raw"], "own folder"),
    .init(["data file": "a/../../scan.raw"], "own folder"),
    .init(["data file": "LIST"], "several data files"),
    .init(["data file": "scan%03d.raw 1 9 1"], "several data files"),
    .init(["data file": "nowhere.raw"], "no such file"),
    .init(["Sizes": "2 3 2"], "twice"),
    .init(["space  origin": "(1,2,3)"], "twice"),
  ]

  static let meta: [WrongHeader] = [
    .init(["ObjectType": "Mesh"], "holds a `Mesh`"),
    .init(["NDims": nil], "does not say `NDims`"),
    .init(["NDims": "4"], "an image of 4 axes"),
    .init(["NDims": "-3"], "whole number"),
    .init(["BinaryData": "False"], "written as text"),
    .init(["BinaryData": "maybe"], "True or False"),
    .init(["ElementByteOrderMSB": "True"], "differ"),
    .init(["TransformMatrix": "1 0 0 0 1 0"], "9 finite numbers"),
    .init(["TransformMatrix": "1 0 0 0 1 0 0 0 nan"], "9 finite numbers"),
    .init(["TransformMatrix": "1 0 0 0 1 0 1 1 0"], "one plane"),
    .init(["Offset": "1 2"], "3 finite numbers"),
    .init(["Origin": "1 2 3"], "differ"),
    .init(["ElementSpacing": "1 0 1"], "3 positive numbers"),
    .init(["ElementSpacing": "1 -2 1"], "3 positive numbers"),
    .init(["ElementSpacing": "1 x 1"], "3 finite numbers"),
    .init(["ElementSpacing": "1 1 1e9"], "no usable voxel spacing"),
    .init(["DimSize": nil], "does not say `DimSize`"),
    .init(["DimSize": "2 3"], "3 positive whole numbers"),
    .init(["DimSize": "2 0 2"], "3 positive whole numbers"),
    .init(["DimSize": "4000000000 4000000000 4000000000"], "larger than any memory"),
    .init(["DimSize": "2 3 300000"], "truncated"),
    .init(["ElementType": "MET_STRING"], "type `MET_STRING`"),
    .init(["ElementType": nil], "does not say `ElementType`"),
    .init(["ElementNumberOfChannels": "0"], "whole number"),
    .init(["ElementNumberOfChannels": "9"], "truncated"),
    .init(["AnatomicalOrientation": "RLI"], "three letters"),
    .init(["DistanceUnits": "furlong"], "lengths in `furlong`"),
    .init(["CompressedData": "True"], "damaged"),
    .init(["CompressedData": "True", "DimSize": "2 3 20000000"], "truncated"),
    .init(["CompressedData": "True", "CompressedDataSize": "25"], "truncated"),
    .init(["CompressedData": "True", "HeaderSize": "-1"], "uncompressed voxels only"),
    .init(["HeaderSize": "-2"], "whole number"),
    .init(["HeaderSize": "100000"], "begin at byte 100000"),
    .init(["ElementDataFile": "/etc/hostname"], "own folder"),
    .init(["ElementDataFile": "../scan.raw"], "own folder"),
    .init(["ElementDataFile": "LIST"], "several data files"),
    .init(["ElementDataFile": "scan%03d.raw 1 9 1"], "several data files"),
    .init(["ElementDataFile": "nowhere.raw"], "no such file"),
    .init(["ElementDataFile": nil], "no `Key = Value`"),
  ]

  private func refuse(_ file: Data, _ name: String, _ phrase: String) throws {
    try inFolder { folder in
      let path = folder.appendingPathComponent(name)
      try file.write(to: path)
      let error = #expect(throws: VolumeError.self) { try Volume.read(path.path) }
      #expect(error?.kind == .badInput)
      #expect(error?.description.contains(phrase) == true, "\(error?.description ?? "")")
      #expect(error?.description.contains(folder.path) == true)
      #expect(throws: VolumeError.self) { try LabelVolume.read(path.path) }
    }
  }

  @Test func `the headers that are changed are sound`() throws {
    #expect(try readVolume(HeaderText.nrrd.file, named: "a.nrrd").geometry == HeaderText.geometry)
    #expect(try readVolume(HeaderText.meta.file, named: "a.mha").geometry == HeaderText.geometry)
  }

  @Test(arguments: nrrd)
  func `a wrong NRRD header is refused with a sentence`(wrong: WrongHeader) throws {
    try refuse(HeaderText.nrrd.with(wrong.changes).file, "a.nrrd", wrong.phrase)
  }

  @Test(arguments: meta)
  func `a wrong MetaImage header is refused with a sentence`(wrong: WrongHeader) throws {
    try refuse(HeaderText.meta.with(wrong.changes).file, "a.mha", wrong.phrase)
  }

  @Test(arguments: [
    ("", "no NRRD file"), ("NRRD", "`NRRD`"), ("NRRD0009\n", "NRRD0001 to NRRD0005"),
    ("NRRD0004\nno field\n\n", "no `field: value`"), ("NRRD0004\ntype: uint8\n", "does not say"),
    ("PK", "no NRRD file"),
  ])
  func `what is no NRRD file is refused by its name`(text: String, phrase: String) throws {
    try refuse(Data(text.utf8), "a.nrrd", phrase)
  }

  @Test(arguments: [
    ("", "does not end with"), ("NDims = 3", "does not end with"), ("PK", "no `Key = Value`"),
  ])
  func `what is no MetaImage is refused by its name`(text: String, phrase: String) throws {
    try refuse(Data(text.utf8), "a.mha", phrase)
  }

  @Test func `a header without an end is refused before much of it is read`() throws {
    let line = Data("#\(String(repeating: "x", count: 1 << 20))\n".utf8)
    let long = Data("NRRD0004\n".utf8) + line + line + line + line + line
    try refuse(long, "a.nrrd", "does not end within 4194304 bytes")
    try refuse(
      Data("NDims = 3\n".utf8) + Data(repeating: 65, count: 5 << 20), "a.mha", "does not end within"
    )
  }

  @Test func `a small file of a large void is refused at the size its header says`() throws {
    let void = Data(count: 30_000_000)
    let gzip = HeaderText.nrrd.with(["encoding": "gzip"]).with(body: Gzip.compressed(void))
    try refuse(gzip.file, "a.nrrd", "more than the 24 bytes")
    let zlib = HeaderText.meta.with(["CompressedData": "True"])
      .with(body: deflated(void, .zlib, level: 6))
    try refuse(zlib.file, "a.mha", "more than 24 bytes")
  }

  @Test func `characters that steer a terminal do not reach it`() throws {
    let wrong = HeaderText.nrrd.with(["space": "\u{1B}[31mred"])
    try refuse(wrong.file, "a.nrrd", "space `[31mred`")
  }

  @Test(arguments: [("a.nrrd", HeaderText.nrrd.file), ("a.mha", HeaderText.meta.file)])
  func `a file cut off anywhere is refused`(name: String, whole: Data) throws {
    try inFolder { folder in
      let path = folder.appendingPathComponent(name)
      for length in 0..<whole.count {
        try whole.prefix(length).write(to: path)
        #expect(throws: VolumeError.self) { try Volume.read(path.path) }
      }
    }
  }

  @Test(arguments: [("a.nrrd", HeaderText.nrrd), ("a.mha", HeaderText.meta)])
  func `a header with changed bytes gives an error or a sound volume`(
    name: String, sound: HeaderText
  ) throws {
    try inFolder { folder in
      let path = folder.appendingPathComponent(name)
      var random = Random(seed: 11).split(name)
      let characters = Array("0123456789 .-,()=:nNeE\n/\0".utf8)
      for _ in 0..<1500 {
        var bytes = sound.file
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let place = Int.random(in: 0..<sound.header.count, using: &random)
          bytes[place] =
            Bool.random(using: &random)
            ? characters.randomElement(using: &random) ?? 0
            : UInt8.random(in: 0...255, using: &random)
        }
        try bytes.write(to: path)
        guard let volume = try? Volume.read(path.path) else { continue }
        #expect(volume.voxels.count <= bytes.count)
        #expect(volume.canonical.restored.voxels.count == volume.voxels.count)
      }
    }
  }
}
