import Archives
import Failures
import Foundation
import Tensors
import TestKit
import Testing

struct HDF5ReadingTests {
  static let damaged = [
    "h5_truncated", "h5_bad_signature", "h5_zeroed_header", "h5_ff_header", "h5_huge_dims",
    "h5_bad_tree_signature", "h5_btree_cycle", "h5_symbol_address",
  ]

  @Test(arguments: damaged)
  func `a damaged file is refused and named`(_ name: String) throws {
    let path = Goldens.path("formats/malformed/\(name).npy.h5")
    let error = #expect(throws: HDF5Error.self) { try HDF5File(reading: path) }
    guard case .damaged(path, _) = error else {
      Issue.record("\(name): \(String(describing: error))")
      return
    }
    #expect(error?.kind == .badInput)
  }

  @Test func `every damaged golden of the format is in the list`() throws {
    let found = try FileManager.default.contentsOfDirectory(
      atPath: Goldens.path("formats/malformed")
    )
    .filter { $0.hasPrefix("h5_") }.map { $0.replacingOccurrences(of: ".npy.h5", with: "") }
    #expect(Set(found) == Set(Self.damaged))
  }

  @Test func `a file of a newer format is refused with the advice to write it again`() throws {
    let path = Goldens.path("formats/transunet/test_vol_h5/case0004.npy.h5")
    let error = #expect(throws: HDF5Error.self) { try HDF5File(reading: path) }
    guard case .newerFormat = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(error?.description.contains("libver='v110'") == true)
  }

  @Test func `an absent file is bad input`() throws {
    let error = #expect(throws: HDF5Error.self) { try HDF5File(reading: "/nowhere/a.h5") }
    #expect(error?.kind == .badInput)
  }

  @Test func `types of every width become tensors`() throws {
    let zoo = try Goldens.hdf5("sam-micro/tensor_zoo_expected.h5")
    for name in try zoo.names() where try zoo.file.kind(of: name) == .dataset {
      #expect(try zoo.floats(name).count == zoo.file.layout(of: name).count)
    }
    let data = try Goldens.hdf5("training/data.h5")
    #expect(try data.shape("image") == [6, 128, 128])
    #expect(try data.integers("batch_indices").count == 40)
    #expect(try Set(data.bytes("label")).isSubset(of: [0, 1, 2, 3, 4]))
    let gradients = try Goldens.hdf5("training/gradients.h5")
    #expect(try gradients.names().contains("samed"))
    #expect(try gradients.strings("samed/norms/name").allSatisfy { $0.contains(".") })
  }

  @Test func `what is absent or of another kind is named`() throws {
    let file = try HDF5File(reading: Goldens.path("training/data.h5"))
    #expect(throws: HDF5Error.missing(path: file.path, object: "/nothing/here")) {
      try file.layout(of: "nothing/here")
    }
    #expect(throws: HDF5Error.self) { try file.strings("image") }
    #expect(throws: HDF5Error.self) { try file.read("image", as: UInt8.self) }
    #expect(throws: HDF5Error.self) { try file.members(of: "image") }
  }

  @Test func `a block equals the same part of the whole`() throws {
    let file = try HDF5File(reading: Goldens.path("training/data.h5"))
    let whole: [Float] = try file.read("image")
    let block: [Float] = try file.read("image", from: [2, 5, 7], count: [1, 2, 3])
    let starts = [5, 6].map { (2 * 128 + $0) * 128 + 7 }
    let expected = starts.flatMap { whole[$0..<$0 + 3] }
    #expect(block == expected)
  }

  @Test(arguments: ["case0002", "case0003", "case0005"])
  func `a TransUNet volume equals its expected arrays`(_ name: String) throws {
    let file = try HDF5File(
      reading: Goldens.path("formats/transunet/test_vol_h5/\(name).npy.h5"))
    let expected = try NPZ(contentsOf: Goldens.path("formats/transunet/\(name)_expected.npz"))
    for part in ["image", "label"] {
      let array = try expected.array(part, limit: 1 << 24)
      #expect(try file.layout(of: part).shape == array.shape)
      #expect(try file.read(part) == array.doubles)
    }
  }
}
