import Archives
import Failures
import Foundation
import TestKit
import Testing

struct SpoolTests {
  @Test func `bytes come back as long as anyone holds them`() throws {
    func kept() throws -> [(Data, Spool.Piece)] {
      let spool = try Spool()
      return try [1, 4095, 4096, 4097, 300_000].map { count in
        let data = Data((0..<count).map { UInt8(truncatingIfNeeded: $0 * $0 / 7 + count) })
        let place = try data.withUnsafeBytes { try spool.append($0) }
        return (data, spool.piece(at: place, count: count))
      }
    }
    for (data, piece) in try kept() { #expect(Data(piece.bytes) == data) }
  }
}

struct GzipTests {
  @Test func `what is compressed comes back, and in equal bytes`() throws {
    let data = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) })
    let packed = Gzip.compressed(data)
    #expect(packed == Gzip.compressed(data))
    #expect(try Gzip.decompressed(packed, limit: data.count, source: "x") == data)
    #expect(try Gzip.prefix(of: packed, count: 10, source: "x") == data.prefix(10))
  }

  @Test func `several members make one whole, and rubbish behind them is refused`() throws {
    let two = Gzip.compressed(Data("ab".utf8)) + Gzip.compressed(Data("cd".utf8))
    #expect(try Gzip.decompressed(two, limit: 4, source: "x") == Data("abcd".utf8))
    #expect(throws: ArchiveError.self) {
      try Gzip.decompressed(two + Data("zz".utf8), limit: 4, source: "x")
    }
  }

  @Test func `a bomb stops at the limit`() throws {
    let bomb = Gzip.compressed(Data(count: 64 << 20))
    #expect(throws: ArchiveError.tooLarge(source: "bomb", limit: 1000)) {
      try Gzip.decompressed(bomb, limit: 1000, source: "bomb")
    }
  }

  @Test(arguments: ["gz_truncated", "gz_bad_crc", "gz_plain_text", "gz_corrupt_deflate"])
  func `a malformed file is refused`(name: String) throws {
    let path = Goldens.path("formats/malformed/\(name).nii.gz")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    #expect(throws: ArchiveError.self) {
      try Gzip.decompressed(data, limit: 1 << 30, source: path)
    }
  }
}

struct NumPyTests {
  @Test(arguments: ElementType.allCases.filter { $0 != .bfloat16 }, [[], [3], [2, 0], [2, 3, 4]])
  func `arrays of every type come back`(type: ElementType, shape: [Int]) throws {
    let count = shape.reduce(1, *)
    let bytes = Data((0..<count * type.byteCount).map { UInt8(truncatingIfNeeded: $0 & 1) })
    let array = StoredArray(type: type, shape: shape, bytes: bytes)
    #expect(try NPY.array(NPY.file(array), source: "x") == array)
    let archive = try NPZ(try NPZ.file([("one", array), ("two.a", array)]), source: "x")
    #expect(archive.names == ["one", "two.a"])
    #expect(try archive.array("two.a") == array)
    #expect(try archive.header("one").shape == shape)
  }

  @Test func `big-endian and Fortran-ordered arrays come out row-major`() throws {
    let big = try NPY.array(decoded(Samples.bigEndianNPY), source: "x")
    #expect(big.type == .int32)
    #expect(big.shape == [2, 3])
    #expect(big.integers == Array(0..<6))
    let fortran = try NPY.array(decoded(Samples.fortranNPY), source: "x")
    #expect(fortran.type == .float16)
    #expect(fortran.shape == [2, 3, 4])
    #expect(fortran.floats == (0..<24).map { Float($0) })
  }

  @Test(arguments: [0, 1, 2, 3, 4])
  func `the slices of the TransUNet layout are read`(slice: Int) throws {
    let file = try NPZ(
      contentsOf: Goldens.path("formats/transunet/train_npz/case0001_slice00\(slice).npz"))
    #expect(Set(file.names) == ["image", "label"])
    let image = try file.array("image")
    let label = try file.array("label")
    #expect(image.shape == label.shape)
    let expected = try Goldens.hdf5("formats/transunet/train_expected.h5")
    for (name, array) in [("image", image), ("label", label)] {
      let path = "case0001_slice00\(slice)/\(name)"
      #expect(try array.shape == expected.shape(path))
      #expect(try array.floats == expected.doubles(path).map { Float($0) })
    }
  }

  @Test(arguments: [
    "bad_crc", "bad_magic", "header_code", "huge_shape", "negative_shape", "object_pickle",
    "truncated",
  ])
  func `a malformed archive is refused`(name: String) {
    #expect(throws: ArchiveError.self) {
      let file = try NPZ(contentsOf: Goldens.path("formats/malformed/npz_\(name).npz"))
      for name in file.names { _ = try file.array(name) }
    }
  }
}

