import Tensors

/// The planes of tokens that carry 4 x 4 cells of each of K classes.
///
///     y [K, 4g, 4g] at (k, 4 r + i, 4 c + j) = x [g·g, 16 K] at (g r + c, 16 k + 4 i + j)
///
/// The gradient goes the same way back.
public func planes(ofCells x: Variable, grid: Int) -> Variable {
  precondition(
    x.shape.count == 2 && x.shape[0] == grid * grid && x.shape[1] % 16 == 0,
    "planes: cells \(x.shape) on a grid of \(grid)")
  let classes = x.shape[1] / 16
  let shape = x.shape
  return Variable(
    Tensor(unfilled: [classes, 4 * grid, 4 * grid]) { y in
      x.value.withPointer { x in
        eachCell(grid: grid, classes: classes) { cell, pixel in y[pixel] = x[cell] }
      }
    },
    x.edge { dy in
      Tensor(unfilled: shape) { dx in
        dy.withPointer { dy in
          eachCell(grid: grid, classes: classes) { cell, pixel in dx[cell] = dy[pixel] }
        }
      }
    })
}

/// Calls `body` with the place of each cell in the tokens and of its pixel in the planes.
private func eachCell(grid: Int, classes: Int, _ body: (Int, Int) -> Void) {
  let side = 4 * grid
  for token in 0..<grid * grid {
    let corner = 4 * (token / grid) * side + 4 * (token % grid)
    for cell in 0..<16 * classes {
      let place = cell % 16
      body(
        token * 16 * classes + cell,
        cell / 16 * side * side + corner + place / 4 * side + place % 4)
    }
  }
}
