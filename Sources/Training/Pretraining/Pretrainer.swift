import Autodiff
import Layers
public import SegmentAnything
import Tensors
import Volumes

/// Trains a Segment Anything model from scratch on generated images.
///
/// The episodes of a step go through the model side by side, each with a graph of its own on one thread, and their
/// gradients are summed in order: the result does not depend on the number of threads.
public final class Pretrainer {
  /// What the answers to one kind of question were worth.
  public struct Score: Sendable, Equatable {
    /// The mean loss.
    public private(set) var loss = 0.0
    /// How far the answers were right: Dice of parts and classes, IoU of prompted structures.
    public private(set) var agreement = 0.0
    /// How many answers there were.
    public private(set) var count = 0

    /// Adds answers.
    mutating func add(_ loss: Double, _ agreement: Double, _ count: Int = 1) {
      guard count > 0 else { return }
      let share = Double(count) / Double(self.count + count)
      self.loss += (loss - self.loss) * share
      self.agreement += (agreement - self.agreement) * share
      self.count += count
    }

    /// Adds what another score counted.
    mutating func add(_ other: Score) { add(other.loss, other.agreement, other.count) }
  }

  /// What some episodes reached.
  public struct Scores: Sendable, Equatable {
    /// Pixels told apart by their likeness to the parts of other subjects.
    public var parts = Score()
    /// Classes asked for by tokens of other subjects' structures.
    public var classes = Score()
    /// Structures asked for by a prompt, before any correction, by the prompt's kind.
    public var prompts: [SimulatedPrompt: Score] = [:]
    /// Classes shown by exemplars, by the number of exemplars.
    public var sets: [Int: Score] = [:]

    mutating func add(_ other: Scores) {
      parts.add(other.parts)
      classes.add(other.classes)
      for (kind, score) in other.prompts { prompts[kind, default: Score()].add(score) }
      for (count, score) in other.sets { sets[count, default: Score()].add(score) }
    }

    /// The mean over all kinds of prompts.
    public var prompted: Score {
      prompts.values.reduce(into: Score()) { $0.add($1) }
    }

    /// The mean over all numbers of exemplars.
    public var shown: Score {
      sets.sorted { $0.key < $1.key }.reduce(into: Score()) { $0.add($1.value) }
    }
  }

  /// What one step cost and reached.
  public struct Step: Sendable {
    /// The step's number, from 1.
    public let number: Int
    /// What the step's episodes reached.
    public let scores: Scores
    /// The learning rate.
    public let rate: Double

    /// Whether all losses are finite.
    var isFinite: Bool {
      ([scores.parts, scores.classes] + scores.prompts.values + scores.sets.values)
        .allSatisfy(\.loss.isFinite)
    }
  }

  /// Where the tasks begin that are never trained on.
  static let firstValidationTask = 1 << 40

  /// The model as trained so far.
  public let model: Sam
  /// The number of steps taken.
  public internal(set) var steps = 0
  let recipe: PretrainingRecipe
  let heads: PretrainingHeads
  var descent: SharedDescent

  /// A fresh model of the recipe's sizes, or the one the recipe starts from.
  /// - Throws: `CheckpointError` where the recipe starts from a file that is not a snapshot of such a model.
  public init(_ recipe: PretrainingRecipe) throws {
    self.recipe = recipe
    let random = Random(seed: recipe.seed).split("initialisation")
    let configuration = recipe.configuration
    model = try Sam(configuration.initialised(using: random))
    heads = PretrainingHeads(width: configuration.promptWidth, using: random)
    for parameter in model.inventory.parameters where !parameter.isConstant {
      parameter.learns = true
    }
    descent = SharedDescent(recipe.optimizer)
    if recipe.start != PretrainingRecipe.none { try take(from: recipe.start) }
  }

  /// Takes one step and returns what it reached; the loss is not finite where training has diverged.
  public func step() -> Step {
    let rate = recipe.schedule.rate(at: steps)
    let episodes = recipe.batch / recipe.subjects
    let parameters = learning
    let kinds = SimulatedPrompt.allCases
    let first = steps * episodes
    let answers = SharedDescent.sideBySide(episodes) { index -> (Scores, [Tensor?]) in
      let turn = kinds[(first + index) % kinds.count]
      let losses = self.losses(task: first + index, prompts: turn == .box ? [.box] : [.box, turn])
      let gradients = Gradients(of: losses.total)
      return (losses.scores, parameters.map { gradients[$0.variable] })
    }
    descent.update(parameters, answers.map(\.1), rate: rate)
    steps += 1
    return Step(number: steps, scores: sum(answers.map(\.0)), rate: rate)
  }

  /// What the model reaches on generated tasks it is never trained on.
  public func validate() -> Scores {
    sum(
      SharedDescent.sideBySide(recipe.validation.tasks) { index in
        self.losses(
          task: Pretrainer.firstValidationTask + index, prompts: SimulatedPrompt.allCases
        ).scores
      })
  }

  var learning: [Parameter] { model.inventory.parameters.learning + heads.parameters }

  /// What learns and the constants, such as the directions of the positional encoding.
  var everything: [Parameter] { model.inventory.parameters.map { $0 } + heads.parameters }

  private func losses(
    task: Int, prompts: [SimulatedPrompt]
  ) -> PretrainingObjective.Losses {
    let configuration = recipe.configuration
    let episode = Episode(
      task: task, seed: recipe.seed, count: recipe.subjects, size: configuration.imageSize,
      side: 4 * configuration.grid)
    var random = Random(seed: recipe.seed).split("prompts", task)
    return PretrainingObjective(model: model, heads: heads, episode: episode)
      .losses(prompts: prompts, using: &random)
  }

  private func sum(_ scores: [Scores]) -> Scores {
    scores.reduce(into: Scores()) { $0.add($1) }
  }
}
