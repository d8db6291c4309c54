import Metrics
import TestKit
import Testing

struct SurfaceElementTests {
  /// A table of `Goldens/metrics/surface_element_tables.h5` and the spacing it is for.
  static let tables: [(name: String, spacing: [Double])] = [
    ("area_3d_spacing_1_1_1", [1, 1, 1]), ("area_3d_spacing_3.0_0.8_0.8", [3, 0.8, 0.8]),
    ("area_3d_spacing_2.0_1.5_0.7", [2, 1.5, 0.7]), ("length_2d_spacing_1_1", [1, 1]),
    ("length_2d_spacing_0.8_1.25", [0.8, 1.25]),
  ]

  @Test(arguments: tables)
  func `every arrangement of voxels around a corner has the area of the published table`(
    table: (name: String, spacing: [Double])
  ) throws {
    let areas = try Goldens.hdf5("metrics/surface_element_tables.h5").doubles(table.name)
    let dimensions = table.spacing.count
    #expect(areas.count == 1 << (1 << dimensions))
    for code in 1..<areas.count {
      let mask = Mask(
        extents: Array(repeating: 2, count: dimensions), spacing: table.spacing
      ) { code >> (areas.count.trailingZeroBitCount - 1 - $0) & 1 == 1 }
      let found = try #require(SurfaceElementDistances(prediction: mask, reference: mask))
      let expected = codes(of: mask).reduce(0) { $0 + areas[$1] }
      #expect(abs(found.areaOfPrediction - expected) <= 1e-9 * expected, "code \(code)")
      #expect(found.areaOfReference == found.areaOfPrediction && found.hausdorff == 0)
    }
  }

  /// The codes of all corners of a mask of two voxels along each axis, the first voxel's bit being the highest.
  private func codes(of mask: Mask) -> [Int] {
    let dimensions = mask.extents.count
    func digits(_ value: Int, base: Int) -> [Int] {
      var rest = value
      let reversed = (0..<dimensions).map { _ in
        defer { rest /= base }
        return rest % base
      }
      return reversed.reversed()
    }
    let corners = (0..<dimensions).reduce(1) { count, _ in 3 * count }
    return (0..<corners).map { corner in
      (0..<1 << dimensions).reduce(0) { code, neighbour in
        let place = zip(digits(corner, base: 3), digits(neighbour, base: 2)).map { $0 - 1 + $1 }
        let isInside = place.allSatisfy { (0..<2).contains($0) }
        return code << 1 | (isInside && mask[place.reduce(0) { 2 * $0 + $1 }] ? 1 : 0)
      }
    }
  }

  @Test(arguments: TrickyCase.all)
  func `pairs on which libraries disagree have the surface elements' values`(
    pair: TrickyCase
  ) throws {
    let distances = try #require(
      SurfaceElementDistances(prediction: pair.prediction, reference: pair.reference))
    #expect(abs(distances.hausdorff95 - pair.elements95) < 1e-9)
    let rounding = 6e-5  // the shares are known to four decimals
    #expect(
      abs(distances.normalised(within: pair.tolerance) - pair.elementsNormalised) < rounding)
  }

  @Test(arguments: PropertyTests.grids, 0..<8)
  func `distances are symmetric and scale with the spacing`(
    grid: ([Int], [Double]), seed: Int
  ) throws {
    var random = Numbers(state: UInt64(seed))
    let first = randomMask(grid.0, spacing: grid.1, using: &random)
    let second = randomMask(grid.0, spacing: grid.1, using: &random)
    let there = try #require(SurfaceElementDistances(prediction: first, reference: second))
    let back = try #require(SurfaceElementDistances(prediction: second, reference: first))
    #expect(there.hausdorff == back.hausdorff && there.hausdorff95 == back.hausdorff95)
    #expect(there.averageFromPrediction == back.averageFromReference)
    #expect(there.areaOfPrediction == back.areaOfReference)
    #expect(abs(there.normalised(within: 1) - back.normalised(within: 1)) < 1e-12)
    #expect(there.hausdorff95 <= there.hausdorff)
    let doubled = grid.1.map { 2 * $0 }
    let wide = try #require(
      SurfaceElementDistances(prediction: first.spaced(doubled), reference: second.spaced(doubled)))
    #expect(abs(wide.hausdorff95 - 2 * there.hausdorff95) <= 1e-12 * wide.hausdorff95)
    #expect(abs(wide.normalised(within: 2) - there.normalised(within: 1)) < 1e-12)
  }

  @Test func `an empty mask has no surface elements`() {
    let full = mask([4, 4, 4], [[1..<3, 1..<3, 1..<3]])
    let empty = mask([4, 4, 4], [])
    #expect(SurfaceElementDistances(prediction: empty, reference: full) == nil)
    #expect(SurfaceElementDistances(prediction: full, reference: empty) == nil)
    #expect(SurfaceElementDistances(prediction: empty, reference: empty) == nil)
  }
}
