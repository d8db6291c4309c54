package import Tensors

/// Where each voxel of a result is read: at `x + u(x)`.
///
/// Between voxels `u` is interpolated linearly, beyond the outermost ones it holds; what is read there too.
package struct Displacement: Sendable {
  /// The voxels.
  package let lattice: Lattice
  /// The vectors `u` [axes, D, H, W], in voxels of their axis.
  package var vectors: Tensor

  /// A displacement of the given vectors.
  package init(_ lattice: Lattice, _ vectors: Tensor) {
    precondition(
      vectors.shape == lattice.fieldShape,
      "Displacement: vectors \(vectors.shape) on \(lattice.extents)")
    self.lattice = lattice
    self.vectors = vectors
  }

  /// No displacement.
  package init(identityOf lattice: Lattice) {
    self.init(lattice, Tensor(zeros: lattice.fieldShape))
  }

  /// Calls `body` for all voxels of a line of the lattice with where they are read; lines go side by side.
  @inline(__always)
  private func forEachPlace(_ body: (_ at: Int, _ z: Float, _ y: Float, _ x: Float) -> Void) {
    let (height, width, count) = (lattice.extents[1], lattice.extents[2], lattice.count)
    let isFlat = lattice.isFlat
    vectors.withPointer { u in
      let (rows, columns) = isFlat ? (u, u + count) : (u + count, u + 2 * count)
      parallel(lattice.lines) { line in
        let (slice, row) = (line / height, line % height)
        for column in 0..<width {
          let at = line * width + column
          body(
            at, Float(slice) + (isFlat ? 0 : u[at]), Float(row) + rows[at],
            Float(column) + columns[at])
        }
      }
    }
  }

  /// The images [n, D, H, W] moved: `y(x) = image(x + u(x))`, linearly interpolated.
  package func callAsFunction(_ image: Tensor) -> Tensor {
    let (extents, count) = (lattice.extents, lattice.count)
    precondition(
      Array(image.shape.suffix(3)) == extents,
      "Displacement: an image \(image.shape) on the lattice \(extents)")
    let images = image.count / count
    return Tensor(unfilled: image.shape) { y in
      image.withPointer { x in
        forEachPlace { at, z, row, column in
          let around = Around(z, row, column, extents[0], extents[1], extents[2])
          for index in 0..<images {
            y[index * count + at] = around.value(of: x + index * count)
          }
        }
      }
    }
  }

  /// The whole numbers [D, H, W] moved, each voxel taking its nearest one's, halves rounded up.
  package func callAsFunction<Number: FixedWidthInteger & BitwiseCopyable>(
    _ values: [Number]
  ) -> [Number] {
    let extents = lattice.extents
    precondition(
      values.count == lattice.count, "Displacement: \(values.count) numbers on \(extents)")
    func index(_ place: Float, _ count: Int) -> Int {
      min(max(Int((place + 0.5).rounded(.down)), 0), count - 1)
    }
    return [Number](unsafeUninitializedCapacity: values.count) { target, filled in
      let target = target
      values.withUnsafeBufferPointer { source in
        forEachPlace { at, z, y, x in
          let slice = index(z, extents[0]) * extents[1]
          let line = slice + index(y, extents[1])
          target[at] = source[line * extents[2] + index(x, extents[2])]
        }
      }
      filled = values.count
    }
  }

  /// This displacement read after another: an image moved by the result is this one's image moved by `next`.
  ///
  ///     u(x) = next(x) + this(x + next(x))
  package func followed(by next: Displacement) -> Displacement {
    var vectors = next(self.vectors)
    vectors.withMutablePointer { sum in
      next.vectors.withPointer { other in
        for at in 0..<next.vectors.count { sum[at] += other[at] }
      }
    }
    return Displacement(lattice, vectors)
  }

  /// The length of the longest vector, in pixels.
  package var largest: Float {
    let (count, axes) = (lattice.count, lattice.axes)
    return vectors.withPointer { u in
      var largest: Float = 0
      for at in 0..<count {
        var square: Float = 0
        for (component, axis) in axes.enumerated() {
          let length = u[component * count + at] * lattice.spacing[axis]
          square += length * length
        }
        largest = max(largest, square)
      }
      return largest.squareRoot()
    }
  }
}
