import Tensors

extension Displacement {
  /// The smallest determinant of the Jacobian of `x + u(x)`, over the corners of all cells between voxels.
  ///
  /// At a corner of a cell the derivatives are the differences along the cell's edges that meet there. In a plane the map
  /// is bilinear within a cell and its determinant is linear there, so that a positive smallest one proves that no place
  /// is folded; in space the eight corners of every cell are what is looked at.
  package var smallestJacobian: Float {
    let lowest = [Float](unsafeUninitializedCapacity: lattice.lines) { values, count in
      let values = values
      vectors.withPointer { u in
        parallel(lattice.lines) { values[$0] = lattice.isFlat ? plane($0, u) : space($0, u) }
      }
      count = lattice.lines
    }
    let smallest = lowest.min() ?? 1
    return smallest.isFinite ? smallest : 1
  }

  /// The smallest determinant of the cells between row `row` and the next.
  private func plane(_ row: Int, _ u: UnsafePointer<Float>) -> Float {
    let (height, width, count) = (lattice.extents[1], lattice.extents[2], lattice.count)
    guard row + 1 < height else { return .infinity }
    let v = u + count
    var smallest = Float.infinity
    for column in 0..<width - 1 {
      let (a, c) = (row * width + column, (row + 1) * width + column)
      let (b, d) = (a + 1, c + 1)
      let left = SIMD2(1 + u[c] - u[a], v[c] - v[a])
      let right = SIMD2(1 + u[d] - u[b], v[d] - v[b])
      let upper = SIMD2(u[b] - u[a], 1 + v[b] - v[a])
      let lower = SIMD2(u[d] - u[c], 1 + v[d] - v[c])
      smallest = min(
        smallest, min(cross(left, upper), cross(left, lower)),
        min(cross(right, upper), cross(right, lower)))
    }
    return smallest
  }

  /// The smallest determinant of the cells between a line of voxels, the next line and the next slice.
  private func space(_ line: Int, _ u: UnsafePointer<Float>) -> Float {
    let (depth, height, width) = (lattice.extents[0], lattice.extents[1], lattice.extents[2])
    guard line / height + 1 < depth, line % height + 1 < height else { return .infinity }
    let steps = (height * width, width, 1)
    var smallest = Float.infinity
    for column in 0..<width - 1 {
      let cell = line * width + column
      for corner in 0..<8 {
        let (i, j, k) = (corner & 1, corner >> 1 & 1, corner >> 2)
        let z = edge(u, cell + j * steps.1 + k, steps.0, axis: 0)
        let y = edge(u, cell + i * steps.0 + k, steps.1, axis: 1)
        let x = edge(u, cell + i * steps.0 + j * steps.1, steps.2, axis: 2)
        smallest = min(smallest, (z * cross(y, x)).sum())
      }
    }
    return smallest
  }

  /// What a step from a voxel along an axis becomes.
  @inline(__always)
  private func edge(
    _ u: UnsafePointer<Float>, _ at: Int, _ step: Int, axis: Int
  ) -> SIMD3<Float> {
    let count = lattice.count
    var result = SIMD3(
      u[at + step] - u[at], u[count + at + step] - u[count + at],
      u[2 * count + at + step] - u[2 * count + at])
    result[axis] += 1
    return result
  }

  @inline(__always)
  private func cross(_ a: SIMD2<Float>, _ b: SIMD2<Float>) -> Float { a.x * b.y - a.y * b.x }

  @inline(__always)
  private func cross(_ a: SIMD3<Float>, _ b: SIMD3<Float>) -> SIMD3<Float> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
  }
}
