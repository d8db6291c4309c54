import Autodiff
import Tensors
import TestKit
import Testing

/// The graph itself: what is kept, what is let go, how deep it may be.
struct GraphTests {
  @Test func `a chain of 100 000 nodes is walked and let go without overflowing the stack`() {
    let leaf = Variable(Tensor([1], [1]), wantsGradient: true)
    var end = leaf
    for _ in 0..<100_000 { end = scale(end, by: 1) }
    #expect(Gradients(of: end)[leaf]?.scalar == 1)
    var forgotten = leaf
    for _ in 0..<100_000 { forgotten = scale(forgotten, by: 1) }
  }

  @Test func `a frozen input has no edge and gets no gradient`() {
    var random = Random(seed: 1)
    let x = Variable(randomTensor([2, 3], using: &random))
    let weight = Variable(randomTensor([4, 3], using: &random), wantsGradient: true)
    let y = linear(x, weight)
    #expect(y.wantsGradient)
    let gradients = Gradients(of: y, cotangent: Tensor(y.shape, repeating: 1))
    #expect(gradients[x] == nil)
    #expect(gradients[weight] != nil)
    #expect(!linear(x, Variable(weight.value)).wantsGradient)
  }

  @Test func `gradients of a leaf used twice add up`() {
    let x = Variable(Tensor([2], [3, 4]), wantsGradient: true)
    let sum = add(scale(x, by: 2), x)
    #expect(Gradients(of: sum, cotangent: Tensor([2], [1, 10]))[x]?.values == [3, 30])
  }

  @Test func `results do not depend on the number of threads`() {
    var random = Random(seed: 9)
    let x = randomTensor([1, 40, 40, 96], using: &random)
    let bias = randomTensor([96], using: &random)
    let table = randomTensor([27, 8], using: &random)
    let weight = randomTensor([300, 96], using: &random)
    func run(_ threads: Int) -> [Tensor] {
      Threads.use(threads)
      defer { Threads.use(0) }
      let leaves = [x, bias, table, weight].map { Variable($0, wantsGradient: true) }
      let y = imageAttention(
        leaves[0], bias: leaves[1], relativeHeight: leaves[2], relativeWidth: leaves[2], heads: 4,
        window: 14)
      let z = linear(concatenate([y, y, y], axis: 3), leaves[3])
      let gradients = Gradients(of: z, cotangent: z.value)
      return [z.value] + leaves.compactMap { gradients[$0] }
    }
    #expect(run(1) == run(2))
  }
}
