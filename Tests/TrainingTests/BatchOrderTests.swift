import Exemplars
import Foundation
import Inference
import Tensors
import TestKit
import Testing
import Training
import Volumes

/// The order of samples, and which slices of a pack become samples.
struct BatchOrderTests {
  private func order(_ count: Int, batch: Int, seed: UInt64 = 1) throws -> BatchOrder {
    try BatchOrder(count: count, batch: batch, explicit: nil, using: Random(seed: seed))
  }

  @Test(arguments: [(7, 3), (2, 5), (1, 1)])
  func `every pass takes each sample once, without a gap between passes`(count: Int, batch: Int)
    throws
  {
    let order = try order(count, batch: batch)
    let items = (0..<2 * count).flatMap { order.items(ofStep: $0) }
    #expect(items.map(\.visit) == Array(items.indices))
    for pass in stride(from: 0, to: items.count - count, by: count) {
      #expect(Set(items[pass..<pass + count].map(\.sample)) == Set(0..<count))
    }
    #expect(order.epoch(ofStep: count) == batch)
  }

  @Test func `the order is that of the seed`() throws {
    let items = try (0..<6).flatMap { try order(20, batch: 4).items(ofStep: $0) }
    #expect(items == (try (0..<6).flatMap { try order(20, batch: 4).items(ofStep: $0) }))
    #expect(items != (try (0..<6).flatMap { try order(20, batch: 4, seed: 2).items(ofStep: $0) }))
  }

  @Test func `passes are counted in steps`() throws {
    #expect(try order(10, batch: 4).steps(ofEpochs: 2) == 5)
    #expect(try order(10, batch: 4).steps(ofEpochs: 0.1) == 1)
  }
}

/// Which slices of a pack are trained on.
struct TrainingSetTests {
  /// A pack of two cases of ten slices, every other labelled, one more case in the split test.
  private func pack(_ folder: URL, split: Bool) throws -> Pack {
    let geometry = Geometry(
      extents: SIMD3(8, 6, 10),
      affine: Affine(spacing: SIMD3(1, 1, 3), translation: SIMD3(0, 0, 0)),
      unit: .millimetre)
    let path = folder.appendingPathComponent("pack.h5").path
    var classes = [UInt8](repeating: 0, count: 480)
    for slice in stride(from: 0, to: 10, by: 2) {
      classes[slice * 48 + 9] = 1
      classes[slice * 48 + 10] = 2
    }
    try PackWriter.write(
      to: path, dataset: "test", channels: ["image"], labels: LabelMap(each: 1...2)
    ) { writer in
      for (id, part) in [("b", "train"), ("a", "train"), ("c", "test")] {
        try writer.add(
          PackedCase(
            id: id, geometry: geometry, sourceGeometry: geometry, images: [], labels: [],
            split: split ? part : nil),
          image: Volume(voxels: Tensor(zeros: [1, 10, 6, 8]), geometry: geometry), classes: classes)
      }
    }
    return try Pack(path)
  }

  private func set(_ pack: Pack, empty: Double, prompted: Bool = false) throws -> TrainingSet {
    let preparation = ImagePreparation(size: 16, resize: .square, normalise: .none, plane: .axial)
    return try TrainingSet(
      pack, preparation: preparation, emptyShare: empty, prompted: prompted, using: Random(seed: 1))
  }

  @Test func `samples are ordered by case, then slice, of the split train`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let set = try set(pack(folder, split: true), empty: 0)
    #expect(
      set.slices.map(\.caseID) == Array(repeating: "a", count: 5) + Array(repeating: "b", count: 5))
    #expect(set.slices.prefix(5).map(\.position) == [0, 2, 4, 6, 8])
    #expect(set.samples.map(\.slice) == Array(0..<10))
  }

  @Test func `without splits all cases are trained on`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    #expect(try set(pack(folder, split: false), empty: 0).slices.count == 15)
  }

  @Test(arguments: zip([0.2, 0.5, 0.9], [12, 20, 20]))
  func `empty slices have their share, as far as there are any`(share: Double, count: Int) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let set = try set(pack(folder, split: true), empty: share)
    #expect(set.slices.count == count + (share == 0.2 ? 1 : 0))
    let keys = set.slices.map { "\($0.caseID) \($0.position)" }
    #expect(keys == keys.sorted())
  }

  @Test func `with prompts each class of a slice is a sample`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let set = try set(pack(folder, split: true), empty: 0.5, prompted: true)
    #expect(set.slices.count == 10)
    #expect(set.samples.prefix(4).map(\.object) == [1, 2, 1, 2])
    #expect(set.samples.prefix(4).map(\.slice) == [0, 0, 1, 1])
  }
}
