import Autodiff
import Exemplars
import Layers
public import SegmentAnything
import Tensors
import Volumes

/// Trains a Segment Anything model from scratch on generated images.
///
/// The images of a step go through the model side by side, each with a graph of its own on one thread, and their
/// gradients are summed in order: the result does not depend on the number of threads.
public final class Pretrainer {
  /// What one step cost and reached.
  public struct Step: Sendable {
    /// The step's number, from 1.
    public let number: Int
    /// The mean loss of the classes asked for without a prompt.
    public let classLoss: Double
    /// The mean loss of the structures asked for by prompts.
    public let promptLoss: Double
    /// The learning rate.
    public let rate: Double
  }

  /// The model as trained so far.
  public let model: Sam
  /// The number of steps taken.
  public internal(set) var steps = 0
  let recipe: PretrainingRecipe
  private let tasks: [PhantomTask]
  /// The most classes a task has.
  private static let mostClasses = 8
  private let taskTokens: Parameter
  var optimizer: AdamW

  /// A fresh model of the recipe's sizes.
  public init(_ recipe: PretrainingRecipe) throws {
    self.recipe = recipe
    var random = Random(seed: recipe.seed).split("initialisation")
    let configuration = recipe.configuration
    model = try Sam(
      configuration.initialised(using: random))
    for parameter in model.inventory.parameters where !parameter.isConstant {
      parameter.learns = true
    }
    tasks = (0..<recipe.tasks).map {
      PhantomTask(seed: recipe.seed, index: $0, size: configuration.imageSize)
    }
    let width = configuration.promptWidth
    let count = recipe.tasks * (Pretrainer.mostClasses + 1) * width
    taskTokens = Parameter(
      "tasks.tokens",
      Tensor(
        [recipe.tasks, Pretrainer.mostClasses + 1, width], (0..<count).map { _ in random.normal() })
    )
    taskTokens.learns = true
    optimizer = AdamW(decay: recipe.optimizer.weightDecay)
  }

  /// Takes one step and returns what it reached; the loss is not finite where training has diverged.
  public func step() -> Step {
    let rate = recipe.schedule.rate(at: steps)
    let images = recipe.batch
    var losses = [(Double, Double?)](repeating: (0, nil), count: images)
    var gradients = [[Tensor?]](repeating: [], count: images)
    let parameters = learning
    losses.withUnsafeMutableBufferPointer { losses in
      gradients.withUnsafeMutableBufferPointer { gradients in
        let (losses, gradients) = (losses, gradients)
        parallel(images) { image in
          (losses[image], gradients[image]) = answer(steps * images + image, parameters)
        }
      }
    }
    update(parameters, gradients, rate: rate)
    steps += 1
    let prompted = losses.compactMap(\.1)
    return Step(
      number: steps, classLoss: losses.map(\.0).reduce(0, +) / Double(images),
      promptLoss: prompted.isEmpty ? 0 : prompted.reduce(0, +) / Double(prompted.count), rate: rate)
  }

  var learning: [Parameter] { model.inventory.parameters.learning + [taskTokens] }

  /// The losses of one image of the stream and its gradients in the order of `parameters`.
  private func answer(_ image: Int, _ parameters: [Parameter]) -> ((Double, Double?), [Tensor?]) {
    var random = Random(seed: recipe.seed).split("image", image)
    let task = Int.random(in: 0..<recipe.tasks, using: &random)
    let width = taskTokens.shape[2]
    let tokens = slice(
      slice(taskTokens.variable, axis: 0, task..<task + 1), axis: 1, 0..<tasks[task].classes + 1)
    var objective = PretrainingObjective(
      model: model, classTokens: reshape(tokens, [tasks[task].classes + 1, width]),
      phantom: varied(tasks[task].subject(image), image), random: random)
    let losses = objective.losses()
    let gradients = Gradients(of: losses.total)
    return ((losses.classes, losses.prompted), parameters.map { gradients[$0.variable] })
  }

  /// The image turned, moved, scaled and mirrored at random, so that a class is told by its looks and its neighbours and
  /// not by its place in the picture.
  private func varied(_ phantom: PhantomSlice, _ image: Int) -> PhantomSlice {
    var ranges = FreeAugmentation()
    ranges.flip = true
    ranges.rotationInDegrees = 180
    ranges.scale = 1.6
    ranges.shift = 0.25
    let (picture, label) = Augmentation.free(ranges)(
      image: phantom.image, label: phantom.label, seed: recipe.seed, case: "pretraining",
      slice: image, variant: 1)
    return PhantomSlice(image: picture, label: label)
  }

  private func update(_ parameters: [Parameter], _ gradients: [[Tensor?]], rate: Double) {
    var sums: [String: Tensor] = [:]
    for (index, parameter) in parameters.enumerated() {
      let parts = gradients.compactMap { $0[index] }
      guard let first = parts.first else { continue }
      sums[parameter.name] = parts.dropFirst().reduce(first) { $0.adding($1) }
        .scaled(by: 1 / Float(gradients.count))
    }
    let clipped = clipped(sums, toNorm: recipe.optimizer.clip)
    for parameter in parameters {
      guard let gradient = clipped[parameter.name] else { continue }
      var value = parameter.value
      optimizer.step(parameter.name, &value, gradient: gradient, rate: rate)
      parameter.value = value
    }
  }
}
