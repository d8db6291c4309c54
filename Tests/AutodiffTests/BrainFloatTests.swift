import Autodiff
import Tensors
import TestKit
import Testing

/// Frozen products in bfloat16, where this processor has them.
@Suite(.enabled(if: Precision.bf16.available == .bf16, "no bfloat16 products on this processor"))
struct BrainFloatTests {
  /// The elements rounded to nearest even.
  private func rounded(_ tensor: Tensor) -> Tensor {
    Tensor(
      tensor.shape,
      tensor.values.map {
        let bits = $0.bitPattern
        return Float(bitPattern: (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff_0000)
      })
  }

  private func relative(_ found: Tensor, _ expected: Tensor) -> Double {
    let pairs = zip(found.values, expected.values).map { (Double($0), Double($1)) }
    let squares = pairs.reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    return (squares / pairs.reduce(1e-30) { $0 + $1.1 * $1.1 }).squareRoot()
  }

  @Test(arguments: [(1, 1, 1), (14, 32, 32), (15, 33, 31), (130, 70, 100), (37, 96, 64)])
  func `a frozen linear map and its gradients are those of the rounded factors`(
    rows: Int, n: Int, k: Int
  ) throws {
    var random = Random(seed: 3)
    let x = Variable(randomTensor([rows, k], using: &random), wantsGradient: true)
    let w = randomTensor([n, k], using: &random)
    let bias = Variable(randomTensor([n], using: &random), wantsGradient: true)
    let dy = randomTensor([rows, n], using: &random)
    let y = linear(x, FrozenMatrix(w, forTraining: true), bias)
    let gradients = Gradients(of: y, cotangent: dy)
    #expect(
      relative(y.value, rounded(x.value).linear(rounded(w), bias.value)) < Tolerance.operation)
    #expect(
      relative(try #require(gradients[x]), rounded(dy).times(rounded(w))) < Tolerance.operation)
    #expect(
      relative(try #require(gradients[bias]), dy.summed(keepingLast: 1)) < Tolerance.operation)
  }

  @Test(arguments: [(20, 24, 100), (130, 64, 256)])
  func `a frozen MLP is near the one in single precision`(rows: Int, width: Int, hidden: Int) {
    var random = Random(seed: 4)
    let x = Variable(randomTensor([rows, width], using: &random))
    let w1 = randomTensor([hidden, width], using: &random)
    let w2 = randomTensor([width, hidden], using: &random)
    let (bias1, bias2) = (
      Variable(randomTensor([hidden], using: &random)),
      Variable(randomTensor([width], using: &random))
    )
    let found = frozenMLP(
      x, FrozenMatrix(w1, forTraining: false), bias1, FrozenMatrix(w2, forTraining: false), bias2)
    let expected = linear(gelu(linear(x, Variable(w1), bias1)), Variable(w2), bias2)
    #expect(relative(found.value, expected.value) < 5e-3)
  }

  @Test(arguments: [
    (1, 5, 5, 2, 16, 0), (2, 20, 20, 3, 20, 7), (1, 9, 13, 2, 80, 0), (1, 17, 17, 1, 64, 14),
    (1, 3, 50, 2, 48, 0), (1, 30, 30, 1, 32, 0),
  ])
  func `frozen image attention is near the one in single precision, on any thread`(
    batch: Int, rows: Int, columns: Int, heads: Int, width: Int, window: Int
  ) {
    var random = Random(seed: 5)
    let sides = window == 0 ? (rows, columns) : (window, window)
    let c = heads * width
    let operands = [
      [batch, rows, columns, 3 * c], [3 * c], [2 * sides.0 - 1, width], [2 * sides.1 - 1, width],
    ].map { Variable(randomTensor($0, using: &random)) }
    func attended() -> Tensor {
      frozenImageAttention(
        operands[0], bias: operands[1], relativeHeight: operands[2], relativeWidth: operands[3],
        heads: heads, window: window
      ).value
    }
    let expected = imageAttention(
      operands[0], bias: operands[1], relativeHeight: operands[2], relativeWidth: operands[3],
      heads: heads, window: window)
    #expect(relative(attended(), expected.value) < 2e-2)
    Threads.use(1)
    let alone = attended()
    Threads.use(0)
    #expect(attended() == alone)
  }
}
