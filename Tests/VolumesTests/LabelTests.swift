import Foundation
import TestKit
import Tensors
import Testing
import Volumes

struct LabelTests {
  private let geometry = Geometry(extents: SIMD3(3, 2, 1), affine: Affine(spacing: SIMD3(1, 1, 1)))

  @Test func `whole numbers stored as floats are labels`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("label.nii").path
    let voxels = Tensor([1, 1, 2, 3], [0, 1, 2, 70000, -3, 0])
    try Volume(voxels: voxels, geometry: geometry).write(path)
    let labels = try LabelVolume.read(path)
    #expect(labels.values == [0, 1, 2, 70000, -3, 0])
    #expect(labels.counts == [0: 2, 1: 1, 2: 1, 70000: 1, -3: 1])
  }

  @Test func `a label that is no whole number is named`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("label.nii").path
    let voxels = Tensor([1, 1, 2, 3], [0, 1, 2, 1, 1.5, 0])
    try Volume(voxels: voxels, geometry: geometry).write(path)
    #expect(
      throws: VolumeError.label(
        path: path, value: "1.5", voxel: [1, 1, 0],
        reason: "is not a whole number; were the labels resampled with interpolation? "
          + "Use nearest neighbour for them")
    ) { try LabelVolume.read(path) }
  }

  @Test(arguments: [
    ([0, 1, 255], "uint8"), ([0, 256], "uint16"), ([-1, 2], "int16"), ([0, 70000], "int32"),
  ])
  func `a mask takes the smallest type that holds it`(values: [Int32], type: String) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("mask.nii.gz").path
    let padded = values + [Int32](repeating: 0, count: 6 - values.count)
    try LabelVolume(values: padded, geometry: geometry).write(path)
    let back = try LabelVolume.read(path)
    #expect(back.values == padded)
    #expect(back.source.datatype == type)
  }

  @Test func `a value that is not finite is named`() throws {
    let voxels = Tensor([1, 1, 2, 3], [0, 1, 2, 1, .nan, 0])
    let volume = Volume(voxels: voxels, geometry: geometry)
    #expect(
      throws: VolumeError.notFinite(name: "case1", value: "nan", voxel: [1, 1, 0], count: 1)
    ) {
      try volume.checkedFinite("case1")
    }
  }

  @Test func `a mask of several slices does not fit a picture`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("mask.png").path
    let deep = Geometry(extents: SIMD3(1, 1, 2), affine: Affine(spacing: SIMD3(1, 1, 1)))
    #expect(throws: VolumeError.self) {
      try LabelVolume(values: [0, 1], geometry: deep).write(path)
    }
  }

  @Test(arguments: [1, 1000])
  func `a picture comes back as it was`(top: Int32) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("mask.png").path
    let flat = Geometry(
      extents: SIMD3(3, 2, 1), affine: Affine(spacing: SIMD3(-1, -1, 1)), unit: .pixel)
    let labels = LabelVolume(values: [0, 1, 2, 0, top, 5], geometry: flat)
    try labels.canonical.write(path)
    let back = try LabelVolume.read(path)
    #expect(back.values == labels.values)
    #expect(back.geometry == flat)
    #expect(try Volume.read(path).voxels.values == labels.values.map { Float($0) })
  }
}
