import Adaptation
import Exemplars
import Failures
import Testing
import Training

/// What a recipe's file says, what is refused, and with which sentence.
struct RecipeTests {
  static let start = "weights: w.safetensors\npack: p.h5\nout: run\n"

  static func recipe(_ more: String = "", overrides: [String] = []) throws -> Recipe {
    try Recipe(yaml: start + more, name: "r.yaml", overrides: overrides)
  }

  @Test func `the protocol of every data set that comes with graft is a recipe`() throws {
    for name in Descriptor.bundled {
      let settings = try Descriptor.named(name).evaluation?.settings ?? []
      let recipe = try Self.recipe("budget: {steps: 1}", overrides: settings)
      if name == "btcv" { #expect(recipe.image.detour == 224 && recipe.image.resize == .square) }
    }
  }

  @Test func `a detour is for a square`() throws {
    #expect(try Self.recipe("image: {resize: square, detour: 224}").image.detour == 224)
    #expect(throws: RecipeError.self) { try Self.recipe("image: {detour: 224}") }
    #expect(throws: RecipeError.self) {
      try Self.recipe("image: {resize: square, detour: 0}")
    }
  }

  @Test func `exemplars are names of cases, each once`() throws {
    #expect(try Self.recipe("exemplars: [b, a]").exemplars == ["b", "a"])
    #expect(try Self.recipe().exemplars == nil)
    #expect(throws: RecipeError.self) { try Self.recipe("exemplars: []") }
    #expect(throws: RecipeError.self) { try Self.recipe("exemplars: [a, a]") }
  }

  @Test func `every key of the documentation is understood`() throws {
    let recipe = try Self.recipe(
      """
      method: decoder-lora
      image: {size: 192, resize: longest-side, normalise: percentile}
      slices: {plane: acquired, empty: 0.2}
      classes: {heads: trained, start: copy}
      lora: {rank: 4, scale: 8/r, targets: [attention, mlp]}
      prompts: none
      augment: {kind: free, variants: 10}
      loss: {name: ce-dice, ce: 0.2, dice: 0.8}
      optimizer: {name: adamw, rate: 0.005, betas: [0.9, 0.999], weight_decay: 0.1, clip: none}
      schedule: {name: samed, warmup: 250, total: 18600}
      budget: {steps: 2}
      batch: 12
      seed: 1234
      snapshot: {every: 100, keep: 2}
      batches: [[0, 3], [1, 2]]
      initial: [heads.safetensors, lora.safetensors]
      """)
    #expect(recipe.image.size == 192)
    #expect(recipe.lora.scale.factor(rank: 4) == 2)
    #expect(recipe.optimizer.clip == .none)
    #expect(recipe.schedule.total == 18600)
    #expect(recipe.batches == [[0, 3], [1, 2]])
    #expect(recipe.initial == ["heads.safetensors", "lora.safetensors"])
  }

  @Test func `the layers to correct are the method's own, or those that are named`() throws {
    let words =
      [
        ("method: samed", [], [.q, .v]), ("method: samed-s", [.q, .v], [.q, .v]),
        ("method: decoder-lora", [.attention, .mlp], []),
        ("lora: {targets: [q, out]}", [.q, .out], []),
        ("method: samed-s\nlora: {targets: [mlp]}", [.mlp], [.q, .v]),
        ("method: encoder-lora\nlora: {encoder_targets: [attention]}", [], [.attention]),
        ("method: samed\nlora: {targets: [attention, mlp]}", [], [.q, .v]),
        ("method: decoder-full\nlora: {encoder_targets: [q, v]}", [], []),
      ] as [(String, [Plan.Target], [Plan.Target])]
    for (lines, targets, encoderTargets) in words {
      let plan = try Self.recipe(lines).plan(classes: 2)
      #expect(plan.targets == targets && plan.encoderTargets == encoderTargets, "\(lines)")
      #expect(plan.initialisation == nil)
    }
    #expect(try Self.recipe("lora: {init: pissa}").plan(classes: 2).initialisation == .pissa)
  }

