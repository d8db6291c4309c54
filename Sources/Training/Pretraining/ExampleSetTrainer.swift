import Adaptation
import Autodiff
import Checkpoints
import Exemplars
package import Inference
import Layers
import SegmentAnything
import Tensors

/// Trains, once, what uses sets of exemplars: on ever new generated tasks, with the image encoder frozen.
///
/// Every task is seen once. Its subjects are embedded by one forward pass each; up to three of them ask about their classes,
/// each with a random number of the others as exemplars.
package final class ExampleSetTrainer: GeneratedTraining {
  /// The numbers of exemplars a network is judged with.
  static let judgedCounts = [1, 4]
  /// Of how many questions, as a share, the places in the image tell nothing.
  private static let shareWithoutPlaces: Float = 0.3

  /// The network as trained so far.
  package let network: ExampleSetNetwork
  /// The number of steps taken.
  package internal(set) var steps = 0
  let recipe: PretrainingRecipe
  var descent: SharedDescent
  /// What learns, as it was before the first step.
  let start: [Tensor]
  private let imageSize: Int

  /// A fresh network on the recipe's start: weights with their heads beside them.
  package init(_ recipe: PretrainingRecipe) throws {
    self.recipe = recipe
    let base = try Checkpoint(contentsOf: recipe.start).withOfficialNames()
    let heads = try Checkpoint(contentsOf: Pretrainer.headsPath(beside: recipe.start))
    network = try ExampleSetNetwork(
      base: base, plan: ExampleSetNetwork.plan(rank: recipe.exampleSets.rank),
      token: try heads.tensor(PretrainingHeads.tokenName),
      using: Random(seed: recipe.seed).split("initialisation"))
    start = network.learned.map(\.value)
    for parameter in network.learned { parameter.learns = true }
    descent = SharedDescent(recipe.optimizer)
    imageSize = network.model.imageSize
  }

  /// Takes one step and returns what it reached; the loss is not finite where training has diverged.
  package func step() -> Pretrainer.Step {
    let rate = recipe.schedule.rate(at: steps)
    let episodes = recipe.batch / recipe.subjects
    let parameters = network.learned
    let first = steps * episodes
    let answers = SharedDescent.sideBySide(episodes) { index -> (Pretrainer.Scores, [Tensor?]) in
      let task = first + index
      let episode = ExampleSetEpisode(
        task: task, recipe: self.recipe, size: self.imageSize, grid: self.network.grid,
        embedding: self.network.embedding)
      var random = Random(seed: self.recipe.seed).split("questions", task)
      var settings = ExampleSetSettings()
      settings.nearness = random.uniform() < Self.shareWithoutPlaces ? 0 : 1
      let losses = self.losses(of: episode, settings: settings)
      let gradients = Gradients(of: losses.total)
      return (losses.scores, parameters.map { gradients[$0.variable] })
    }
    descent.update(parameters, answers.map(\.1), rate: rate)
    steps += 1
    return Pretrainer.Step(
      number: steps, scores: answers.reduce(into: .init()) { $0.add($1.0) }, rate: rate)
  }

  /// What is reached with one exemplar and with four on generated tasks that are never trained on.
  package func validate() -> Pretrainer.Scores {
    SharedDescent.sideBySide(recipe.validation.tasks) { index in
      let episode = ExampleSetEpisode(
        judging: Pretrainer.firstValidationTask + index, recipe: self.recipe, size: self.imageSize,
        grid: self.network.grid, counts: Self.judgedCounts, embedding: self.network.embedding)
      return self.losses(of: episode, settings: ExampleSetSettings()).scores
    }.reduce(into: Pretrainer.Scores()) { $0.add($1) }
  }

  /// The mean loss of an episode's answers, and what they are worth by the number of exemplars.
  private func losses(
    of episode: ExampleSetEpisode, settings: ExampleSetSettings
  ) -> PretrainingObjective.Losses {
    var losses = PretrainingObjective.Losses(total: Variable(Tensor(0)))
    for question in episode.questions {
      let query = episode.subjects[question.query]
      let logits = network.logits(
        of: query, exemplars: question.exemplars.map { episode.subjects[$0] }, settings: settings)
      let loss = crossEntropyDice(
        logits, labels: query.classes, crossEntropyWeight: 0.5, diceWeight: 0.5)
      losses.total = add(losses.total, scale(loss.total, by: 1 / Float(episode.questions.count)))
      losses.scores.sets[question.exemplars.count, default: .init()].add(
        loss.value, PretrainingObjective.agreement(of: logits.value, query.classes))
    }
    return losses
  }
}
