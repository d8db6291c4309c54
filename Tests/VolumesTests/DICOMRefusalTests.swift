import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Damaged and lying DICOM files: each is a typed error, none a crash.
struct DICOMRefusalTests {
  private func inFolder(_ body: (URL) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  private func refusal(_ bytes: Data) throws -> String {
    var text = ""
    try inFolder { folder in
      let path = folder.appendingPathComponent("scan.dcm")
      try bytes.write(to: path)
      let error = #expect(throws: VolumeError.self) { try Volume.read(path.path) }
      #expect(throws: VolumeError.self) { try LabelVolume.read(path.path) }
      text = error?.description ?? ""
    }
    return text
  }

  private let slice = DICOMSample.slice(instance: 1, z: 0, pixels: [Int16](0..<12))

  @Test(arguments: [
    ("pixels/big_uint16", 3), ("pixels/implicit_int12", 3), ("pixels/rle_uint16", 3),
    ("pixels/deflated_uint8", 3), ("pixels/explicit_int20", 3), ("series/enhanced/enhanced", 11),
  ])
  func `a file cut anywhere, in nested groups too, is refused`(name: String, step: Int) throws {
    let path = Goldens.path("formats/dicom/\(name).dcm")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try inFolder { folder in
      let target = folder.appendingPathComponent("cut.dcm")
      for length in stride(from: 0, to: bytes.count - 1, by: step) {
        try bytes.prefix(length).write(to: target)
        #expect(throws: VolumeError.self, "\(length)") { try Volume.read(target.path) }
      }
    }
  }

  @Test func `numbers that do not fit the pixels are refused`() throws {
    for (tag, value, words): (UInt32, UInt16, String) in [
      (0x0028_0010, 65535, "take"), (0x0028_0010, 0, "0 rows"), (0x0028_0011, 0, "0 columns"),
      (0x0028_0002, 3, "colour"), (0x0028_0100, 24, "24 bits"), (0x0028_0101, 17, "do not fit"),
      (0x0028_0102, 20, "do not fit"), (0x0028_0103, 9, "do not fit"),
    ] {
      var changed = slice
      changed.set(tag, [value])
      #expect(try refusal(changed.file).contains(words), "\(tag)")
    }
    for (tag, text, words): (UInt32, String, String) in [
      (0x0028_0004, "RGB", "PNG instead"), (0x0028_0008, "2000000", "take"),
      (0x0028_0008, "-1", "-1 frames"), (0x0028_0008, "99999999999999999999", "whole number"),
      (0x0028_0030, "0\\1", "Pixel Spacing"), (0x0028_0030, "1", "2 finite numbers"),
      (0x0020_0032, "1\\nan\\0", "3 finite numbers"),
      (0x0020_0037, "1\\0\\0\\1\\0\\0", "right angles"),
      (0x0028_1053, "inf", "finite"),
    ] {
      var changed = slice
      changed.set(tag, "DS", text)
      #expect(try refusal(changed.file).contains(words), "\(text)")
    }
  }

  @Test func `missing elements are named`() throws {
    for (tag, name): (UInt32, String) in [
      (0x0028_0010, "Rows"), (0x0028_0011, "Columns"), (0x0028_0100, "Bits Allocated"),
      (0x0020_0032, "Image Position"), (0x0020_0037, "Image Orientation"),
      (0x0028_0030, "Pixel Spacing"), (0x7FE0_0010, "no pixels"),
    ] {
      var changed = slice
      changed.remove(tag)
      #expect(try refusal(changed.file).contains(name), "\(name)")
    }
  }

  @Test func `lying lengths and nests are refused`() throws {
    var deep = DICOMSample()
    for _ in 0..<40 {
      var outer = DICOMSample()
      outer.set(0x0040_0275, "SQ", .items([deep], isDelimited: true))
      deep = outer
    }
    var nested = slice
    nested.set(0x0018_9999, "SQ", .items([deep], isDelimited: true))
    #expect(try refusal(nested.file).contains("nested more than"))
    let file = slice.file
    for at in stride(from: 132, to: file.count - 24, by: 1) {
      var lying = file
      lying.replaceSubrange(at..<at + 4, with: [0xFE, 0xFF, 0xFF, 0x7F])
      try inFolder { folder in
        let path = folder.appendingPathComponent("scan.dcm")
        try lying.write(to: path)
        do { _ = try Volume.read(path.path) } catch { #expect(error is VolumeError) }
      }
    }
  }

  @Test func `run lengths of pixels of 32 bits are read, and those that overrun are refused`()
    throws
  {
    func packed(_ planes: [[UInt8]], starts: [UInt32]? = nil) -> Data {
      var (header, body) = (Data(), Data())
      var numbers = [UInt32(planes.count)]
      for plane in planes {
        numbers.append(UInt32(64 + body.count))
        body += Data(plane)
      }
      for number in (starts ?? numbers)
        + [UInt32](repeating: 0, count: 16 - (starts ?? numbers).count)
      {
        withUnsafeBytes(of: number.littleEndian) { header.append(contentsOf: $0) }
      }
      return header + body
    }
    func file(_ piece: Data, bits: UInt16) -> Data {
      var sample = slice
      sample.syntax = "1.2.840.10008.1.2.5"
      for (tag, value): (UInt32, UInt16) in [
        (0x0028_0100, bits), (0x0028_0101, bits), (0x0028_0102, bits - 1), (0x0028_0103, 0),
      ] {
        sample.set(tag, [value])
      }
      sample.set(0x7FE0_0010, "OB", .pieces([piece]))
      return sample.file
    }
    // Twelve pixels: a run of 11 and a literal of 1; 128 means nothing.
    let plane: [UInt8] = [128, 246, 1, 0, 2]
    try inFolder { folder in
      let path = folder.appendingPathComponent("scan.dcm")
      try file(packed([plane, plane, plane, plane]), bits: 32).write(to: path)
      let values = try Volume.read(path.path).voxels.values
      #expect(values == [Float](repeating: Float(0x0101_0101), count: 11) + [Float(0x0202_0202)])
    }
    for (piece, words): (Data, String) in [
      (packed([[244, 1]]), "more than its pixels"), (packed([[11, 1, 2]]), "ends after the plane"),
      (packed([[246, 1]]), "too early"), (packed([plane, plane]), "2 planes"),
      (packed([plane], starts: [1, 900]), "lies at bytes"),
      (packed([plane], starts: [1, 3]), "lies at bytes"),
      (Data(count: 10), "only 10 bytes"),
      (Data(), "only 0 bytes"),
    ] {
      #expect(try refusal(file(piece, bits: 8)).contains(words), "\(words)")
    }
  }

  @Test func `run lengths of bits, and of more pixels than they can hold, are refused`() throws {
    var bits = DICOMSample.segmentation([(0, 1, [Bool](repeating: true, count: 12))])
    bits.syntax = "1.2.840.10008.1.2.5"
    bits.set(0x7FE0_0010, "OB", .pieces([Data(count: 64)]))
    #expect(try refusal(bits.file).contains("single bits"))
    var huge = slice
    huge.syntax = "1.2.840.10008.1.2.5"
    huge.set(0x0028_0010, [65535])
    huge.set(0x0028_0011, [65535])
    huge.set(0x7FE0_0010, "OB", .pieces([Data(count: 80)]))
    #expect(try refusal(huge.file).contains("too short for frames of 65535 x 65535"))
  }

  @Test func `a file without its preamble, or without its first elements, is read`() throws {
    var implicit = slice
    implicit.isExplicit = false
    for bytes in [
      slice.file.dropFirst(128), slice.file.dropFirst(132), slice.bytes, implicit.bytes,
    ] {
      try inFolder { folder in
        let path = folder.appendingPathComponent("scan")
        try Data(bytes).write(to: path)
        #expect(try Volume.read(path.path).voxels.values == (0..<12).map(Float.init))
      }
    }
  }

  @Test func `an unknown compression names the programs that know it`() throws {
    var foreign = slice
    foreign.syntax = "1.2.840.10008.1.2.4.100"
    foreign.set(0x7FE0_0010, "OB", .pieces([Data([1, 2, 3, 4])]))
    let text = try refusal(foreign.file)
    #expect(text.contains("MPEG2 Main Level") && text.contains("gdcmconv"))
  }

  @Test func `changed bytes never end the program`() throws {
    let path = Goldens.path("formats/dicom/series/enhanced/enhanced.dcm")
    let bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    var state: UInt64 = 20_261_121
    func random(_ bound: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % bound
    }
    try inFolder { folder in
      let target = folder.appendingPathComponent("scan.dcm")
      for _ in 0..<300 {
        var changed = bytes
        for _ in 0...random(4) { changed[132 + random(bytes.count - 132)] = UInt8(random(256)) }
        try Data(changed).write(to: target)
        do { _ = try Volume.read(target.path) } catch { #expect(error is VolumeError) }
      }
    }
  }
}
