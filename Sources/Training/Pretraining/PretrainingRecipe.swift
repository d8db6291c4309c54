import Foundation
import SegmentAnything
import Yams

/// How a small model is trained from scratch on generated images; the keys of `graft pretrain`'s YAML file.
public struct PretrainingRecipe: Codable, Equatable, Sendable {
  /// The sizes of the model.
  public struct Model: Codable, Equatable, Sendable {
    /// The side of the images and of a patch, in pixels.
    public var image = 128, patch = 8
    /// The encoder's width, depth and heads.
    public var width = 192, depth = 8, heads = 6
    /// The side of a window in tokens, and the blocks that attend globally.
    public var window = 8, global = [2, 5, 7]
    /// The width of the embedding and of the decoder, and the inner width of its MLPs.
    public var neck = 128, mlp = 512
  }

  /// AdamW's numbers.
  public struct Optimizer: Codable, Equatable, Sendable {
    /// The highest learning rate; it rises over `warmup` steps and falls along a cosine.
    public var rate = 0.001
    /// The steps of the rise.
    public var warmup = 150
    /// The steps after which the rate would be 0; 0 for the run's own, fewer of which stop on the way down.
    public var total = 0
    /// The decoupled weight decay.
    public var weightDecay = 0.05
    /// The largest Euclidean norm of a step's gradient.
    public var clip = 1.0

    private enum CodingKeys: String, CodingKey {
      case rate, warmup, total, clip
      case weightDecay = "weight_decay"
    }
  }

  /// How the model is judged on the way: on tasks it is never trained on.
  public struct Validation: Codable, Equatable, Sendable {
    /// The number of tasks, and the steps between two judgements.
    public var tasks = 24, every = 500
  }

  /// What is trained.
  public enum Objective: String, Codable, Sendable {
    /// A whole model, from scratch or on from a start.
    case model
    /// What uses sets of exemplars, on a start whose encoder stays as it is; `model` is the start's own.
    case exampleSets = "example-sets"
  }

  /// The numbers of `objective: example-sets`.
  public struct ExampleSets: Codable, Equatable, Sendable {
    /// The rank of the corrections of prompt encoder and mask decoder.
    public var rank = 8
    /// The share of what was learned in the file, the rest being the start: 0.5 is the mean of both.
    ///
    /// What is learned from generated tasks carries over to scans in part only (Wortsman et al., 2022, average weights
    /// for this reason).
    public var share = 1.0
  }

  /// What is trained.
  public var objective = Objective.model
  /// The numbers of `objective: example-sets`.
  public var exampleSets = ExampleSets()
  /// Where the checkpoint goes: a .safetensors file.
  public var out = "model.safetensors"
  /// The sizes of the model.
  public var model = Model()
  /// A snapshot or checkpoint of another run to start from, be it of another image size; `none` for random numbers.
  public var start = PretrainingRecipe.none
  /// Images a step.
  public var batch = 8
  /// The subjects of each generated task, which are understood from one another; a task is seen once.
  ///
  /// Of example sets, the most subjects a task may have: one more than exemplars.
  public var subjects = 2
  /// Steps in all; 0 writes the model as it starts, the control of a comparison.
  public var steps = 2000
  /// AdamW's numbers.
  public var optimizer = Optimizer()
  /// What every random number follows from.
  public var seed: UInt64 = 1
  /// Steps between snapshots.
  public var snapshot = 200
  /// How the model is judged on the way.
  public var validation = Validation()

  private enum CodingKeys: String, CodingKey {
    case out, objective, model, start, batch, subjects, steps, optimizer, seed, snapshot, validation
    case exampleSets = "example_sets"
  }

  /// The word for a run that starts from random numbers.
  static let none = "none"

  /// The learning rate of each step.
  var schedule: Schedule {
    .cosine(
      base: optimizer.rate, warmup: optimizer.warmup,
      total: optimizer.total > 0 ? optimizer.total : steps)
  }

  /// The model's configuration.
  var configuration: Configuration {
    Configuration(
      imageSize: model.image, patch: model.patch, width: model.width, depth: model.depth,
      heads: model.heads, mlpWidth: 4 * model.width, window: model.window,
      globalBlocks: model.global, promptWidth: model.neck, crossWidth: model.neck / 2,
      decoderMLPWidth: model.mlp, qualityWidth: model.neck)
  }
}

extension PretrainingRecipe {
  /// Reads a recipe from YAML text, with overrides such as `steps=100`; keys that are not given have their defaults.
  ///
  /// `name` stands for the file in messages.
  /// - Throws: `RecipeError` for an unknown key, a wrong type or a number that cannot be.
  public init(yaml: String, name: String, overrides: [String] = []) throws {
    var given = try RecipeTree.mapping(of: yaml, file: name)
    for override in overrides { try RecipeTree.apply(override, to: &given) }
    let standard = try RecipeTree.node(of: PretrainingRecipe())
    try RecipeTree.check(given, against: standard, file: name, path: "")
    let merged = RecipeTree.merged(given, over: standard)
    do {
      self = try YAMLDecoder().decode(PretrainingRecipe.self, from: merged)
    } catch let error as DecodingError {
      throw RecipeTree.recipeError(error, in: merged, file: name)
    }
    let numbers = [
      ("model.image", model.image), ("model.patch", model.patch), ("model.width", model.width),
      ("model.depth", model.depth), ("model.heads", model.heads), ("model.neck", model.neck),
      ("model.mlp", model.mlp), ("batch", batch), ("snapshot", snapshot),
      ("validation.tasks", validation.tasks), ("validation.every", validation.every),
      ("example_sets.rank", exampleSets.rank),
    ]
    for (key, value) in [("steps", steps), ("optimizer.total", optimizer.total)] where value < 0 {
      throw RecipeError.value(file: name, key: key, found: "\(value)", expected: "0 or more")
    }
    guard optimizer.total == 0 || optimizer.total >= steps else {
      throw RecipeError.value(
        file: name, key: "optimizer.total", found: "\(optimizer.total)",
        expected: "0, or the \(steps) steps or more")
    }
    guard objective == .model || start != PretrainingRecipe.none else {
      throw RecipeError.value(
        file: name, key: "start", found: start, expected: "weights, for objective: example-sets")
    }
    guard (0...1).contains(exampleSets.share) else {
      throw RecipeError.value(
        file: name, key: "example_sets.share", found: "\(exampleSets.share)", expected: "0 to 1")
    }
    guard subjects > 1 else {
      throw RecipeError.value(
        file: name, key: "subjects", found: "\(subjects)", expected: "2 or more")
    }
    for (key, value) in numbers where value < 1 {
      throw RecipeError.value(file: name, key: key, found: "\(value)", expected: "1 or more")
    }
    for (key, whole, part) in [
      ("model.image", model.image, model.patch), ("model.width", model.width, model.heads),
      ("model.neck", model.neck, 32), ("batch", batch, subjects),
    ] where whole % part != 0 {
      throw RecipeError.value(
        file: name, key: key, found: "\(whole)", expected: "a multiple of \(part)")
    }
  }

  /// The recipe as YAML, every key in the order of the documentation; of paths, only the names of the files.
  public func yaml() throws -> String {
    var bare = self
    bare.out = URL(fileURLWithPath: out).lastPathComponent
    bare.start = URL(fileURLWithPath: start).lastPathComponent
    return try YAMLEncoder().encode(bare)
  }
}
