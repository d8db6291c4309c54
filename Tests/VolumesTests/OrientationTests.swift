import Foundation
import TestKit
import Tensors
import Testing
import Volumes

/// One of the 48 ways voxel axes can run along the body's.
struct Arrangement: CustomTestStringConvertible {
  let orientation: Orientation
  var testDescription: String { orientation.codes }

  static let all: [Arrangement] = {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    return orders.flatMap { axes in
      (0..<8).map { bits in
        Arrangement(
          orientation: Orientation(axes: axes, reversed: (0..<3).map { bits >> $0 & 1 == 1 }))
      }
    }
  }()
}

struct OrientationTests {
  /// A canonical phantom no flip or exchange leaves as it is.
  private let extents = SIMD3(7, 5, 4)
  private var values: [Float] { (0..<140).map { Float($0 * $0 % 251) } }
  private var affine: Affine {
    Affine(spacing: SIMD3(0.7, 1.1, 3), translation: SIMD3(-10, 20, 5))
  }

  /// The phantom stored with the axes of `orientation`.
  private func stored(_ orientation: Orientation) -> Volume {
    let back = orientation.toCanonical.inverse
    let canonical = Geometry(extents: extents, affine: affine)
    let geometry = canonical.rearranged(back)
    var voxels = [Float](repeating: 0, count: 140)
    for z in 0..<4 {
      for y in 0..<5 {
        for x in 0..<7 {
          let index = [x, y, z]
          let at = (0..<3).map { axis in
            let body = orientation.axes[axis]
            return orientation.reversed[axis] ? extents[body] - 1 - index[body] : index[body]
          }
          let position = (at[2] * geometry.extents.y + at[1]) * geometry.extents.x + at[0]
          voxels[position] = values[(z * 5 + y) * 7 + x]
        }
      }
    }
    return Volume(voxels: Tensor([1] + geometry.shape, voxels), geometry: geometry)
  }

  @Test func `there are 48 arrangements, half of them left-handed`() {
    #expect(Set(Arrangement.all.map(\.testDescription)).count == 48)
  }

  @Test(arguments: Arrangement.all)
  func `every arrangement turns to the same canonical voxels and comes back`(
    arrangement: Arrangement
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("scan.nii.gz").path
    let scan = stored(arrangement.orientation)
    #expect(scan.geometry.orientation == arrangement.orientation)
    try scan.write(path)
    let read = try Volume.read(path)
    #expect(read.voxels == scan.voxels)
    let canonical = read.canonical
    #expect(canonical.voxels.values == values)
    #expect(canonical.geometry.difference(from: Geometry(extents: extents, affine: affine)) == nil)
    #expect(canonical.restored.voxels == scan.voxels)
    let mask = LabelVolume(
      values: values.map { Int32($0) }, geometry: canonical.geometry, source: canonical.source)
    let maskPath = folder.appendingPathComponent("mask.nii").path
    try mask.write(maskPath)
    let written = try LabelVolume.read(maskPath)
    #expect(written.geometry == read.geometry)
    #expect(written.values.map { Float($0) } == scan.voxels.values)
  }

  @Test func `an oblique grid takes the nearest axes`() {
    let turn = Double.pi / 5
    let affine = Affine(
      columns: [
        SIMD3(-cos(turn), sin(turn), 0), SIMD3(sin(turn), cos(turn), 0.1) * 2, SIMD3(0, -0.1, 1),
      ], translation: .zero)
    #expect(Orientation(of: affine).codes == "LAS")
  }

  @Test func `grids compare within a thousandth of a millimetre`() {
    let one = Geometry(extents: extents, affine: affine)
    let moved = Affine(
      columns: affine.columns, translation: affine.translation + SIMD3(0, 0.0009, 0))
    #expect(one.difference(from: Geometry(extents: extents, affine: moved)) == nil)
    let far = Affine(columns: affine.columns, translation: affine.translation + SIMD3(0, 0.5, 0))
    #expect(
      one.difference(from: Geometry(extents: extents, affine: far))
        == "the origin is (-10, 20, 5) mm, not (-10, 20.5, 5) mm, off by 0.5 mm along an axis; "
        + "up to 0.001 mm is allowed")
    #expect(
      one.difference(from: Geometry(extents: SIMD3(7, 5, 3), affine: affine))
        == "the shape is 7 x 5 x 4, not 7 x 5 x 3")
  }
}
