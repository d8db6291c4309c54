import Exemplars
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// Damaged copies of packs, which are read or refused but never crash.
struct PackMutationTests {
  @Test func `a damaged pack is read or refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("p.h5").path
    try write(path)
    let file = try Data(contentsOf: URL(fileURLWithPath: path))
    expectRefusals(of: file, copies: 150, head: file.count) { data in
      try data.write(to: URL(fileURLWithPath: path))
      let pack = try Pack(path)
      for one in pack.cases {
        _ = try pack.image(one.id)
        _ = try pack.classes(one.id)
      }
    }
  }

  @Test(arguments: [7e-304, 1e-9, 1e9, 1e300])
  func `a case whose voxels have no usable size is refused`(step: Double) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("p.h5").path
    try write(path, step: step)
    #expect(throws: ExemplarError.self) { try Pack(path) }
  }

  private func write(_ path: String, step: Double = 1) throws {
    func geometry(_ step: Double) -> Geometry {
      Geometry(extents: SIMD3(4, 3, 2), affine: Affine(spacing: SIMD3(0.5, step, 2.5)))
    }
    let entry = PackedCase(
      id: "a", geometry: geometry(1), sourceGeometry: geometry(step), images: [], labels: [],
      split: "train", centre: nil, window: -125...275)
    let image = Volume(
      voxels: Tensor([1, 2, 3, 4], (0..<24).map(Float.init)), geometry: geometry(1))
    try PackWriter.write(
      to: path, dataset: "nifti", channels: ["ct"], labels: LabelMap(each: [1, 2])
    ) { try $0.add(entry, image: image, classes: (0..<24).map { UInt8($0 % 3) }) }
  }
}
