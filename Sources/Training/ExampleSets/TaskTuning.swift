import Autodiff
public import Checkpoints
import Exemplars
public import Inference
import Layers
import Tensors

/// Tunes a task on the exemplars it holds: what `graft tune --task` does.
///
/// The low-rank corrections of prompt encoder and mask decoder and the heads beside them go on learning, to answer exemplar
/// slices from the others. A quarter of the cases, or of the slices of a single one, is left out at first, which
/// tells what tuning gains; only where it gains, the task is tuned again on everything.
public struct TaskTuning {
  /// How a task is tuned.
  public struct Numbers: Sendable {
    /// The steps, of each of the two trainings.
    public var steps = 100
    /// The exemplar slices that are answered in a step.
    public var batch = 4
    /// The most exemplar slices that a slice in training looks at.
    public var exemplars = 8
    /// The highest learning rate; it rises over a tenth of the steps and falls along a cosine.
    public var rate = 0.001
    /// What every random number follows from.
    public var seed: UInt64 = 1

    /// The standard numbers.
    public init() {}
  }

  /// What happens in a tuning.
  public enum Event {
    /// A step was taken, of both trainings together.
    case stepped(Int, of: Int, loss: Double)
    /// The mean Dice of the held-out slices before and after, and how many they are.
    case judged(before: Double, after: Double, slices: Int)
  }

  /// What a tuning came to.
  public struct Outcome: Sendable, Equatable {
    /// The mean Dice of held-out exemplars before and after.
    public let before, after: Double
    /// Whether the task was tuned, since it gained.
    public var isKept: Bool { after > before }
  }

  private let task: TaskFile
  private let network: ExampleSetNetwork
  private let start: [Tensor]
  private let name: String
  private let numbers: Numbers
  private let isHeldOut: (ExampleSlice) -> Bool

  /// Prepares to tune a task on its base weights; `name` stands for the task in errors.
  /// - Throws: `ExampleSetError.tooFew` where no exemplar can be left out and another still answers.
  public init(
    _ task: TaskFile, on base: Checkpoint, name: String, numbers: Numbers = Numbers(),
    decoderHeads: Int? = nil
  ) throws {
    (self.task, self.name, self.numbers) = (task, name, numbers)
    let labelled = task.exemplars.filter(\.isLabelled)
    let cases = Set(labelled.map(\.caseName)).sorted()
    guard labelled.count > 2 else {
      throw ExampleSetError.tooFew(task: name, slices: labelled.count)
    }
    if cases.count > 2 {
      // One case in four, and of three the last.
      let held = Set(
        cases.enumerated().filter { $0.offset % 4 == min(3, cases.count - 1) }.map(\.element))
      isHeldOut = { held.contains($0.caseName) }
    } else {
      let places = labelled.enumerated().filter { $0.offset % 4 == 2 }.map { $0.element }
      isHeldOut = { slice in
        places.contains { $0.caseName == slice.caseName && $0.place == slice.place }
      }
    }
    network = try task.network(on: base, decoderHeads: decoderHeads, name: name)
    for parameter in network.learned { parameter.learns = true }
    start = network.learned.map(\.value)
  }

  /// Tunes; the task comes back tuned, or as it was where that gained nothing.
  ///
  /// `tell` hears what happens and may throw to stop.
  public func callAsFunction(tell: (Event) throws -> Void) throws -> (TaskFile, Outcome) {
    let kept = task.exemplars.filter { !isHeldOut($0) }
    let held = task.exemplars.filter { isHeldOut($0) && $0.isLabelled }
    var settings = task.settings
    if settings.decoder == 0 { settings.decoder = 1 }
    reset()
    let before = dice(of: held, from: kept, task.settings)
    try train(on: kept, settings) { step, loss in
      try tell(.stepped(step, of: 2 * numbers.steps, loss: loss))
    }
    let after = dice(of: held, from: kept, settings)
    try tell(.judged(before: before, after: after, slices: held.count))
    let outcome = Outcome(before: before, after: after)
    guard outcome.isKept else { return (task, outcome) }
    reset()
    try train(on: task.exemplars, settings) { step, loss in
      try tell(.stepped(numbers.steps + step, of: 2 * numbers.steps, loss: loss))
    }
    var tuned = task
    tuned.weights = ExampleSetWeights(of: network)
    tuned.settings = settings
    tuned.tunedSteps += numbers.steps
    return (tuned, outcome)
  }

  /// Puts what learns back to where the task has it.
  private func reset() {
    for (parameter, value) in zip(network.learned, start) { parameter.value = value }
  }

  private func dice(
    of slices: [ExampleSlice], from exemplars: [ExampleSlice], _ settings: ExampleSetSettings
  ) -> Double {
    let scores = SharedDescent.sideBySide(slices.count) { index in
      LeaveOneOut.dice(
        of: network.logits(of: slices[index], exemplars: exemplars, settings: settings).value,
        slices[index].classes)
    }
    return scores.reduce(0, +) / Double(max(1, scores.count))
  }

  private func train(
    on exemplars: [ExampleSlice], _ settings: ExampleSetSettings,
    tell: (Int, Double) throws -> Void
  ) throws {
    var descent = SharedDescent(rule: AdamW(decay: 0.01), clip: 1)
    let schedule = Schedule.cosine(
      base: numbers.rate, warmup: max(1, numbers.steps / 10), total: numbers.steps)
    let parameters = network.learned
    var looked = settings
    looked.count = min(settings.count, numbers.exemplars)
    let random = Random(seed: numbers.seed).split("tuning")
    for step in 0..<numbers.steps {
      let answers = SharedDescent.sideBySide(numbers.batch) { index -> (Double, [Tensor?]) in
        var random = random.split("question", step * numbers.batch + index)
        let (question, others) = question(among: exemplars, using: &random)
        let logits = network.logits(of: question, exemplars: others, settings: looked)
        let loss = crossEntropyDice(
          logits, labels: question.classes, crossEntropyWeight: 0.5, diceWeight: 0.5)
        let gradients = Gradients(of: loss.total)
        return (loss.value, parameters.map { gradients[$0.variable] })
      }
      let loss = answers.map(\.0).reduce(0, +) / Double(answers.count)
      guard loss.isFinite else { throw ExampleSetError.diverged(task: name, step: step + 1) }
      descent.update(parameters, answers.map(\.1), rate: schedule.rate(at: step))
      try tell(step + 1, loss)
    }
  }

  /// A slice, in four of five cases a labelled one, and the exemplars that answer: of other cases where there are any.
  private func question(
    among exemplars: [ExampleSlice], using random: inout Random
  ) -> (ExampleSlice, [ExampleSlice]) {
    let labelled = exemplars.filter(\.isLabelled)
    let pool = random.uniform() < 0.8 ? labelled : exemplars
    let question = pool[Int.random(in: 0..<pool.count, using: &random)]
    return (question, LeaveOneOut.others(than: question, among: exemplars))
  }
}
