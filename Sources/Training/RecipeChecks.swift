package import Adaptation
import Exemplars
import Inference
import SegmentAnything
import Tensors
import Volumes

extension Recipe {
  /// Refuses values outside their range and keys that contradict one another.
  func check(file: String) throws(RecipeError) {
    let paths = [("weights", method.needsWeights ? weights : "none"), ("pack", pack), ("out", out)]
    for (key, path) in paths where path.isEmpty { throw .missing(file: file, key: key) }
    let require = RecipeRequirement(file: file)
    try require.count(image.size ?? 1, "image.size", atMost: 1 << 14)
    try require.count(image.detour ?? 1, "image.detour", atMost: 1 << 14)
    try require(
      (0..<1).contains(slices.empty), "slices.empty", slices.empty, "a share from 0 to below 1")
    try require.count(lora.rank, "lora.rank")
    let scale = lora.scale.factor(rank: lora.rank)
    try require(scale.isFinite && scale != 0, "lora.scale", scale, "a number other than 0")
    for (key, targets) in [
      ("lora.targets", lora.targets), ("lora.encoder_targets", lora.encoderTargets),
    ] {
      try require(
        !(targets?.isEmpty ?? false), key, "empty", "some of q, k, v, out, attention and mlp")
    }
    try require.count(lora.last ?? 1, "lora.last", atMost: 1 << 10)
    try require.count(tokens?.count ?? 1, "tokens.count", atMost: PromptTokens.mostTokens)
    try require.count(augment.variants, "augment.variants", atMost: 1 << 16)
    try require.count(synthesis?.count ?? 1, "synthesis.count", atMost: 1 << 16)
    try require.notNegative(loss.ce, "loss.ce")
    try require.notNegative(loss.dice, "loss.dice")
    try require(loss.ce + loss.dice > 0, "loss", "without weight", "ce or dice above 0")
    try require(exemplars?.isEmpty != true, "exemplars", "empty", "the names of cases")
    if let twice = RecipeTree.duplicate(in: exemplars ?? []) {
      throw .value(
        file: file, key: "exemplars", found: "naming \(twice) twice", expected: "name a case once")
    }
    try checkSteps(require)
    try checkTogether(file: file)
  }

  private func checkSteps(_ require: RecipeRequirement) throws(RecipeError) {
    try require.positive(optimizer.rate, "optimizer.rate")
    try require(
      optimizer.betas.count == 2 && optimizer.betas.allSatisfy((0..<1).contains), "optimizer.betas",
      optimizer.betas, "two numbers from 0 to below 1")
    try require.notNegative(optimizer.weightDecay, "optimizer.weight_decay")
    if case .norm(let norm) = optimizer.clip { try require.positive(norm, "optimizer.clip") }
    let warmup = schedule.warmup ?? 0
    try require(
      (0...1 << 40).contains(warmup), "schedule.warmup", warmup, "a whole number, 0 or more")
    try require.count(schedule.total ?? 1, "schedule.total")
    try require.count(budget.steps ?? 1, "budget.steps")
    try require.positive(budget.epochs ?? 1, "budget.epochs", below: 1e12)
    try require.positive(budget.seconds ?? 1, "budget.seconds", below: 1e12)
    try require.positive(
      budget.processorSeconds ?? 1, "budget.processor_seconds", below: 1e12)
    try require.count(batch, "batch", atMost: 1 << 16)
    try require.count(snapshot.every, "snapshot.every")
    try require.count(snapshot.keep, "snapshot.keep")
  }

  private func checkTogether(file: String) throws(RecipeError) {
    func refuse(_ refused: Bool, _ reason: String) throws(RecipeError) {
      if refused { throw .conflict(file: file, reason: reason) }
    }
    let budgets = [
      budget.steps != nil, budget.epochs != nil, budget.seconds != nil,
      budget.processorSeconds != nil,
    ]
    try refuse(
      budgets.count { $0 } != 1,
      "budget has one of the keys steps, epochs, seconds and processor_seconds.")
    try refuse(
      image.detour != nil && image.resize != .square,
      "image.detour is a way to a square; it needs image.resize: square.")
    try refuse(
      classes.heads == .frozen && classes.start == .fresh && (initial ?? []).isEmpty
        && prompts == .none,
      """
      classes: heads frozen and start fresh would leave random heads for ever; train them, start from a \
      copy, or fill them with initial.
      """)
    let keepsHeads: [Plan.Method] = [.decoderLora, .encoderLora, .loraLast]
    try refuse(
      !keepsHeads.contains(method) && !method.learnsPrompts && classes.heads == .frozen,
      method.adaptsModel
        ? "classes.heads is frozen, but the method \(method.rawValue) trains the whole mask decoder."
        : "classes.heads is frozen, but the network of \(method.rawValue) has no mask tokens that could be."
    )
    try refuse(
      !method.adaptsModel && prompts != .none,
      "prompts is \(prompts.rawValue), but the network of \(method.rawValue) takes none; set it to none."
    )
    try checkTargets(refuse)
    try refuse(
      method != .loraLast && lora.last != nil,
      "lora.last is the number of blocks that lora-last corrects; the method is \(method.rawValue)."
    )
    try refuse(
      !method.learnsPrompts && tokens != nil,
      "tokens is for the methods ptsam, vpt-shallow and vpt-deep; the method is \(method.rawValue)."
    )
    try refuse(
      method.learnsPrompts && prompts != .none,
      "prompts is \(prompts.rawValue), but \(method.rawValue) learns the prompts itself; set it to none."
    )
    try refuse(
      loss.name == .focalDiceIoU && prompts == .none,
      "loss focal-dice-iou is for prompted objects; set prompts to box, points, mask or mixed.")
    try refuse(
      batches?.contains { $0.isEmpty || $0.contains { $0 < 0 } } ?? false,
      "batches has an empty batch or an index below 0.")
    try refuse(
      (batches?.count ?? .max) < (budget.steps ?? 0),
      "batches has \(batches?.count ?? 0) steps, the budget \(budget.steps ?? 0).")
    try refuse(
      batches != nil && budget.steps == nil, "batches needs a budget of steps.")
  }

