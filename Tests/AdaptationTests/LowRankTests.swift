import Adaptation
import Autodiff
import Layers
import Tensors
import TestKit
import Testing

/// Corrections of low rank by themselves.
struct LowRankTests {
  @Test func `a fresh correction changes nothing and the first step moves only B`() throws {
    let correction = LowRank(
      "layer", inputs: 6, outputs: 3, rank: 2, scale: 0.5, column: 4, using: Random(seed: 1))
    var random = Random(seed: 2)
    let x = randomTensor([5, 6], using: &random)
    let y = randomTensor([5, 9], using: &random)
    correction.a.learns = true
    correction.b.learns = true
    let out = correction.corrected(Variable(y), input: Variable(x))
    #expect(out.value == y)
    let gradients = Gradients(of: out, cotangent: randomTensor([5, 9], using: &random))
    let (a, b) = (gradients[correction.a.variable], gradients[correction.b.variable])
    #expect(try #require(a).values.allSatisfy { $0 == 0 })
    #expect(try #require(b).values.contains { $0 != 0 })
  }

  @Test func `A is uniform within one over the root of the inputs, by its name`() {
    func values(_ name: String) -> [Float] {
      LowRank(name, inputs: 25, outputs: 40, rank: 4, scale: 1, using: Random(seed: 3)).a.value
        .values
    }
    #expect(values("one").allSatisfy { abs($0) <= 0.2 })
    #expect(values("one").contains { abs($0) > 0.19 })
    #expect(values("one") == values("one"))
    #expect(values("one") != values("two"))
  }

  @Test(arguments: zip([8, 4, 1], [4, 4, 1]))
  func `the rank is at most the smaller side`(rank: Int, expected: Int) {
    let correction = LowRank(
      "layer", inputs: 16, outputs: 4, rank: rank, scale: 1, using: Random(seed: 4))
    #expect(correction.a.shape == [expected, 16])
    #expect(correction.b.shape == [4, expected])
  }
}
