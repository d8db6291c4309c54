import TestKit
import Tensors
import Testing
import Volumes

/// Images brought onto another grid, against SimpleITK's resample filter.
struct GridResamplingTests {
  private let goldens = Result { try Goldens.hdf5("resampling/grids.h5") }

  private func geometry(_ name: String, _ affine: String, _ values: String) throws -> Geometry {
    let goldens = try goldens.get()
    let rows = try goldens.doubles("\(name)/\(affine)")
    let shape = try goldens.shape("\(name)/\(values)")
    let map = try #require(
      Affine(rows: (0..<4).map { Array(rows[$0 * 4..<$0 * 4 + 4]) }))
    return Geometry(extents: SIMD3(shape[2], shape[1], shape[0]), affine: map)
  }

  @Test(arguments: ["pet_onto_ct", "oblique", "coarser"])
  func `an image lies on another grid as SimpleITK puts it there`(name: String) throws {
    let file = try goldens.get()
    let source = try geometry(name, "affine", "image")
    let target = try geometry(name, "target_affine", "linear")
    let image = Volume(
      voxels: try file.floats("\(name)/image").reshaped([1] + source.shape), geometry: source)
    let moved = try #require(image.resampled(onto: target))
    let expected = try file.floats("\(name)/linear").values
    let largest = zip(moved.voxels.values, expected).map { abs($0 - $1) }.max()
    // Values reach 150; both compute in double precision.
    #expect(moved.geometry == target && (largest ?? 1) < 2e-5)
    let labels = LabelVolume(
      values: try file.integers("\(name)/labels").map(Int32.init), geometry: source)
    let nearest = try #require(labels.resampled(onto: target))
    #expect(try nearest.values.map(Int.init) == file.integers("\(name)/nearest"))
  }

  @Test func `its own grid changes nothing, and a flat one has no answer`() throws {
    let grid = Geometry(extents: SIMD3(3, 2, 2), affine: Affine(spacing: SIMD3(0.7, 1.3, 2.9)))
    let image = Volume(voxels: Tensor([2, 2, 2, 3], (0..<24).map { Float($0) }), geometry: grid)
    #expect(image.resampled(onto: grid)?.voxels == image.voxels)
    let flat = Geometry(
      extents: SIMD3(1, 1, 1),
      affine: Affine(columns: [SIMD3(1, 0, 0), SIMD3(2, 0, 0), SIMD3(0, 0, 1)], translation: .zero))
    let point = Volume(voxels: Tensor([1, 1, 1, 1], [1]), geometry: flat)
    #expect(point.resampled(onto: grid) == nil)
    #expect(LabelVolume(values: [1], geometry: flat).resampled(onto: grid) == nil)
  }
}
