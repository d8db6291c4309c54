import Tensors
import TestKit
import Testing

/// Decompositions in double precision.
struct WideMatrixTests {
  private static let shapes = [[5, 5], [9, 4], [3, 8], [1, 6], [6, 1]]

  @Test(arguments: shapes)
  func `a matrix is the product of its singular triples`(shape: [Int]) throws {
    var random = Random(seed: 1)
    let matrix = randomTensor(shape, using: &random)
    let triples = try #require(WideMatrix(matrix).singular)
    let rank = min(shape[0], shape[1])
    #expect(triples.values == triples.values.sorted(by: >) && triples.values.count == rank)
    let factors = triples.factors(rank: rank)
    #expect(furthest(factors.b.times(factors.a).tensor, matrix) < Float(Tolerance.operation))
    #expect(isOrthonormal(triples.left) && isOrthonormal(triples.right.transposed))
    for column in 0..<rank {
      let vector = (0..<shape[0]).map { triples.left.values[$0 * rank + column] }
      #expect(vector.max { abs($0) < abs($1) } ?? 0 > 0)
    }
  }

  @Test(arguments: shapes)
  func `a matrix is the product of orthonormal columns and a triangle`(shape: [Int]) throws {
    var random = Random(seed: 2)
    let matrix = randomTensor(shape, using: &random)
    let (q, r) = try #require(WideMatrix(matrix).orthogonalised)
    #expect(furthest(q.times(r).tensor, matrix) < Float(Tolerance.operation))
    #expect(isOrthonormal(q))
    for row in 0..<r.rows {
      #expect((0..<min(row, r.columns)).allSatisfy { r.values[row * r.columns + $0] == 0 })
    }
  }

  @Test func `the error of a lower rank is what the left out values say`() throws {
    var random = Random(seed: 3)
    let matrix = randomTensor([8, 6], using: &random)
    let triples = try #require(WideMatrix(matrix).singular)
    let factors = triples.factors(rank: 2)
    let rest = zip(factors.b.times(factors.a).tensor.values, matrix.values)
      .reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    let expected = triples.values.dropFirst(2).reduce(0) { $0 + $1 * $1 }
    #expect(abs(rest / expected - 1) < Tolerance.operation)
  }

  @Test(arguments: [Float.nan, .infinity])
  func `numbers that are not finite have no decomposition`(number: Float) {
    let matrix = WideMatrix(Tensor([2, 2], [1, number, 0, 1]))
    #expect(matrix.singular.map { _ in true } == nil)
    #expect(matrix.orthogonalised.map { _ in true } == nil)
  }

  private func isOrthonormal(_ columns: WideMatrix) -> Bool {
    let product = columns.transposed.times(columns)
    return product.values.enumerated().allSatisfy { place, value in
      abs(value - (place % (product.columns + 1) == 0 ? 1 : 0)) < Tolerance.operation
    }
  }

  private func furthest(_ one: Tensor, _ other: Tensor) -> Float {
    zip(one.values, other.values).map { abs($0 - $1) }.max() ?? .infinity
  }
}
