import Exemplars
import Tensors
import Testing

/// What deformations promise: no folds, an inverse, and the stated length.
struct DisplacementTests {
  static let lattices = [
    Lattice(extents: [1, 40, 56], spacing: [1, 1, 1]),
    Lattice(extents: [1, 33, 17], spacing: [1, 2, 1]),
    Lattice(extents: [9, 20, 24], spacing: [3, 1, 1]),
  ]

  /// A displacement `u(x) = M (x - c)` on a lattice.
  private func linear(_ lattice: Lattice, _ matrix: [[Float]]) -> Displacement {
    let e = lattice.extents
    let first = 3 - matrix.count
    let values = matrix.flatMap { row in
      (0..<lattice.count).map { at -> Float in
        let place = [at / (e[1] * e[2]), at / e[2] % e[1], at % e[2]]
        return zip(row, first..<3).reduce(0) { $0 + $1.0 * Float(place[$1.1] - e[$1.1] / 2) }
      }
    }
    return Displacement(lattice, Tensor(lattice.fieldShape, values))
  }

  @Test func `the determinant of a linear map is its own, in a plane and in space`() {
    let plane = linear(Self.lattices[0], [[0.2, 0.1], [-0.3, 0.5]])
    #expect(abs(plane.smallestJacobian - (1.2 * 1.5 + 0.03)) < 1e-4)
    let space = linear(Self.lattices[2], [[0.1, 0, 0.2], [0, -0.5, 0], [0, 0, 0.3]])
    #expect(abs(space.smallestJacobian - 1.1 * 0.5 * 1.3) < 1e-4)
    // A reflection turns the plane over.
    #expect(linear(Self.lattices[0], [[-2, 0], [0, 0]]).smallestJacobian < -0.9)
    #expect(Displacement(identityOf: Self.lattices[2]).smallestJacobian == 1)
  }

  @Test func `one folded cell is found`() {
    let lattice = Self.lattices[0]
    var still = Tensor(zeros: lattice.fieldShape)
    still.withMutablePointer { $0[20 * 56 + 30] = 1.5 }
    #expect(Displacement(lattice, still).smallestJacobian < 0)
  }

  @Test(arguments: lattices, [1, 2, 3] as [UInt64])
  func `a drawn flow has no folds, its inverse undoes it, and no pixel goes further than said`(
    lattice: Lattice, seed: UInt64
  ) {
    var random = Random(seed: seed)
    let length = 0.1 * lattice.side
    let velocity = Velocity(drawnOn: lattice, length: length, using: &random)
    let flow = velocity.flow()
    #expect(flow.smallestJacobian > 0)
    #expect(flow.largest <= length * 1.001)
    #expect(flow.largest > 0.3 * length)
    // Linear interpolation costs a little at each of the squarings, more where there are few voxels.
    #expect(velocity.flow(-1).followed(by: flow).largest < 0.2 * length)
  }

  @Test func `the identity changes neither images nor labels, and a whole shift moves both alike`()
  {
    for sample in [SynthesisSample(), .space] {
      let image = sample.image
      let still = Displacement(identityOf: image.lattice)
      #expect(still(image.image) == image.image)
      #expect(still(image.label) == image.label)
      let count = image.lattice.count
      let shift = Displacement(
        image.lattice,
        Tensor(
          image.lattice.fieldShape,
          (0..<image.lattice.axes.count * count).map {
            $0 / count == image.lattice.axes.count - 1 ? 2 : 0
          }))
      let width = image.lattice.extents[2]
      let moved = (0..<count).map { min($0 % width + 2, width - 1) + $0 / width * width }
      #expect(shift(image.label) == moved.map { image.label[$0] })
      #expect(shift(image.image).values == moved.map { image.image[flat: $0] })
    }
  }

  @Test func `axes of one voxel do not count`() {
    let sagittal = Lattice(extents: [30, 40, 1], spacing: [1, 0.5, 7])
    #expect(sagittal.isFlat)
    #expect(sagittal.extents == [1, 30, 40])
    #expect(sagittal.spacing == [1, 2, 1])
    #expect(sagittal.pixel == 0.5)
    #expect(sagittal.side == 40)
  }
}
