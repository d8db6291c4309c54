import Testing
import Training

/// How many steps fit into a time, where the first of them take longer.
struct StepPaceTests {
  @Test func `variants are made once, and what they take is spread over all steps`() {
    let pace = StepPace(fresh: 3, again: 1, variants: 10, batch: 2)
    #expect(abs(pace.seconds(of: 1000) - 1010) < 1e-9, "10 variants, 2 a step, 2 s more each step")
    #expect(abs(pace.seconds(of: 1) - (1 + 1.9)) < 1e-12, "two visits see 1.9 variants of 10")
    #expect(pace.steps(within: 1010.5) == 1000)
  }

  @Test func `where every visit has a variant of its own, all steps take the same`() {
    let pace = StepPace(fresh: 2, again: 1, variants: nil, batch: 8)
    #expect(pace.seconds(of: 7) == 14)
    #expect(pace.steps(within: 15) == 7)
  }

  @Test func `the steps that fit are the most that fit, and at least one`() {
    for limit in [0, 0.1, 1, 7.3, 100, 5000] {
      let pace = StepPace(fresh: 0.5, again: 0.02, variants: 300, batch: 4)
      let steps = pace.steps(within: limit)
      #expect(steps >= 1)
      #expect(steps == 1 || pace.seconds(of: steps) <= limit)
      #expect(pace.seconds(of: steps + 1) > limit)
    }
    #expect(StepPace(fresh: 0, again: 0, variants: 1, batch: 1).steps(within: 60) > 1000)
  }
}
