import Adaptation
import Exemplars
import Inference
import Tensors
import Volumes

extension Recipe {
  /// The values of keys that a recipe leaves out, by method; weights, pack and run folder have none.
  static func standard(for method: Plan.Method) -> Recipe {
    var recipe = Recipe(
      weights: "", pack: "", out: "", method: method,
      image: Image(size: nil, resize: .longestSide, normalise: .rule(.percentile)),
      slices: Slices(plane: .acquired, empty: 0.2),
      classes: Classes(heads: .trained, start: .copy),
      lora: LowRankSettings(
        rank: 4, scale: .number(1), targets: method.targets.isEmpty ? nil : method.targets,
        encoderTargets: method.encoderTargets.isEmpty ? nil : method.encoderTargets,
        initialisation: .kaiming),
      prompts: .none, augment: Augment(kind: .free, variants: 10),
      loss: Loss(name: .crossEntropyDice, ce: 0.2, dice: 0.8),
      optimizer: OptimizerSettings(
        name: .adamw, rate: 0.005, betas: [0.9, 0.999], weightDecay: 0.1, clip: .none),
      schedule: ScheduleSettings(name: .cosine, warmup: nil, total: nil),
      budget: Budget(steps: 2000), precision: .f32, store: .f32, batch: 8, seed: 1234,
      snapshot: SnapshotSettings(every: 100, keep: 2), batches: nil,
      exemplars: nil, initial: nil)
    if method == .samed || method == .samedSmall {
      recipe.classes.start = .fresh
      recipe.augment.kind = .samed
      recipe.schedule.name = .samed
      recipe.batch = 12
    }
    switch method {
    case .full:
      recipe.optimizer.rate = 0.0005
      recipe.optimizer.weightDecay = 0.01
    case .linearProbe:
      recipe.optimizer.rate = 0.01
      recipe.optimizer.weightDecay = 0.01
    case .unet:
      recipe.loss = Loss(name: .crossEntropyDice, ce: 0.5, dice: 0.5)
      recipe.optimizer.rate = 0.002
      recipe.optimizer.weightDecay = 0.01
      recipe.schedule.name = .samed
      recipe.batch = 12
    case .loraLast:
      recipe.lora.last = 2
      recipe.optimizer.rate = 0.002
    default: break
    }
    if method.learnsPrompts {
      recipe.tokens = Tokens(count: PromptTokens.standardCount)
      recipe.optimizer.rate = 0.15
      recipe.optimizer.weightDecay = 0
    }
    return recipe
  }

  /// A recipe with every key, by which unknown ones are told.
  static var complete: Recipe {
    var recipe = standard(for: .decoderLora)
    (recipe.image.size, recipe.image.detour) = (1, 1)
    recipe.lora.encoderTargets = [.q]
    recipe.synthesis = SynthesisSettings(kinds: Synthesis.Kind.allCases)
    recipe.schedule.warmup = 1
    recipe.schedule.total = 1
    recipe.lora.last = 1
    recipe.tokens = Tokens(count: 1)
    recipe.budget = Budget(steps: 1, epochs: 1, seconds: 1, processorSeconds: 1)
    recipe.batches = [[0]]
    recipe.exemplars = ["case"]
    recipe.initial = ["file"]
    return recipe
  }
}
