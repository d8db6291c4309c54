import Autodiff
import Foundation
import Tensors
import TestKit
import Testing

/// Kernels against twins in Double, at sizes that cross their tiles.
struct KernelTests {
  /// The largest error over the largest reference value.
  private func error(_ found: Tensor, _ reference: [Double]) -> Double {
    let scale = reference.reduce(1e-12) { max($0, abs($1)) }
    return zip(found.values, reference).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / scale
  }

  private func product(_ a: Tensor, _ b: Tensor, _ m: Int, _ n: Int, _ k: Int) -> [Double] {
    let (a, b) = (a.values.map(Double.init), b.values.map(Double.init))
    return (0..<m * n).map { index in
      (0..<k).reduce(0.0) { $0 + a[index / n * k + $1] * b[index % n * k + $1] }
    }
  }

  @Test(arguments: [
    (1, 1, 1), (9, 33, 70), (1030, 48, 40), (300, 130, 64), (20, 900, 65), (7, 67, 130),
    (13, 32, 64),
  ])
  func `a linear map equals its twin in Double across tiles`(m: Int, n: Int, k: Int) {
    var random = Random(seed: 1)
    let x = randomTensor([m, k], using: &random)
    let w = randomTensor([n, k], using: &random)
    #expect(error(x.linear(w), product(x, w, m, n, k)) < Tolerance.operation)
    let transposed = w.swappingAxes(0)
    #expect(error(x.times(transposed), product(x, w, m, n, k)) < Tolerance.operation)
    let columns = x.swappingAxes(0)
    #expect(
      error(columns.transposedTimes(transposed), product(x, w, m, n, k)) < Tolerance.operation)
  }

  @Test func `GELU equals its twin in Double from tail to tail`() {
    let points = (-4000...4000).map { Float($0) / 400 }
    let found = gelu(Variable(Tensor([points.count], points))).value
    let reference = points.map { Double($0) * 0.5 * (1 + erf(Double($0) / 2.0.squareRoot())) }
    // Of the larger of |x| and 1, and so below 1e-6 where |x| < 4.5; the error is largest at 5.5.
    let bounds = points.map { 2.2e-7 * max(1, abs(Double($0))) }
    #expect(zip(zip(found.values, reference), bounds).allSatisfy { abs(Double($0.0) - $0.1) < $1 })
  }

  @Test(arguments: [(1, 1), (3, 16), (2, 37), (5, 700)])
  func `attention equals its twin in Double, large scores included`(queries: Int, keys: Int) {
    var random = Random(seed: 3)
    let width = 4
    let q = randomTensor([1, queries, width], using: &random).scaled(by: 20)
    let k = randomTensor([1, keys, width], using: &random)
    let v = randomTensor([1, keys, width], using: &random)
    let found = attention(Variable(q), Variable(k), Variable(v), heads: 1).value
    let scores = product(q, k, queries, keys, width).map { $0 / 2 }
    var reference: [Double] = []
    for i in 0..<queries {
      let row = scores[i * keys..<(i + 1) * keys]
      let top = row.max() ?? 0
      let weights = row.map { exp($0 - top) }
      let total = weights.reduce(0, +)
      for c in 0..<width {
        reference.append(
          zip(0..<keys, weights).reduce(0) { $0 + Double(v[flat: $1.0 * width + c]) * $1.1 } / total
        )
      }
    }
    #expect(error(found, reference) < Tolerance.operation)
  }

  @Test(arguments: [1, 15, 16, 100]) func `layer norm equals its twin in Double`(width: Int) {
    var random = Random(seed: 4)
    let x = randomTensor([70, width], using: &random).adding(Tensor(3))
    let ones = Tensor([width], repeating: 1)
    let zeros = Tensor(zeros: [width])
    let found = layerNorm(Variable(x), Variable(ones), Variable(zeros), epsilon: 1e-3).value
    let reference = (0..<70).flatMap { row -> [Double] in
      let values = (0..<width).map { Double(x[flat: row * width + $0]) }
      let mean = values.reduce(0, +) / Double(width)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      return values.map { ($0 - mean) / (variance + 1e-3).squareRoot() }
    }
    #expect(error(found, reference) < Tolerance.operation)
  }

  @Test func `parallel calls each index once, also from inside and from several tasks`() async {
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 {
        group.addTask {
          var counts = Tensor(zeros: [1000])
          counts.withMutablePointer { counts in
            parallel(10) { outer in parallel(100) { counts[outer * 100 + $0] += 1 } }
          }
          return counts.values.allSatisfy { $0 == 1 }
        }
      }
      for await correct in group { #expect(correct) }
    }
  }
}
