import Tensors
import Testing
import Volumes

struct PlaneTests {
  private func volume(_ extents: SIMD3<Int>, _ spacing: SIMD3<Double>) -> Volume {
    let geometry = Geometry(extents: extents, affine: Affine(spacing: spacing))
    let voxels = (0..<2 * geometry.count).map { Float($0) }
    return Volume(voxels: Tensor([2] + geometry.shape, voxels), geometry: geometry)
  }

  /// The value of the first channel at a canonical index: x to the right, y to anterior, z to superior.
  private func value(_ x: Int, _ y: Int, _ z: Int) -> Float { Float((z * 4 + y) * 5 + x) }

  @Test func `slices lie as radiology shows them`() {
    let scan = volume(SIMD3(5, 4, 3), SIMD3(1, 2, 3))
    let axial = Plane.axial.slices(of: scan.geometry)
    #expect(axial.count == 3 && axial.height == 4 && axial.width == 5)
    #expect(axial.spacing == (2, 1) && axial.distance == 3)
    let top = axial.image(1, of: scan)
    #expect(top.shape == [2, 4, 5])
    // The patient's right (x = 4) at the left edge, anterior (y = 3) at the top.
    #expect(top[flat: 0] == value(4, 3, 1) && top[flat: 4] == value(0, 3, 1))
    #expect(top[flat: 15] == value(4, 0, 1))
    let coronal = Plane.coronal.slices(of: scan.geometry)
    #expect(coronal.count == 4 && coronal.height == 3 && coronal.width == 5)
    let front = coronal.image(2, of: scan)
    #expect(front[flat: 0] == value(4, 2, 2) && front[flat: 14] == value(0, 2, 0))
    let sagittal = Plane.sagittal.slices(of: scan.geometry)
    #expect(sagittal.count == 5 && sagittal.height == 3 && sagittal.width == 4)
    #expect(sagittal.spacing == (3, 2) && sagittal.distance == 1)
    let side = sagittal.image(1, of: scan)
    #expect(side[flat: 0] == value(1, 3, 2) && side[flat: 11] == value(1, 0, 0))
  }

  @Test(arguments: [
    (SIMD3(5, 4, 3), SIMD3(1.0, 1, 5), Plane.axial), (SIMD3(5, 4, 3), SIMD3(5.0, 1, 1), .sagittal),
    (SIMD3(5, 4, 3), SIMD3(1.0, 2, 1), .coronal), (SIMD3(5, 4, 3), SIMD3(1.0, 1, 1), .axial),
    (SIMD3(5, 4, 3), SIMD3(1.0, 1.0009, 1), .axial), (SIMD3(5, 4, 3), SIMD3(2.0, 2, 1), .axial),
    (SIMD3(5, 1, 3), SIMD3(1.0, 1, 2), .coronal),
  ])
  func `the acquired plane is perpendicular to the coarsest axis`(
    extents: SIMD3<Int>, spacing: SIMD3<Double>, expected: Plane
  ) {
    #expect(Plane.acquired.slices(of: volume(extents, spacing).geometry).plane == expected)
  }

  @Test(arguments: [Plane.axial, .coronal, .sagittal])
  func `slices put back make the same volume`(plane: Plane) {
    let scan = volume(SIMD3(5, 4, 3), SIMD3(1, 1, 1))
    let slices = plane.slices(of: scan.geometry)
    var voxels = Tensor(zeros: scan.voxels.shape)
    let labels = (0..<60).map { UInt8($0) }
    var back = [UInt8](repeating: 0, count: 60)
    for index in 0..<slices.count {
      slices.put(slices.image(index, of: scan), index, into: &voxels)
      slices.put(slices.labels(index, of: labels), index, into: &back)
    }
    #expect(voxels == scan.voxels)
    #expect(back == labels)
  }

  @Test func `a picture is cut as it is shown`() {
    let geometry = Geometry(
      extents: SIMD3(3, 2, 1), affine: Affine(spacing: SIMD3(-1, -1, 1)), unit: .pixel)
    let picture = Volume(
      voxels: Tensor([1, 1, 2, 3], [0, 1, 2, 3, 4, 5]), geometry: geometry
    ).canonical
    let slice = Plane.acquired.slices(of: picture.geometry).image(0, of: picture)
    #expect(slice == Tensor([1, 2, 3], [0, 1, 2, 3, 4, 5]))
  }
}
