import Autodiff
import Tensors
import TestKit
import Testing

/// Attention with a second softmax over probabilities plus a prior.
struct GuidedAttentionTests {
  @Test(arguments: [(1, 1, 1, 1, 1), (2, 3, 5, 2, 3), (1, 4, 9, 3, 2)])
  func `gradients are those of central differences`(
    batch: Int, queries: Int, keys: Int, heads: Int, width: Int
  ) {
    var random = Random(seed: 1)
    let q = randomTensor([batch, queries, heads * width], using: &random)
    let k = randomTensor([batch, keys, heads * width], using: &random)
    let v = randomTensor([batch, keys, heads * width], using: &random)
    let prior = randomTensor([keys], using: &random)
    #expect(
      gradientError(at: [q, k, v], using: &random) {
        guidedAttention($0[0], $0[1], $0[2], heads: heads, prior: prior)
      } < Tolerance.gradient)
  }

  @Test func `a prior far above all others makes its key the answer`() {
    var random = Random(seed: 2)
    let q = randomTensor([1, 2, 6], using: &random)
    let k = randomTensor([1, 4, 6], using: &random)
    let v = randomTensor([1, 4, 6], using: &random)
    let y = guidedAttention(
      Variable(q), Variable(k), Variable(v), heads: 2, prior: Tensor([4], [0, 0, 200, 0]))
    let row = v.sliced(axis: 1, 2..<3)
    for query in 0..<2 {
      let found = y.value.sliced(axis: 1, query..<query + 1)
      #expect(zip(found.values, row.values).allSatisfy { abs($0 - $1) < 1e-6 })
    }
  }
}
