import Autodiff
import Tensors
import TestKit
import Testing

/// Every operation against central differences with a random cotangent, at sizes that include 1 and extents that
/// are no multiple of a vector's.
struct OperationTests {
  @Test(arguments: [(1, 1, 1), (3, 5, 7), (4, 17, 33)])
  func `linear and its low-rank correction have the gradients of their formulas`(
    rows: Int, inner: Int, outer: Int
  ) {
    var random = Random(seed: 1)
    let x = randomTensor([rows, inner], using: &random)
    let weight = randomTensor([outer, inner], using: &random)
    let bias = randomTensor([outer], using: &random)
    #expect(
      gradientError(at: [x, weight, bias], using: &random) { linear($0[0], $0[1], $0[2]) }
        < Tolerance.gradient)
    let y = randomTensor([rows, outer + 2], using: &random)
    let a = randomTensor([2, inner], using: &random)
    let b = randomTensor([outer, 2], using: &random)
    #expect(
      gradientError(at: [y, x, a, b], using: &random) {
        addLowRank(to: $0[0], from: $0[1], a: $0[2], b: $0[3], scale: 0.5, at: 1)
      } < Tolerance.gradient)
    let taller = randomTensor([outer + 2, inner], using: &random)
    #expect(
      gradientError(at: [taller, a, b], using: &random) {
        addLowRank(toMatrix: $0[0], a: $0[1], b: $0[2], scale: 0.5, at: 1)
      } < Tolerance.gradient)
  }

  @Test(arguments: [1, 7, 33]) func `layer norm has the gradients of its formula`(width: Int) {
    var random = Random(seed: 2)
    let x = randomTensor([2, 3, width], using: &random)
    let weight = randomTensor([width], using: &random)
    let bias = randomTensor([width], using: &random)
    #expect(
      gradientError(at: [x, weight, bias], using: &random) {
        layerNorm($0[0], $0[1], $0[2], epsilon: 1e-2)
      } < Tolerance.gradient)
  }

  @Test func `activations have the gradients of their formulas`() {
    var random = Random(seed: 3)
    let x = randomTensor([5, 9], using: &random)
    #expect(gradientError(at: [x], using: &random) { gelu($0[0]) } < Tolerance.gradient)
    let away = Tensor(x.shape, x.values.map { $0 < 0 ? $0 - 0.1 : $0 + 0.1 })
    #expect(gradientError(at: [away], using: &random) { relu($0[0]) } < Tolerance.gradient)
  }

  @Test(arguments: [(1, 1, 1), (3, 16, 7)])
  func `sums with fixed weights have the gradients of their formula`(
    sums: Int, rows: Int, width: Int
  ) {
    var random = Random(seed: 12)
    let x = randomTensor([rows, width], using: &random)
    let weights = randomTensor([sums, rows], using: &random)
    #expect(
      gradientError(at: [x], using: &random) { weightedSums($0[0], weights: weights) }
        < Tolerance.gradient)
  }

  @Test func `sums, joins and copies hand each input its part`() {
    var random = Random(seed: 4)
    let a = randomTensor([2, 3, 4], using: &random)
    let b = randomTensor([3, 4], using: &random)
    let c = randomTensor([2, 1, 4], using: &random)
    #expect(gradientError(at: [a, b], using: &random) { add($0[0], $0[1]) } < Tolerance.gradient)
    #expect(
      gradientError(at: [a, c], using: &random) { concatenate([$0[1], $0[0]], axis: 1) }
        < Tolerance.gradient)
    #expect(
      gradientError(at: [a], using: &random) { slice($0[0], axis: 1, 1..<3) } < Tolerance.gradient)
    #expect(
      gradientError(at: [b], using: &random) { add(repeated($0[0], count: 3), $0[0]) }
        < Tolerance.gradient)
    #expect(
      gradientError(at: [a], using: &random) { scale(reshape($0[0], [6, 4]), by: -2) }
        < Tolerance.gradient)
  }

  @Test(arguments: [(1, 1, 1, 4), (2, 5, 3, 8), (1, 3, 40, 4)])
  func `attention has the gradients of its formula`(
    batch: Int, queries: Int, keys: Int, channels: Int
  ) {
    var random = Random(seed: 5)
    let q = randomTensor([batch, queries, channels], using: &random)
    let k = randomTensor([batch, keys, channels], using: &random)
    let v = randomTensor([batch, keys, channels], using: &random)
    #expect(
      gradientError(at: [q, k, v], using: &random) { attention($0[0], $0[1], $0[2], heads: 2) }
        < Tolerance.gradient)
  }

  @Test(arguments: [(3, 4, 0), (3, 4, 2), (5, 5, 3), (1, 1, 0)])
  func `image attention has the gradients of its formula, padding included`(
    rows: Int, columns: Int, window: Int
  ) {
    var random = Random(seed: 6)
    let (heads, width) = (2, 3)
    let sides = window == 0 ? (rows, columns) : (window, window)
    let qkv = randomTensor([1, rows, columns, 3 * heads * width], using: &random)
    let bias = randomTensor([3 * heads * width], using: &random)
    let height = randomTensor([2 * sides.0 - 1, width], using: &random)
    let across = randomTensor([2 * sides.1 - 1, width], using: &random)
    #expect(
      gradientError(at: [qkv, bias, height, across], using: &random) {
        imageAttention(
          $0[0], bias: $0[1], relativeHeight: $0[2], relativeWidth: $0[3], heads: heads,
          window: window)
      } < Tolerance.gradient)
  }

  @Test func `patches have the gradients of their formula`() {
    var random = Random(seed: 7)
    let x = randomTensor([2, 4, 6, 3], using: &random)
    #expect(
      gradientError(at: [x], using: &random) { patchify($0[0], size: 2) } < Tolerance.gradient)
  }
}
