import Exemplars
import Failures
import Testing
import Training

/// What a plan says, what is refused with which sentence, and which cells follow from it.
struct BenchPlanTests {
  private static let start = """
    pack: p.h5
    weights: w.safetensors
    out: runs
    budget: {steps: 10}
    """

  private func plan(_ more: String = "methods: [decoder-lora]") throws -> BenchPlan {
    try BenchPlan(yaml: "\(Self.start)\n\(more)\n", name: "plan.yaml")
  }

  @Test func `a short plan has the usual values`() throws {
    let plan = try plan()
    #expect(plan.exemplars == [1, 3, 5, 10])
    #expect(plan.candidates == .split("train") && plan.tests == .split("test"))
    #expect(plan.choices.map(\.count) == [3] && plan.choices[0].selection == .random)
    #expect(plan.seeds == [1] && plan.synthesis == [.none])
    #expect(!plan.keepsLargest && plan.keepsMasks)
    #expect(plan.cells.count == 12)
    #expect(Set(plan.cells.map(\.id)).count == 12)
    #expect(plan.cells[0].id == "decoder-lora_k1_random1_seed1")
  }

  @Test func `every key is understood`() throws {
    let plan = try plan(
      """
      split: {exemplars: [a, b, c], test: late}
      methods:
        - decoder-lora
        - {name: samed, label: "SAMed, r 8", settings: {lora: {rank: 8}, batch: 2}}
        - {name: decoder-lora, label: never trained, weights: 'c d.safetensors'}
      exemplars: [2, 1]
      choices:
        - {count: 2, selection: spread, seed: 9}
        - {cases: [[a, b], [c, a]]}
      seeds: [4, 5]
      keep_largest: true
      keep_masks: false
      settings: {image: {size: 64}, optimizer.rate: 1e-3}
      note: Synthetic.
      """)
    #expect(plan.candidates == .named(["a", "b", "c"]) && plan.tests == .split("late"))
    #expect(plan.methods[1].settings == ["lora.rank=8", "batch=2"])
    #expect(plan.settings == ["image.size=64", "optimizer.rate=1e-3"])
    #expect(plan.exemplars == [1, 2])
    #expect(plan.choices[1].lists == [["a", "b"], ["c", "a"]])
    // Three methods, two numbers, two choices of each of two rules, two seeds.
    #expect(plan.cells.count == 3 * 2 * 4 * 2)
    #expect(plan.cells.contains { $0.id == "samed-r-8_k2_given2_seed5" })
    let recipe = try plan.recipe(
      plan.methods[2], seed: 4, exemplars: ["it's", "b"], synthesis: .none, out: "x")
    #expect(recipe.weights == "c d.safetensors" && recipe.exemplars == ["it's", "b"])
    #expect(recipe.image.size == 64 && recipe.optimizer.rate == 1e-3 && recipe.seed == 4)
    #expect(recipe.budget.steps == 10)
  }

  @Test(arguments: [
    (
      "methods: [decoder-lora]\nmethod: x",
      "plans have no key \"method\"; did you mean \"methods\"?"
    ),
    ("methods: [decoder-lore]", "methods.0.name is \"decoder-lore\""),
    ("methods: [{name: samed, label: a}, {name: samed, label: A}]", "a label of its own"),
    ("methods: [{name: samed, colour: red}]", "no key \"methods.0.colour\""),
    ("exemplars: [1]", "the key \"methods\" is missing"),
    ("methods: [samed]\nexemplars: [0]", "exemplars is \"0\""),
    ("methods: [samed]\nexemplars: [1, 1]", "different whole numbers"),
    ("methods: [samed]\nseeds: [x]", "seeds is \"x\""),
    ("methods: [samed]\nchoices: {selection: sprad}", "one of random, spread"),
    ("methods: [samed]\nexemplars: [3]\nchoices: {cases: [[a, b]]}", "a list of 2"),
    ("methods: [samed]\nchoices: {cases: [[a, a]]}\nexemplars: [1]", "a twice"),
    ("methods: [samed]\nchoices: {count: 2, cases: [[a]]}\nexemplars: [1]", "takes no selection"),
    ("methods: [samed]\nsettings: {budget: {steps: 3}}", "settings sets budget"),
    ("methods: [samed]\nsettings: {seed: 3}", "settings sets seed"),
    ("methods: [samed]\nsettings: {imagee: {size: 3}}", "did you mean \"image\"?"),
    ("methods: [samed]\nsettings: 4", "keys of a recipe"),
    ("methods: [decoder-lora]\nsettings: {prompts: box}", "needs prompts"),
    ("methods: [samed]\nkeep_largest: maybe", "true or false"),
    ("methods: [samed]\nsplit: {train: a}", "no key \"split.train\""),
    (
      "methods: [samed]\nbudget: {steps: 1, seconds: 2}",
      "one of the keys steps, seconds and processor_seconds"
    ),
    ("methods: [samed]\nbudget: {epochs: 2}", "no key \"budget.epochs\""),
  ])
  func `what makes no sense is refused with a sentence`(text: String, words: String) throws {
    let start =
      text.contains("budget: {") && !text.contains("settings: {budget")
      ? Self.start.replacing("budget: {steps: 10}", with: "") : Self.start
    let error = #expect(throws: (any Error).self) {
      try BenchPlan(yaml: "\(start)\n\(text)\n", name: "plan.yaml")
    }
    let failure = try #require(error as? any Failure)
    #expect(failure.kind == .usage)
    #expect(failure.description.contains(words), "\(failure.description)")
    #expect(failure.description.contains("plan.yaml"), "\(failure.description)")
  }

  @Test func `a text that is no mapping is refused`() {
    #expect(throws: BenchError.self) { try BenchPlan(yaml: "- a", name: "plan.yaml") }
    #expect(throws: BenchError.self) { try BenchPlan(yaml: "a: [", name: "plan.yaml") }
  }

  @Test(arguments: [1, 2, 3, 5, 100])
  func `the parts of a plan are its cells, each in one of them`(count: Int) throws {
    let plan = try plan("methods: [decoder-lora, decoder-full]\nseeds: [1, 2]")
    let parts = try (1...count).map { index in
      plan.cells(of: try #require(BenchShard("\(index)/\(count)")))
    }
    #expect(parts.joined().count == plan.cells.count)
    #expect(Set(parts.joined()) == Set(plan.cells))
    if count == 2 {
      for part in parts {
        #expect(part.count == plan.cells.count / 2)
        #expect(part.count { $0.method == "decoder-lora" } == part.count / 2)
      }
    }
  }

  @Test(arguments: ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", ""])
  func `what is no part is none`(text: String) {
    #expect(BenchShard(text) == nil)
  }
}