  /// Refuses layers to correct where the method corrects none.
  ///
  /// The words resolved recipes have by themselves pass, so that the method of one can be changed alone.
  private func checkTargets(
    _ refuse: (Bool, String) throws(RecipeError) -> Void
  ) throws(RecipeError) {
    let places = [
      ("lora.targets", lora.targets, method.targets, Plan.Method.decoderLora.targets, "decoder"),
      (
        "lora.encoder_targets", lora.encoderTargets, method.encoderTargets,
        Plan.Method.samed.encoderTargets, "encoder"
      ),
    ]
    for (key, given, own, usual, place) in places {
      try refuse(
        own.isEmpty && (given ?? usual) != usual,
        "\(key) is given, but the method \(method.rawValue) corrects no layers of the \(place).")
    }
  }

  /// The recipe with everything filled in that the run decides: image size, steps and the schedule's ends.
  ///
  /// Without steps, the budget and the schedule stay as they are until steps were timed.
  public func resolved(steps: Int?, imageSize: Int) -> Recipe {
    var recipe = self
    recipe.image.size = image.size ?? imageSize
    guard let steps else { return recipe }
    recipe.budget = Budget(steps: steps)
    recipe.schedule.total = schedule.total ?? steps
    recipe.schedule.warmup = schedule.warmup ?? min(250, steps / 10)
    return recipe
  }

  /// The rates of a resolved recipe.
  var rates: Schedule {
    let (warmup, total) = (schedule.warmup ?? 0, schedule.total ?? 1)
    switch schedule.name {
    case .samed: return .samed(base: optimizer.rate, warmup: warmup, total: total)
    case .cosine: return .cosine(base: optimizer.rate, warmup: warmup, total: total)
    case .constant: return .constant(base: optimizer.rate)
    }
  }

  /// The update rule.
  var rule: any Optimizer {
    switch optimizer.name {
    case .adamw:
      AdamW(betas: (optimizer.betas[0], optimizer.betas[1]), decay: optimizer.weightDecay)
    case .sgd: Momentum(momentum: optimizer.betas[0], decay: optimizer.weightDecay)
    }
  }

  /// What learns, for a pack of `classes` classes.
  package func plan(classes count: Int) -> Plan {
    let start: ClassHeads.Start =
      switch classes.start {
      case .fresh: .fresh
      case .copy: .copy
      case .keep: .keep
      }
    let hasHeads = prompts == .none && (!method.learnsPrompts || start == .keep)
    return Plan(
      method: method, heads: classes.heads, rank: lora.rank,
      scale: lora.scale.factor(rank: lora.rank),
      targets: method.targets.isEmpty ? nil : lora.targets,
      encoderTargets: method.encoderTargets.isEmpty ? nil : lora.encoderTargets,
      lastBlocks: lora.last,
      initialisation: lora.initialisation == .kaiming ? nil : lora.initialisation,
      classHeads: hasHeads ? ClassHeads(classes: count, start: start) : nil,
      promptTokens: tokens.map { PromptTokens(classes: hasHeads ? nil : count, count: $0.count) })
  }

  /// The plane slices are cut in.
  var plane: Volumes.Plane {
    switch slices.plane {
    case .acquired: .acquired
    case .axial: .axial
    case .coronal: .coronal
    case .sagittal: .sagittal
    }
  }

  /// How slices become the model's images, where the pack's window is `window` and the model's own size `imageSize`.
  func preparation(window: ClosedRange<Float>?, imageSize: Int) throws(RecipeError)
    -> ImagePreparation
  {
    let rule: Normalise
    switch (image.normalise, window) {
    case (.rule(.percentile), let window?):
      rule = .ends(low: window.lowerBound, high: window.upperBound)
    case (.rule(let given), _): rule = given
    case (.packWindow, let window?): rule = .window(low: window.lowerBound, high: window.upperBound)
    case (.packWindow, nil):
      throw .conflict(
        file: pack,
        reason: """
          image.normalise is window, but the pack names none for its training cases or several; pack with \
          --window, or write window(low, high).
          """)
    }
    return ImagePreparation(
      size: image.size ?? imageSize, resize: image.resize == .square ? .square : .longestSide,
      detour: image.detour, normalise: rule, plane: plane)
  }
}

/// The ranges a recipe's numbers must lie in.
private struct RecipeRequirement {
  let file: String

  func callAsFunction(
    _ holds: Bool, _ key: String, _ found: Any, _ expected: String
  ) throws(RecipeError) {
    guard holds else {
      throw .value(file: file, key: key, found: "\(found)", expected: "expected \(expected)")
    }
  }

  func count(_ value: Int, _ key: String, atMost limit: Int = 1 << 40) throws(RecipeError) {
    try self((1...limit).contains(value), key, value, "a whole number from 1 to \(limit)")
  }

  func positive(
    _ value: Double, _ key: String, below limit: Double = .infinity
  ) throws(RecipeError) {
    try self(value > 0 && value < limit, key, value, "a number above 0")
  }

  func notNegative(_ value: Double, _ key: String) throws(RecipeError) {
    try self(value >= 0 && value < .infinity, key, value, "a number, 0 or more")
  }
}
