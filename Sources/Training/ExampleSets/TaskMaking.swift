import Adaptation
import Checkpoints
public import Exemplars
public import Inference
import SegmentAnything
import Tensors
import Volumes

/// Makes a task of a pack's labelled cases: what `graft task` does.
public struct TaskMaking {
  /// Which exemplars are taken, and how.
  public struct Choice: Sendable {
    /// The names of the cases; nil for those of the split `train`, or all where no case has a split.
    public var cases: [String]?
    /// Of each volume every so many slices are taken.
    public var step = 1
    /// How many exemplar slices a query looks at.
    public var count = ExampleSetSettings.most
    /// Whether it is found out, by leaving exemplars out, how they are best looked at.
    public var isTried = true
    /// Whether it is found out, too, how much SAM's answer to prompts counts best beside them.
    public var triesPrompts = true

    /// The standard choice.
    public init() {}
  }

  /// What happens while a task is made.
  public enum Event {
    /// So many of all cases are embedded.
    case embedded(Int, of: Int)
    /// The settings found by leaving exemplars out, and the mean Dice of the answers; nil where nothing could be asked.
    case tried(ExampleSetSettings, dice: Double?)
  }

  private let pack: Pack
  private let choice: Choice
  /// Makes the model of the weights as it is, which answers prompts.
  private let sam: () throws -> Sam
  /// What embeds the exemplars and answers by them.
  let network: ExampleSetNetwork
  /// The cases that give exemplars.
  public let cases: [PackedCase]
  /// Whether what was learned about example sets was found beside the weights.
  public let isLearned: Bool
  /// How slices become the model's images.
  public let preparation: ImagePreparation

  /// Prepares to make a task of a recipe's pack on its weights; `image.*` and `slices.plane` of the recipe are used.
  ///
  /// `learned` is what was learned about example sets; without it the prior alone answers.
  /// - Throws: `ExampleSetError` where the pack gives no exemplars or the choice cannot be; what files throw.
  public init(
    _ recipe: Recipe, choice: Choice, learned: String?, decoderHeads: Int? = nil
  ) throws {
    guard (1...ExampleSetSettings.most).contains(choice.count) else {
      throw ExampleSetError.count(choice.count)
    }
    self.choice = choice
    sam = {
      try Sam(
        Checkpoint(contentsOf: recipe.weights).withOfficialNames(), decoderHeads: decoderHeads)
    }
    let base = try Checkpoint(contentsOf: recipe.weights).withOfficialNames()
    pack = try Pack(recipe.pack)
    cases = try TaskMaking.chosen(choice.cases, in: pack)
    isLearned = learned != nil
    let size = recipe.image.size
    network =
      try learned.map {
        try ExampleSetWeights(contentsOf: $0).network(
          on: base, decoderHeads: decoderHeads, imageSize: size, name: $0)
      }
      ?? ExampleSetNetwork(
        base: base, decoderHeads: decoderHeads, imageSize: size, token: nil, using: Random(seed: 0))
    preparation = try recipe.preparation(
      window: RunParts.window(of: pack), imageSize: network.model.imageSize)
    let patch = network.model.patch
    guard preparation.size % patch == 0 else {
      throw RecipeError.value(
        file: "the command line", key: "image.size", found: "\(preparation.size)",
        expected: "a multiple of the patch, \(patch)")
    }
  }

  private static func chosen(_ names: [String]?, in pack: Pack) throws -> [PackedCase] {
    if let names { return try names.map(pack.entry) }
    let cases = pack.trainingCases
    guard !cases.isEmpty else {
      throw ExampleSetError.noExemplars(
        pack: pack.path, reason: "no case is in the split train")
    }
    return cases
  }

  /// Makes the task; `tell` hears what happens and may throw to stop.
  public func callAsFunction(tell: (Event) throws -> Void) throws -> TaskFile {
    let exemplars = try ExampleSlice.exemplars(
      in: pack, cases: cases, every: choice.step, preparation: preparation, network: network
    ) { try tell(.embedded($0, of: cases.count)) }
    var task = TaskFile(
      weights: ExampleSetWeights(of: network), preparation: preparation,
      labels: RunParts.labels(of: pack), exemplars: exemplars)
    task.settings.count = choice.count
    if !isLearned { task.settings.decoder = 0 }
    guard choice.isTried else { return task }
    let trial = LeaveOneOut(network, exemplars: exemplars)
    guard trial.isPossible else {
      try tell(.tried(task.settings, dice: nil))
      return task
    }
    let (settings, dice) = trial.best(from: task.settings)
    task.settings = settings
    if choice.triesPrompts {
      task.settings.prompt = trial.promptWeight(settings, sam: try sam())?.weight
    }
    try tell(.tried(task.settings, dice: dice))
    return task
  }
}
