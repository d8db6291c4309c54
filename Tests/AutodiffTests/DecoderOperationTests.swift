import Autodiff
import Tensors
import TestKit
import Testing

/// The mask decoder's operations against central differences, and against what they are made of.
struct DecoderOperationTests {
  @Test(arguments: [(1, 1, 1, 1, 1), (2, 3, 5, 4, 3), (1, 2, 17, 2, 33)])
  func `head products and results have the gradients of their formulas`(
    batch: Int, tokens: Int, width: Int, heads: Int, depth: Int
  ) {
    var random = Random(seed: 1)
    let inner = heads * depth
    let x = randomTensor([batch, tokens, inner], using: &random)
    let w = randomTensor([inner, width], using: &random)
    let transposed = randomTensor([width, inner], using: &random)
    let rows = randomTensor([batch, heads * tokens, width], using: &random)
    #expect(
      gradientError(at: [x, w], using: &random) {
        headProducts($0[0], $0[1], heads: heads, scale: 0.5)
      } < Tolerance.gradient)
    #expect(
      gradientError(at: [x, transposed], using: &random) {
        headProducts($0[0], $0[1], heads: heads, transposing: true)
      } < Tolerance.gradient)
    #expect(
      gradientError(at: [rows, w], using: &random) { headResults($0[0], $0[1], heads: heads) }
        < Tolerance.gradient)
  }

  @Test(arguments: [(1, 1, 1, 1), (2, 3, 7, 5), (1, 2, 300, 3)])
  func `a look at the image has the gradients of its formula`(
    batch: Int, queries: Int, rows: Int, width: Int
  ) {
    var random = Random(seed: 2)
    let q = randomTensor([batch, queries, width], using: &random)
    let x = randomTensor([batch, rows, width], using: &random)
    let positions = randomTensor([rows, width], using: &random)
    let bias = Variable(Tensor(zeros: [width]))
    #expect(
      gradientError(at: [q, x], using: &random) {
        tokensToImage($0[0], $0[1], positions: positions, keyBias: bias)
      } < Tolerance.gradient)
  }

  @Test(arguments: [(1, 1, 1, 1, 2), (2, 5, 3, 2, 7), (1, 270, 2, 2, 3)])
  func `what the image is told has the gradients of its formula`(
    batch: Int, rows: Int, tokens: Int, heads: Int, width: Int
  ) {
    var random = Random(seed: 3)
    let positions = randomTensor([rows, width], using: &random)
    let inputs = [
      [batch, rows, width], [batch, heads * tokens, width], [batch, heads * tokens, 1],
      [batch, heads * tokens, width], [width], [width], [width],
    ].map { randomTensor($0, using: &random) }
    #expect(
      gradientError(at: inputs, using: &random) {
        imageToTokens(
          $0[0], positions: positions, keys: $0[1], offsets: $0[2], values: $0[3], bias: $0[4],
          heads: heads, norm: ($0[5], $0[6], 1e-1))
      } < Tolerance.gradient)
  }

  @Test func `upscaled masks have the gradients of their formula`() {
    var random = Random(seed: 4)
    let shapes = [
      [2, 2, 3, 3], [3, 5, 2, 2], [5], [5], [5], [5, 2, 2, 2], [2], [2, 3, 2],
    ]
    let inputs = shapes.map { randomTensor($0, using: &random) }
    #expect(
      gradientError(at: inputs, using: &random) {
        upscaledMasks(
          $0[0],
          UpscalingParameters(
            first: ($0[1], $0[2]), norm: ($0[3], $0[4], 1e-1), second: ($0[5], $0[6])),
          weights: $0[7])
      } < Tolerance.gradient)
  }
}
