import Foundation
import Tensors
import TestKit
import Testing
import Training

/// The update rules against Double twins, the schedules against their formulas.
struct OptimizerTests {
  @Test func `AdamW follows its formula over steps of different rates`() {
    var random = Random(seed: 1)
    var value = randomTensor([3, 7], using: &random)
    var p = value.values.map(Double.init)
    var m = [Double](repeating: 0, count: 21)
    var v = m
    var optimizer = AdamW(decay: 0.1)
    for step in 1...20 {
      let gradient = randomTensor([3, 7], using: &random)
      let rate = 0.005 / Double(step)
      optimizer.step("w", &value, gradient: gradient, rate: rate)
      for (i, g) in gradient.values.map(Double.init).enumerated() {
        p[i] *= 1 - rate * 0.1
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        let denominator = (v[i] / (1 - pow(0.999, Double(step)))).squareRoot() + 1e-8
        p[i] -= rate * m[i] / (1 - pow(0.9, Double(step))) / denominator
      }
    }
    for (found, expected) in zip(value.values, p) { #expect(abs(Double(found) - expected) < 1e-5) }
  }

  @Test func `momentum starts with the first gradient and decays the weight`() {
    var value = Tensor([1], [2])
    var optimizer = Momentum(momentum: 0.9, decay: 0.5)
    optimizer.step("w", &value, gradient: Tensor([1], [3]), rate: 0.1)
    // buffer 3 + 0.5 · 2 = 4, value 2 - 0.4
    #expect(abs(value.scalar - 1.6) < 1e-6)
    optimizer.step("w", &value, gradient: Tensor([1], [1]), rate: 0.1)
    // buffer 0.9 · 4 + 1 + 0.8 = 5.4, value 1.6 - 0.54
    #expect(abs(value.scalar - 1.06) < 1e-6)
  }

  @Test func `an optimizer with its memory put back continues in the same bits`() {
    var random = Random(seed: 2)
    let gradients = (0..<6).map { _ in randomTensor([5], using: &random) }
    var whole = (Tensor(zeros: [5]), AdamW(decay: 0.1))
    for gradient in gradients { whole.1.step("w", &whole.0, gradient: gradient, rate: 0.01) }
    var first = (Tensor(zeros: [5]), AdamW(decay: 0.1))
    for gradient in gradients[..<3] { first.1.step("w", &first.0, gradient: gradient, rate: 0.01) }
    var second = (first.0, AdamW(decay: 0.1))
    second.1.memory = first.1.memory
    for gradient in gradients[3...] {
      second.1.step("w", &second.0, gradient: gradient, rate: 0.01)
    }
    #expect(second.0 == whole.0)
  }

  @Test func `clipping bounds the common norm and leaves small gradients alone`() {
    let gradients = ["a": Tensor([1], [3]), "b": Tensor([1], [4])]
    let cut = clipped(gradients, toNorm: 1)
    #expect(abs((cut["a"]?.scalar ?? 0) - 0.6) < 1e-5)
    #expect(clipped(gradients, toNorm: 6) == gradients)
  }

  @Test func `SAMed's schedule sets the rate after the step`() {
    let schedule = Schedule.samed(base: 0.005, warmup: 5, total: 20)
    let expected = [0.001, 0.001, 0.002, 0.003, 0.004, 0.005, 0.005, 0.005 * pow(0.95, 0.9)]
    for (step, rate) in expected.enumerated() {
      #expect(abs(schedule.rate(at: step) - rate) < 1e-15)
    }
  }

  @Test func `the cosine rises over the warm-up and falls to zero`() {
    let schedule = Schedule.cosine(base: 1, warmup: 2, total: 12)
    #expect((0..<3).map { schedule.rate(at: $0) } == [0.5, 1, 1])
    #expect(abs(schedule.rate(at: 7) - 0.5) < 1e-15)
    #expect(schedule.rate(at: 12) < 1e-15)
  }
}
