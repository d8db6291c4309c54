import Tensors

/// The steps of `Registration` on one lattice.
struct Demons {
  private let lattice: Lattice
  private let one: Tensor
  private let other: Tensor
  private let mask: Tensor
  private let fluid: GaussianBlur
  private let elastic: GaussianBlur
  /// How much of the component across a border is kept, for each voxel of each axis.
  private let kept: [[Float]]

  /// Steps between two images of features [F, D, H, W], the second of which counts where the mask [1, D, H, W] is 1.
  init(_ lattice: Lattice, _ one: Tensor, _ other: Tensor, _ mask: Tensor) {
    self.lattice = lattice
    self.one = one
    self.other = other
    self.mask = mask
    fluid = GaussianBlur(lattice, pixels: 1.5 * lattice.middleSpacing)
    elastic = GaussianBlur(lattice, pixels: 0.8 * lattice.middleSpacing)
    kept = lattice.extents.map { count in
      (0..<count).map { min(Float(min($0, count - 1 - $0)) / 3, 1) }
    }
  }

  /// Moves the field one step.
  func step(_ velocity: inout Velocity) {
    let back = velocity.flow(-0.5)
    let (a, b, mask) = (velocity.flow(0.5)(one), back(other), back(mask))
    velocity.vectors.add(fluid(forces(a, b, mask)))
    velocity.vectors = elastic(velocity.vectors)
    holdBorders(&velocity.vectors)
  }

  /// Lets the component across each border fall to 0 over three voxels, so that the flow stays in the image; without, a
  /// field could grow for ever where what lies outside looks all the same.
  private func holdBorders(_ vectors: inout Tensor) {
    let count = lattice.count
    vectors.withMutablePointer { vectors in
      for (component, axis) in lattice.axes.enumerated() {
        let inner = lattice.extents[(axis + 1)...].reduce(1, *)
        let (plane, kept) = (vectors + component * count, kept[axis])
        for at in 0..<count { plane[at] *= kept[at / inner % kept.count] }
      }
    }
  }

  /// The steps each voxel asks for [axes, D, H, W].
  private func forces(_ a: Tensor, _ b: Tensor, _ mask: Tensor) -> Tensor {
    let (extents, count) = (lattice.extents, lattice.count)
    let axes = lattice.axes
    let features = a.shape[0]
    let strides = [extents[1] * extents[2], extents[2], 1]
    return Tensor(unfilled: lattice.fieldShape) { force in
      withPointers(a, b, mask) { a, b, mask in
        parallel(lattice.lines) { line in
          for column in 0..<extents[2] {
            let at = line * extents[2] + column
            let place = SIMD3(line / extents[1], line % extents[1], column)
            var sum = SIMD3<Float>()
            // Where there is nothing but noise the constant keeps the field still.
            var weight: Float = 0.03
            for feature in 0..<features {
              let (a, b) = (a + feature * count + at, b + feature * count + at)
              var gradient = SIMD3<Float>()
              for axis in axes {
                let next = place[axis] + 1 < extents[axis] ? strides[axis] : 0
                let last = place[axis] > 0 ? -strides[axis] : 0
                gradient[axis] = 0.25 * (a[next] + b[next] - a[last] - b[last])
              }
              let difference = b[0] - a[0]
              sum += difference * gradient
              weight += (gradient * gradient).sum() + 0.25 * difference * difference
            }
            let scale = mask[at] / weight
            for (component, axis) in axes.enumerated() {
              force[component * count + at] = scale * sum[axis]
            }
          }
        }
      }
    }
  }
}