struct ZipTests {
  @Test func `members begin at multiples of 64 and names are only names`() throws {
    let file = try ZipWriter.archive([("../a", Data("first".utf8)), ("b/c", Data("second".utf8))])
    for text in ["first", "second"] {
      let place = try #require(file.range(of: Data(text.utf8))?.lowerBound)
      #expect(place % 64 == 0)
    }
    let archive = try ZipArchive(file, source: "x")
    #expect(archive.entries.map(\.name) == ["../a", "b/c"])
    let entry = try #require(archive["b/c"])
    #expect(try archive.bytes(of: entry, limit: 6) == Data("second".utf8))
    #expect(throws: ArchiveError.tooLarge(source: "b/c in x", limit: 5)) {
      try archive.bytes(of: entry, limit: 5)
    }
  }

  @Test func `two members of one name are refused`() throws {
    let file = try ZipWriter.archive([("a", Data()), ("a", Data())])
    #expect(throws: ArchiveError.malformed(source: "x", reason: "two members are called a")) {
      try ZipArchive(file, source: "x")
    }
  }

  @Test func `damaged copies never crash`() throws {
    let source = try Data(
      contentsOf: URL(
        fileURLWithPath: Goldens.path("formats/transunet/train_npz/case0001_slice001.npz")))
    var random = SystemRandomNumberGenerator()
    for round in 0..<500 {
      var copy = source
      for _ in 0..<(round % 4 + 1) {
        copy[Int.random(in: 0..<copy.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8)
      }
      if round % 3 == 0 { copy = copy.prefix(Int.random(in: 0..<copy.count, using: &random)) }
      guard let file = try? NPZ(copy, source: "x") else { continue }
      for name in file.names { _ = try? file.array(name, limit: 1 << 20) }
    }
  }
}

struct PNGTests {
  @Test(arguments: [1, 2, 3, 4], [8, 16])
  func `images come back`(channels: Int, depth: Int) throws {
    let image = PNG(
      width: 7, height: 5, channels: channels, depth: depth,
      samples: (0..<35 * channels).map {
        UInt16(truncatingIfNeeded: $0 * 977) & (depth == 8 ? 255 : 65535)
      })
    #expect(try PNG(image.file, source: "x") == image)
  }

  @Test func `interlaced rows are put in order`() throws {
    let image = try PNG(decoded(Samples.interlacedPNG), source: "x")
    #expect(image.bytes == (0..<6).flatMap { y in (0..<5).map { UInt8(10 * y + $0) } })
  }

  @Test func `a palette gives colours and keeps its indices`() throws {
    let image = try PNG(decoded(Samples.palettePNG), source: "x")
    #expect(image.channels == 3)
    #expect(image.indices == [0, 1, 2, 3, 0, 3, 2, 1, 0, 3])
    #expect(image.bytes.prefix(6) == [0, 0, 0, 255, 0, 0])
  }

  @Test func `few bits are widened and all filters undone`() throws {
    #expect(try PNG(decoded(Samples.grayPNG), source: "x").bytes == [0, 85, 170, 255, 0])
    let image = try PNG(decoded(Samples.filteredPNG), source: "x")
    var expected: [UInt8] = []
    for y in 0..<5 {
      for x in 0..<4 {
        for channel in 0..<3 {
          expected.append(UInt8(truncatingIfNeeded: x * 37 + y * 61 + channel * 5 + x * y * 13))
        }
      }
    }
    #expect(image.bytes == expected)
  }

  @Test func `damaged and huge images are refused`() throws {
    let file = try decoded(Samples.filteredPNG)
    for length in 0..<file.count {
      #expect(throws: ArchiveError.self) { try PNG(file.prefix(length), source: "x") }
    }
    for place in file.indices.dropLast() where place < 33 || place > 40 {
      var copy = file
      copy[place] ^= 0x10
      #expect(throws: ArchiveError.self) { try PNG(copy, source: "x") }
    }
    #expect(throws: ArchiveError.tooLarge(source: "x", limit: 19)) {
      try PNG(file, source: "x", limit: 19)
    }
  }
}

struct AtomicFileTests {
  @Test func `a failure leaves the old file and nothing else`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a").path
    try AtomicFile.write(Data("old".utf8), to: path)
    #expect(throws: CancellationError.self) {
      try AtomicFile.replace(path) { temporary in
        try Data("half".utf8).write(to: URL(fileURLWithPath: temporary))
        throw CancellationError()
      }
    }
    #expect(throws: ArchiveError.tooLarge(source: "y", limit: 1)) {
      try AtomicFile.write(to: path) { (sink: FileSink) throws(ArchiveError) in
        try sink.write(Data("half".utf8))
        throw ArchiveError.tooLarge(source: "y", limit: 1)
      }
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("old".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
    try AtomicFile.replace(path) { try Data("new".utf8).write(to: URL(fileURLWithPath: $0)) }
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data("new".utf8))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a"])
  }

  @Test func `a folder that is not there is made; one that cannot be is a storage failure`() throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try AtomicFile.write(Data("new".utf8), to: folder.path + "/some/folder/a")
    #expect(try Data(mapping: folder.path + "/some/folder/a") == Data("new".utf8))
    let error = #expect(throws: ArchiveError.self) {
      try AtomicFile.write(Data(), to: folder.path + "/some/folder/a/b")
    }
    #expect(error?.kind == .storage)
    #expect(
      error?.description
        == "Could not make the folder \(folder.path)/some/folder/a: there is a file of that name.")
  }

  @Test func `a full disk says so`() {
    let error = ArchiveError.system(path: "/a", action: "write", code: ENOSPC)
    #expect(error.description == "Could not write /a: the disk is full.")
  }

  @Test func `a digest is the same from memory and from a file`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a").path
    try AtomicFile.write(Data("abc".utf8), to: path)
    let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(Digest.sha256(Data("abc".utf8)) == expected)
    #expect(try Digest.sha256(ofFile: path) == expected)
    #expect(throws: ArchiveError.self) { try Digest.sha256(ofFile: path + "x") }
  }
}

private func decoded(_ text: String) throws -> Data {
  try #require(Data(base64Encoded: text))
}
