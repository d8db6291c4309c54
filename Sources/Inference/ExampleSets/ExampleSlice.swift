public import Tensors

/// A slice whose classes are known, as a task keeps it.
public struct ExampleSlice: Sendable {
  /// The name of the case it belongs to.
  public let caseName: String
  /// Where the slice lies in its volume, from 0 to 1; nil for a picture.
  public let place: Float?
  /// The embedding of each token of the grid, [g·g, C].
  public let embedding: Tensor
  /// The class of each pixel [4g, 4g] of the logits.
  public let classes: [UInt8]
  /// Whether a class other than the background is in it.
  public let isLabelled: Bool
  /// The embeddings scaled to a length of √C, [g·g, C].
  let directions: Tensor
  /// The part of each token's 4 x 4 cells that each class fills: 1 or 0 at (token, 16 k + cell), [g·g, 16 K].
  let cells: Tensor
  /// The share of each token that each class fills, [K, g·g].
  let shares: Tensor

  /// A slice of a grid of `grid` tokens a side, of a task of `count` classes with the background.
  public init(
    caseName: String, place: Float?, embedding: Tensor, classes: [UInt8], grid: Int, count: Int
  ) {
    precondition(
      embedding.shape.count == 2 && embedding.shape[0] == grid * grid
        && classes.count == 16 * grid * grid,
      "ExampleSlice: embedding \(embedding.shape), \(classes.count) pixels on a grid of \(grid)")
    self.caseName = caseName
    self.place = place
    self.embedding = embedding
    self.classes = classes
    isLabelled = classes.contains { $0 != 0 }
    directions = embedding.directions
    var cells = [Float](repeating: 0, count: grid * grid * 16 * count)
    var shares = [Float](repeating: 0, count: count * grid * grid)
    for (at, value) in classes.enumerated() where Int(value) < count {
      let (row, column) = (at / (4 * grid), at % (4 * grid))
      let token = row / 4 * grid + column / 4
      cells[(token * count + Int(value)) * 16 + row % 4 * 4 + column % 4] = 1
      shares[Int(value) * grid * grid + token] += 1 / 16
    }
    self.cells = Tensor([grid * grid, 16 * count], cells)
    self.shares = Tensor([count, grid * grid], shares)
  }
}

extension Tensor {
  /// The rows [N, C] scaled to a length of √C; rows of zeros stay.
  var directions: Tensor {
    let (rows, width) = (shape[0], shape[1])
    return Tensor(unfilled: shape) { to in
      withPointer { from in
        for row in 0..<rows {
          let start = row * width
          var squares: Float = 0
          for at in start..<start + width { squares += from[at] * from[at] }
          let factor = squares > 0 ? (Float(width) / squares).squareRoot() : 0
          for at in start..<start + width { to[at] = from[at] * factor }
        }
      }
    }
  }
}
