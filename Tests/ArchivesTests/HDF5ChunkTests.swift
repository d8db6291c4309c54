import Archives
import Failures
import Foundation
import TestKit
import Testing

/// Chunks taken through their filters, and what files of others may hold.
struct HDF5ChunkTests {
  private static let shape = [5, 9, 11]
  private static let expected = (0..<5 * 9 * 11).map { $0 * 7 % 251 }

  private func file(_ name: String = "chunks") throws -> HDF5File {
    try HDF5File(reading: Goldens.path("formats/hdf5/\(name).h5"))
  }

  @Test(arguments: [
    "plain", "gzip", "shuffled", "checked", "unpacked", "big_endian", "half", "wide",
  ])
  func `data is the same whatever filters it passed through`(name: String) throws {
    let file = try file()
    #expect(try file.layout(of: name).shape == Self.shape)
    #expect(try file.read(name, as: Int32.self) == Self.expected.map(Int32.init))
    #expect(try file.read(name, as: Float.self) == Self.expected.map(Float.init))
    #expect(try file.read(name, as: UInt8.self) == Self.expected.map(UInt8.init))
  }

  @Test(arguments: [
    ([0, 0, 0], [5, 9, 11]), ([1, 3, 4], [3, 5, 6]), ([4, 8, 10], [1, 1, 1]),
    ([2, 0, 5], [1, 9, 5]),
    ([0, 4, 0], [2, 0, 3]),
  ])
  func `a block is cut out of the chunks it touches`(start: [Int], count: [Int]) throws {
    var block: [Double] = []
    for z in 0..<count[0] {
      for y in 0..<count[1] {
        for x in 0..<count[2] {
          let at = ((start[0] + z) * 9 + start[1] + y) * 11 + start[2] + x
          block.append(Double(Self.expected[at]))
        }
      }
    }
    for name in ["plain", "checked", "big_endian"] {
      #expect(try file().read(name, from: start, count: count, as: Double.self) == block)
    }
  }

  @Test func `chunks that were never written hold the fill value`() throws {
    let values: [Int16] = try file().read("unwritten")
    #expect(values.prefix(2 * 99).map(Int.init) == Array(Self.expected.prefix(198)))
    #expect(values.dropFirst(198).allSatisfy { $0 == 7 })
  }

  @Test func `a chunk that skipped its filter is read as it is`() throws {
    #expect(
      try file().read("stored_as_is", as: Int32.self) == Self.expected.prefix(20).map(Int32.init))
  }

  @Test(arguments: ["image", "fixed", "one"])
  func `the indices of newer files lead to their chunks`(name: String) throws {
    let values: [Int32] = try file("edges").read(name)
    #expect(values == Self.expected.prefix(99).map(Int32.init))
  }

  @Test func `truth values and compressed strings of fixed length are read`() throws {
    #expect(try file().read("truth", as: UInt8.self) == [1, 0, 0, 1])
    #expect(try file().strings("names") == ["liver", "spleen", "x"])
    #expect(throws: HDF5Error.self) { try file().strings("notes") }
    #expect(throws: HDF5Error.self) { try file().read("odd", as: Float.self) }
  }

  @Test(arguments: ["short_chunk", "long_chunk", "cut_chunk", "bad_checksum", "short_plain"])
  func `a chunk of another length than its data set's is refused`(name: String) throws {
    let file = try file(name)
    let error = #expect(throws: HDF5Error.self) { try file.read("image", as: Float.self) }
    #expect(error?.description.contains("chunk") == true)
    #expect(error?.kind == .badInput)
  }

  @Test(arguments: [
    ("external", "another file"), ("virtual", "virtual"), ("plugin", "needs a plugin"),
  ])
  func `data that lies elsewhere or needs a plugin is refused`(name: String, reason: String) {
    let error = #expect(throws: HDF5Error.self) { try file(name) }
    #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
  }

  @Test func `links that are not hard are not followed`() throws {
    let file = try file("links")
    #expect(try file.kind(of: "there") == nil)
    #expect(try file.kind(of: "soft") == nil)
    #expect(try file.read("image", as: Float.self) == [0, 1, 2, 3])
  }
}
