import Archives
import Foundation
import Tensors
import TestKit
import Testing

struct HDF5WritingTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }

  @Test func `what is written is read back exactly`() throws {
    try withFolder { folder in
      let path = folder.appendingPathComponent("a.h5").path
      let floats: [Float] = (0..<60).map { Float($0) / 7 }
      let labels: [UInt8] = (0..<24).map { UInt8($0 % 5) }
      try HDF5File.write(to: path) { file in
        try file.write(floats, as: "/cases/a/image", shape: [3, 4, 5], chunk: [1, 4, 5])
        try file.write(labels, as: "plain", shape: [24])
        try file.write([Int16](), as: "empty", shape: [0, 3])
        try file.write(strings: ["leber", "Übergröße", ""], as: "names")
        try file.set("affine", of: "/cases/a", to: [1.5, -2, 0, 1], shape: [2, 2])
        try file.set("format", of: "/", to: Int32(1))
        try file.set("source", of: "/cases/a", to: "a b.nii.gz")
        try file.set("classes", of: "plain", to: ["one", "two"])
      }
      let file = try HDF5File(reading: path)
      #expect(try file.read("cases/a/image") == floats)
      #expect(try file.layout(of: "cases/a/image").chunk == [1, 4, 5])
      #expect(try file.read("plain") == labels)
      #expect(try file.read("empty", as: Int16.self).isEmpty)
      #expect(try file.layout(of: "empty").shape == [0, 3])
      #expect(try file.strings("names") == ["leber", "Übergröße", ""])
      #expect(try file.attribute("affine", of: "cases/a") == [1.5, -2, 0, 1])
      #expect(try file.layout(of: "affine", on: "cases/a").shape == [2, 2])
      #expect(try file.number("format", of: "/", as: Int64.self) == 1)
      #expect(try file.string("source", of: "cases/a") == "a b.nii.gz")
      #expect(try file.stringAttributes("classes", of: "plain") == ["one", "two"])
      #expect(try file.members().map(\.name) == ["cases", "empty", "names", "plain"])
      #expect(throws: HDF5Error.missing(path: path, object: "attribute x of /plain")) {
        try file.string("x", of: "plain")
      }
    }
  }

  @Test func `slices written one by one make the whole`() throws {
    try withFolder { folder in
      let path = folder.appendingPathComponent("a.h5").path
      try HDF5File.write(to: path) { file in
        try file.create("volume", shape: [4, 2, 3], type: .int16, chunk: [1, 2, 3])
        for slice in [2, 0, 3] {
          let values = (0..<6).map { Int16(100 * slice + $0) }
          try file.write(values, to: "volume", at: [slice, 0, 0], count: [1, 2, 3])
        }
      }
      let file = try HDF5File(reading: path)
      #expect(
        try file.read("volume", from: [1, 0, 0], count: [1, 2, 3])
          == [Int32](repeating: 0, count: 6))
      #expect(
        try file.read("volume", from: [3, 1, 0], count: [1, 1, 3]) == [Float(303), 304, 305])
    }
  }

  @Test func `a failure leaves the old file and nothing else`() throws {
    try withFolder { folder in
      let path = folder.appendingPathComponent("a.h5").path
      try HDF5File.write(to: path) { try $0.set("n", of: "/", to: Int32(1)) }
      #expect(throws: CancellationError.self) {
        try HDF5File.write(to: path) { file in
          try file.write([Float](repeating: 1, count: 1000), as: "x", shape: [1000])
          throw CancellationError()
        }
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.h5"])
      #expect(try HDF5File(reading: path).number("n", of: "/", as: Int32.self) == 1)
      #expect(throws: (any Error).self) {
        try HDF5File.write(to: path + "/a.h5") { try $0.createGroup("g") }
      }
    }
  }

  @Test func `equal content gives equal bytes`() throws {
    try withFolder { folder in
      let paths = ["a.h5", "b.h5"].map { folder.appendingPathComponent($0).path }
      for path in paths {
        try HDF5File.write(to: path) { file in
          try file.write((0..<512).map(Float.init), as: "g/x", shape: [8, 64], chunk: [1, 64])
          try file.set("name", of: "g", to: "a")
        }
      }
      #expect(
        FileManager.default.contents(atPath: paths[0])
          == FileManager.default.contents(atPath: paths[1]))
    }
  }

  @Test func `damaging any byte of a file never ends the program`() throws {
    try withFolder { folder in
      let path = folder.appendingPathComponent("a.h5").path
      try HDF5File.write(to: path) { file in
        try file.write((0..<64).map(Float.init), as: "g/x", shape: [4, 16], chunk: [1, 16])
        try file.set("name", of: "g", to: "text")
      }
      let sound = try #require(FileManager.default.contents(atPath: path))
      var random = Random(seed: 5)
      var refused = 0
      for _ in 0..<60 {
        var bytes = sound
        for _ in 0..<4 {
          bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(random.next() % 256)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        do {
          let file = try HDF5File(reading: path)
          if try file.kind(of: "g/x") == .dataset { _ = try? file.read("g/x", as: Float.self) }
        } catch is HDF5Error {
          refused += 1
        }
      }
      #expect(refused > 0)
    }
  }

  @Test func `many threads may read at once`() async throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.h5").path
    let values = (0..<4096).map(Float.init)
    try HDF5File.write(to: path) {
      try $0.write(values, as: "x", shape: [64, 64], chunk: [1, 64])
    }
    let file = try HDF5File(reading: path)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for row in 0..<64 {
        group.addTask {
          let own = row % 8 == 0 ? try HDF5File(reading: path) : file
          let found: [Float] = try own.read("x", from: [row, 0], count: [1, 64])
          return found == Array(values[64 * row..<64 * (row + 1)])
        }
      }
      for try await equal in group { #expect(equal) }
    }
  }
}
