import Autodiff
import Tensors
import TestKit
import Testing

/// Attention over an image's tokens and learned ones.
struct PromptedAttentionTests {
  @Test(arguments: [(1, 3, 4, 2, 3, 2, 0), (2, 5, 5, 1, 4, 1, 2), (1, 4, 4, 2, 2, 5, 3)])
  func `it has the gradients of its formula`(
    batch: Int, rows: Int, columns: Int, heads: Int, width: Int, prompts: Int, window: Int
  ) {
    var random = Random(seed: 4)
    let channels = heads * width
    let sides = window == 0 ? (rows, columns) : (window, window)
    let inputs = [
      [batch, rows, columns, 3 * channels], [3 * channels], [2 * sides.0 - 1, width],
      [2 * sides.1 - 1, width], [batch, prompts, 3 * channels],
    ].map { randomTensor($0, using: &random) }
    #expect(
      gradientError(at: inputs, using: &random) {
        promptedAttention(
          $0[0], bias: $0[1], relativeHeight: $0[2], relativeWidth: $0[3], prompts: $0[4],
          heads: heads, window: window)
      } < Tolerance.gradient)
  }

  @Test func `without positions it is attention over both kinds of tokens`() {
    var random = Random(seed: 5)
    let (side, heads, channels, prompts) = (6, 2, 8, 3)
    let qkv = Variable(randomTensor([1, side, side, 3 * channels], using: &random))
    let learned = Variable(randomTensor([1, prompts, 3 * channels], using: &random))
    let table = Variable(Tensor(zeros: [2 * side - 1, channels / heads]))
    let found = promptedAttention(
      qkv, bias: Variable(Tensor(zeros: [3 * channels])), relativeHeight: table,
      relativeWidth: table, prompts: learned, heads: heads, window: 0)
    let image = reshape(qkv, [1, side * side, 3 * channels])
    let all = concatenate([image, learned], axis: 1)
    let expected = attention(
      slice(image, axis: 2, 0..<channels), slice(all, axis: 2, channels..<2 * channels),
      slice(all, axis: 2, 2 * channels..<3 * channels), heads: heads)
    #expect(
      relativeError(found.value.reshaped([1, side * side, channels]), expected.value) < 1e-5)
  }

  @Test func `its bits do not depend on the number of threads`() {
    var random = Random(seed: 6)
    let shapes = [[1, 9, 9, 24], [24], [5, 2], [5, 2], [1, 4, 24]]
    let inputs = shapes.map { Variable(randomTensor($0, using: &random), wantsGradient: true) }
    func bits(threads: Int) -> [Tensor?] {
      Threads.use(threads)
      defer { Threads.use(0) }
      let y = promptedAttention(
        inputs[0], bias: inputs[1], relativeHeight: inputs[2], relativeWidth: inputs[3],
        prompts: inputs[4], heads: 4, window: 3)
      let gradients = Gradients(of: y, cotangent: y.value)
      return [y.value] + inputs.map { gradients[$0] }
    }
    #expect(bits(threads: 1) == bits(threads: 2))
  }
}
