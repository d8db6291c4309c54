import Exemplars
import Foundation
import TestKit
import Testing
import Training

/// The recipe's key `synthesis`: what it may say, and runs with it.
struct SynthesisRunTests {
  @Test func `kinds and count may be left out, and no kinds are no synthesis`() throws {
    #expect(try RecipeTests.recipe().synthesis == nil)
    #expect(try !RecipeTests.recipe().yaml().contains("synthesis"))
    let some = try #require(
      RecipeTests.recipe(overrides: ["synthesis.kinds=[intensity, deform]"]).synthesis)
    #expect(some.kinds == [.intensity, .deform] && some.count == 10)
    let all = try #require(RecipeTests.recipe("synthesis: {count: 3}").synthesis)
    #expect(all.kinds == [.deform, .morph, .structure, .intensity] && all.count == 3)
    #expect(try RecipeTests.recipe("synthesis: {kinds: []}").synthesis == nil)
    let written = try RecipeTests.recipe("synthesis: {count: 3}")
    #expect(try Recipe(yaml: written.yaml(), name: "again") == written)
    #expect(try written.yaml().contains("kinds: [deform, morph, structure, intensity]\n"))
  }

  @Test(
    arguments: [
      "synthesis: 3", "synthesis: {kind: [deform]}", "synthesis: {kinds: deform}",
      "synthesis: {kinds: [twist]}", "synthesis: {count: 0}", "synthesis: {count: many}",
      "synthesis: {kinds: [1]}",
    ]) func `what the key cannot say is refused`(line: String)
  {
    #expect(throws: RecipeError.self) { try RecipeTests.recipe(line) }
  }

  @Test(arguments: [[], ["method=samed", "augment.kind=samed"], ["augment.kind=none"]])
  func `a run with synthesis trains on other slices, resumes, and is the same on any threads`(
    overrides: [String]
  ) throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let plain = try bench.run("plain", overrides)
    let made = overrides + ["synthesis.kinds=[deform, intensity]", "synthesis.count=2"]
    let whole = try bench.run("whole", made)
    #expect(whole != plain)
    #expect(throws: TrainingError.self) { try bench.run("parts", made, stopAfter: 3) }
    #expect(try bench.run("parts", made, resume: true) == whole)
    #expect(try bench.run("none", overrides + ["synthesis.kinds=[]"]) == plain)
  }

  @Test func `each new slice is encoded once, and other kinds are other slices`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    func missing(_ overrides: [String]) throws -> Int {
      try Trainer(bench.recipe("r", overrides), version: "test", report: { _ in }).summary()
        .missingEmbeddings
    }
    let plain = try missing([])
    let made = ["synthesis.kinds=[deform]", "synthesis.count=2"]
    #expect(try missing(made) == plain / 3 * 5)
    var tallies = 0
    try Trainer(
      bench.recipe("r", made), version: "test",
      report: { event in if case .synthesised = event { tallies += 1 } }
    ).encode()
    #expect(tallies == 1)
    #expect(try missing(made) == 0)
    #expect(try missing([]) == 0)
    #expect(
      try missing(["synthesis.kinds=[deform, intensity]", "synthesis.count=2"]) == plain / 3 * 2)
    #expect(try missing(made + ["seed=5"]) > 0)
  }
}
