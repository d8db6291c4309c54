import Autodiff
import Foundation
import TestKit
import Tensors
import Testing

/// The operations by which exemplars define a task, against central differences and against their formulas.
struct ExampleSetOperationTests {
  @Test(arguments: [(1, 1, 1, 1), (3, 7, 5, 4), (2, 33, 17, 9)])
  func `what is recalled is the softmax's mean of the values, with its gradient`(
    queries: Int, keys: Int, width: Int, values: Int
  ) {
    var random = Random(seed: 11)
    let q = randomTensor([queries, width], using: &random)
    let k = randomTensor([keys, width], using: &random)
    let v = randomTensor([keys, values], using: &random)
    let found = recalled(Variable(q), keys: k, values: v).value
    for row in 0..<queries {
      let scores = (0..<keys).map { key in
        exp(
          (0..<width).reduce(0.0) {
            $0 + Double(q[flat: row * width + $1]) * Double(k[flat: key * width + $1])
          })
      }
      let sum = scores.reduce(0, +)
      for column in 0..<values {
        let expected = (0..<keys).reduce(0.0) {
          $0 + scores[$1] / sum * Double(v[flat: $1 * values + column])
        }
        let error = abs(expected - Double(found[flat: row * values + column]))
        #expect(error < 10 * Tolerance.operation)
      }
    }
    #expect(
      gradientError(at: [q], using: &random) { recalled($0[0], keys: k, values: v) }
        < Tolerance.gradient)
  }

  @Test func `a query that wants no gradient keeps no graph`() {
    var random = Random(seed: 12)
    let k = randomTensor([3, 2], using: &random)
    #expect(!recalled(Variable(k), keys: k, values: k).wantsGradient)
    #expect(!logarithm(Variable(k), epsilon: 1).wantsGradient)
  }

  @Test func `the logarithm of shares has the gradient of its formula`() {
    var random = Random(seed: 13)
    let x = Tensor([2, 5], (0..<10).map { _ in random.uniform(0.2, 1) })
    #expect(
      gradientError(at: [x], using: &random) { logarithm($0[0], epsilon: 0.1) }
        < Tolerance.gradient)
    #expect(logarithm(Variable(Tensor(zeros: [1])), epsilon: 1).value.values == [0])
  }

  @Test func `cells become planes and go back the same way`() {
    var random = Random(seed: 14)
    let x = randomTensor([9, 32], using: &random)
    let y = planes(ofCells: Variable(x), grid: 3).value
    #expect(y.shape == [2, 12, 12])
    // Token (1, 2), class 1, cell (3, 0): row 4 + 3, column 8 + 0.
    #expect(y[flat: 144 + 7 * 12 + 8] == x[flat: 5 * 32 + 16 + 12])
    #expect(
      gradientError(at: [x], using: &random) { planes(ofCells: $0[0], grid: 3) }
        < Tolerance.gradient)
  }
}