  @Test func `a recipe written and read again is the same`() throws {
    let recipe = try Self.recipe(
      "lora: {scale: 8/r}\noptimizer: {clip: 1.5}\nbudget: {epochs: 2.5}")
    #expect(try Recipe(yaml: recipe.yaml(), name: "again") == recipe)
    let resolved = recipe.resolved(steps: 100, imageSize: 192)
    #expect(try Recipe(yaml: resolved.yaml(), name: "again") == resolved)
    #expect(try resolved.yaml().contains("rate: 0.005\n"))
    #expect(try resolved.yaml().contains("betas: [0.9, 0.999]\n"))
    #expect(resolved.image.size == 192)
    #expect(resolved.schedule.warmup == 10)
    #expect(resolved.budget == Recipe.Budget(steps: 100))
  }

  @Test func `overrides reach into groups and win over the file`() throws {
    let recipe = try Self.recipe(
      "optimizer: {rate: 0.1}", overrides: ["optimizer.rate=1e-4", "budget.seconds=60", "seed=7"])
    #expect(recipe.optimizer.rate == 1e-4)
    let other = try Self.recipe("budget: {steps: 5}", overrides: ["budget.epochs=2"])
    #expect(other.budget == Recipe.Budget(epochs: 2))
    #expect(recipe.budget == Recipe.Budget(seconds: 60))
    #expect(recipe.seed == 7)
  }

  @Test func `the method decides what is left out`() throws {
    let samed = try Self.recipe("method: samed")
    #expect(samed.classes.start == .fresh)
    #expect(samed.schedule.name == .samed)
    #expect(try Self.recipe().classes.start == .copy)
  }

  @Test func `an unknown key is refused with the nearest known one`() {
    #expect(
      throws: RecipeError.unknownKey(
        file: "r.yaml", key: "optimizer.weight_dekay", nearest: "optimizer.weight_decay")
    ) { try Self.recipe("optimizer: {weight_dekay: 0.1}") }
    #expect(throws: RecipeError.unknownKey(file: "r.yaml", key: "colour", nearest: nil)) {
      try Self.recipe(overrides: ["colour=red"])
    }
  }

  @Test(
    arguments: [
      "method: prompt-tuning", "image: {size: 0}", "image: {size: large}", "image: 192",
      "slices: {empty: 1}", "lora: {rank: 0}", "lora: {scale: 8/q}", "lora: {targets: []}",
      "lora: {targets: [heads]}", "method: samed\nlora: {targets: [q]}",
      "method: decoder-full\nlora: {targets: [mlp]}", "lora: {encoder_targets: [mlp]}",
      "method: samed\nlora: {encoder_targets: []}", "lora: {init: orthogonal}",
      "optimizer: {rate: -1}", "optimizer: {betas: [0.9]}", "optimizer: {clip: some}",
      "budget: {steps: 0}", "budget: {steps: 5, seconds: 5}",
      "budget: {seconds: 5, processor_seconds: 5}", "budget: {processor_seconds: 0}", "budget: {}",
      "batch: 0",
      "seed: -1", "store: f8", "budget: {seconds: .inf}", "budget: {epochs: 1e300}",
      "batch: 9000000000000000000",
      "schedule: {warmup: -1}", "snapshot: {every: 0}", "batches: [[0], []]\nbudget: {steps: 2}",
      "batches: [[0]]\nbudget: {steps: 2}", "batches: [[0]]\nbudget: {seconds: 2}",
      "classes: {heads: frozen, start: fresh}", "classes: {heads: frozen}\nmethod: samed",
      "loss: {name: focal-dice-iou}", "loss: {ce: 0, dice: 0}", "- a list", "a: [",
      "batch: 1\nbatch: 2", "lora: {last: 2}", "method: lora-last\nlora: {last: 0}",
      "tokens: {count: 4}", "method: ptsam\ntokens: {count: 0}", "method: vpt-deep\nprompts: box",
    ]) func `a value that cannot be is refused`(line: String)
  {
    #expect(throws: RecipeError.self) {
      line.hasPrefix("-") || line.hasPrefix("a:")
        ? try Recipe(yaml: line, name: "r.yaml") : try Self.recipe(line)
    }
  }

  @Test func `refusals name the file, the key, what was found and what was expected`() {
    #expect(throws: RecipeError.missing(file: "r.yaml", key: "pack")) {
      try Recipe(yaml: "weights: w\nout: o", name: "r.yaml")
    }
    #expect(
      throws: RecipeError.value(
        file: "r.yaml", key: "prompts", found: "\"clicks\"",
        expected: "expected one of none, box, points, mask, mixed")
    ) { try Self.recipe("prompts: clicks") }
    #expect(RecipeError.override("x").kind == .usage)
  }
}
