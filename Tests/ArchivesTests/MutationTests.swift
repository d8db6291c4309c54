import Archives
import Foundation
import TestKit
import Testing

/// Damaged copies of archives, which are read or refused but never crash.
struct MutationTests {
  @Test func `a damaged npz is read or refused`() throws {
    let arrays = [
      ("image", StoredArray(shape: [2, 3], floats: [1, 2, 3, 4, 5, 6])),
      ("label", StoredArray(shape: [4], bytes: [0, 1, 2, 3])),
    ]
    expectRefusals(of: try NPZ.file(arrays.map { ($0.0, $0.1) }), copies: 600) { data in
      let file = try NPZ(data, source: "x")
      for name in file.names { _ = try file.array(name, limit: 1 << 20).floats }
    }
  }

  @Test(arguments: ["chunks", "edges", "links"])
  func `a damaged HDF5 file is read or refused`(name: String) throws {
    let file = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("formats/hdf5/\(name).h5")))
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("x.h5").path
    expectRefusals(of: file, copies: 80, head: file.count) { data in
      try data.write(to: URL(fileURLWithPath: path))
      let file = try HDF5File(reading: path)
      for name in try file.datasets() where try file.layout(of: name).isNumeric {
        _ = try file.read(name, as: Double.self)
      }
    }
  }
}
