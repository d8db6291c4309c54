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

  @Test func `a graph keeps no value but what a way back needs`() {
    let x = Variable(Tensor([2], [3, 4]), wantsGradient: true)
    weak var middle: Variable?
    func twice() -> Variable {
      let once = scale(x, by: 2)
      middle = once
      return scale(once, by: 2)
    }
    let y = twice()
    #expect(middle == nil)
    #expect(Gradients(of: y, cotangent: Tensor([2], [1, 1]))[x]?.values == [4, 4])
  }

  @Test func `what is computed again has the bits of what was kept, shared leaves included`() {
    var random = Random(seed: 2)
    let x = randomTensor([5, 3], using: &random)
    let weight = Variable(randomTensor([3, 3], using: &random), wantsGradient: true)
    let cotangent = randomTensor([5, 3], using: &random)
    func body(_ x: Variable) -> Variable { gelu(linear(gelu(linear(x, weight)), weight)) }
    for learns in [true, false] {
      let leaf = Variable(x, wantsGradient: learns)
      let (kept, again) = (body(body(leaf)), recomputed(recomputed(leaf, body), body))
      #expect(kept.value == again.value)
      let one = Gradients(of: kept, cotangent: cotangent)
      let other = Gradients(of: again, cotangent: cotangent)
      #expect(one[leaf] == other[leaf])
      #expect((one[leaf] != nil) == learns)
      #expect(one[weight].map { $0.count } == 9)
      #expect(maximum(one[weight], other[weight]) < 1e-5)
    }
    #expect(!recomputed(Variable(x)) { scale($0, by: 2) }.wantsGradient)
  }

  private func maximum(_ one: Tensor?, _ other: Tensor?) -> Float {
    guard let one, let other else { return .infinity }
    return zip(one.values, other.values).map { abs($0 - $1) }.max() ?? 0
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
