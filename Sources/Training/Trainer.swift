import Adaptation
import Archives
import Autodiff
public import Exemplars
import Foundation
import Inference
import Layers
import SegmentAnything
import Tensors

/// The training loop: batches, loss, gradients, steps, and what is saved of them.
///
/// A run is a function of its recipe and data: the same bits for any number of threads, and after any interruption.
public final class Trainer {
  /// How many steps in a row may predict only background on batches that hold objects.
  static let backgroundLimit = 500

  private(set) var recipe: Recipe
  let parts: RunParts
  private let folder: RunFolder
  private let resumed: Snapshot?
  private let version: String
  private let isInterrupted: () -> Bool
  private let report: (TrainingEvent) -> Void
  private var optimizer: any Optimizer
  private var hasWarned = false
  private var state: (step: Int, backgroundSteps: Int, seconds: Double) = (0, 0, 0)

  /// Makes everything ready for a run, or for going on with one; nothing is written yet.
  ///
  /// `store`, where it is given, is the opened store beside the recipe's pack, in the recipe's format.
  public init(
    _ recipe: Recipe, resume: Bool = false, decoderHeads: Int? = nil,
    store: EmbeddingStore? = nil, version: String,
    isInterrupted: @escaping () -> Bool = { false }, report: @escaping (TrainingEvent) -> Void
  ) throws {
    folder = RunFolder(path: recipe.out)
    self.version = version
    self.isInterrupted = isInterrupted
    self.report = report
    if !resume { try folder.checkNew() }
    let before = resume ? try folder.storedRecipe() : nil
    parts = try RunParts(recipe, decoderHeads: decoderHeads, store: store)
    let known = recipe.budget.steps ?? recipe.budget.epochs.map(parts.order.steps)
    let resolved = recipe.resolved(
      steps: known ?? before?.budget.steps, imageSize: parts.preparation.size)
    if let before, let difference = try RecipeTree.difference(before, resolved) {
      throw TrainingError.foreignSnapshot(
        folder.recipe,
        reason: "its \(difference.key) is \(difference.one), and \(difference.other) is asked for")
    }
    self.recipe = resolved
    optimizer = recipe.rule
    resumed = try resume ? RunParts.snapshots(of: resolved, parts, folder).read() : nil
    if let resumed {
      try parts.take(resumed.parameters, of: folder.snapshots)
      optimizer.memory = resumed.memory
      state = (resumed.step, resumed.backgroundSteps, resumed.seconds)
    }
  }

  private var snapshots: SnapshotFolder { RunParts.snapshots(of: recipe, parts, folder) }

  /// What the run is about to do.
  public func summary() throws -> RunSummary {
    let missing = try parts.fill?.missing(parts.storedNames).count ?? 0
    return RunSummary(
      slices: parts.variants.slices.count, samples: parts.samples.count,
      parameters: parts.segmenter.learning.count,
      scalars: parts.segmenter.learningCount,
      modelScalars: parts.segmenter.count,
      missingEmbeddings: missing, embeddingBytes: parts.fill?.bytes(missing) ?? 0,
      steps: recipe.budget.steps, firstStep: state.step)
  }

  /// Trains to the budget's end and writes the adapter.
  ///
  /// - Throws: `TrainingError` where the numbers go wrong or the run is interrupted; its snapshots stay.
  public func run() throws {
    report(.prepared(try summary()))
    if let note = parts.variants.synthesis?.note { report(.warning(note)) }
    let isNew = resumed == nil
    if isNew, recipe.budget.steps != nil { try begin() }
    try encode()
    if recipe.budget.steps == nil {
      try timeSteps()
      try begin()
    }
    try folder.cutMetrics(to: state.step)
    let steps = recipe.budget.steps ?? 0
    if state.step < steps { try takeSteps(steps) }
    if parts.fill == nil { tellSynthesis() }
    try parts.adapter().write(to: folder.adapter)
    try folder.finish(seconds: state.seconds, trained: parts.segmenter.learningCount)
    report(.finished(adapter: folder.adapter))
  }

  /// Takes the steps that are left, telling and saving on the way.
  private func takeSteps(_ steps: Int) throws {
    let log = try MetricsLog(folder.metrics)
    let events = try EventFile(inFolder: folder.path, firstStep: state.step + 1)
    let session = (start: Date(), seconds: state.seconds)
    while state.step < steps {
      let record = try takeStep { session.seconds + Date().timeIntervalSince(session.start) }
      try log.add(record)
      try events.add(record)
      report(.stepped(record, of: steps))
      try saveWhereDue(steps)
    }
  }

  /// Encodes what the store lacks, without training.
  public func encode() throws {
    guard let fill = parts.fill else { return }
    let missing = try fill.missing(parts.storedNames)
    if !missing.isEmpty { report(.encoded(0, of: missing.count)) }
    try fill.encode(missing, isInterrupted: isInterrupted) {
      report(.encoded($0, of: missing.count))
    }
    Memory.trim()
    tellSynthesis()
    if isInterrupted(), try !fill.missing(missing).isEmpty {
      throw TrainingError.interruptedWhileEncoding(store: fill.store.folder)
    }
  }

  private func tellSynthesis() {
    guard let tally = parts.variants.synthesis?.takeTally(), tally.made > 0 else { return }
    report(.synthesised(tally))
  }

  /// Writes the state before the first step and, last, the recipe: from then on the run can be resumed.
  private func begin() throws {
    try snapshots.write(snapshot)
    let environment = Environment(
      version: version, weightsSHA256: parts.segmenter.baseSHA256,
      packSHA256: parts.fingerprint["pack"] ?? "", blasCore: Processor.blasCore,
      instructionSet: Processor.instructionSet,
      precision: parts.segmenter.precision, threads: Threads.count,
      seed: recipe.seed)
    try folder.describe(recipe, environment)
  }

  /// Turns the budget's seconds into steps.
  private func timeSteps() throws {
    let budget = recipe.budget
    guard let seconds = budget.seconds ?? budget.processorSeconds else { return }
    let pace = try parts.pace(
      within: min(4, seconds / 15),
      by: { budget.seconds == nil ? ProcessClock.processor : ProcessClock.wall })
    let steps = pace.steps(within: seconds)
    recipe = recipe.resolved(steps: steps, imageSize: parts.preparation.size)
    report(.timed(steps: steps, secondsPerStep: pace.seconds(of: steps) / Double(steps)))
  }

  private func takeStep(_ seconds: () -> Double) throws -> StepRecord {
    let step = state.step
    let rate = recipe.rates.rate(at: step)
    let images = try parts.images(ofStep: step)
    if step + 1 < recipe.budget.steps ?? 0 { try parts.readAhead(ofStep: step + 1) }
    let pass = BatchPass(parts.segmenter, images, Objective(loss: recipe.loss))
    let outcome = pass.outcome
    guard outcome.loss.isFinite else { throw diverged(step) }
    let gradients = try checked(pass.gradients(), step: step)
    for parameter in parts.segmenter.learning {
      guard let gradient = gradients[parameter.name] else { continue }
      var value = parameter.value
      optimizer.step(parameter.name, &value, gradient: gradient, rate: rate)
      parameter.value = value
    }
    state.step += 1
    state.seconds = seconds()
    try watchBackground(outcome)
    return StepRecord(
      step: state.step, epoch: parts.order.epoch(ofStep: step), loss: outcome.loss,
      ce: outcome.ce, dice: outcome.dice, lr: rate, seconds: state.seconds)
  }

  /// The gradients if they can be used, clipped.
  private func checked(
    _ gradients: [String: Tensor], step: Int
  ) throws -> [String: Tensor] {
    let squares = gradients.values.map(\.sumOfSquares)
    guard squares.allSatisfy(\.isFinite) else { throw diverged(step) }
    if step == 0, !squares.contains(where: { $0 > 0 }) {
      throw TrainingError.noGradient(method: recipe.method.rawValue)
    }
    if case .norm(let limit) = recipe.optimizer.clip { return clipped(gradients, toNorm: limit) }
    return gradients
  }

  private func diverged(_ step: Int) -> TrainingError {
    .diverged(step: step + 1, snapshot: snapshots.last)
  }

  /// Warns at the first step that predicts only background, and gives up after too many in a row.
  private func watchBackground(_ outcome: Objective.Outcome) throws {
    state.backgroundSteps = outcome.missesAllObjects ? state.backgroundSteps + 1 : 0
    if state.backgroundSteps == 1, !hasWarned {
      hasWarned = true
      report(
        .warning("Step \(state.step) predicts only background, though its batch holds objects."))
    }
    if state.backgroundSteps >= Trainer.backgroundLimit {
      throw TrainingError.onlyBackground(
        step: state.step, steps: state.backgroundSteps, snapshot: snapshots.last)
    }
  }

  private func saveWhereDue(_ steps: Int) throws {
    let stops = isInterrupted() && state.step < steps
    guard stops || state.step == steps || state.step.isMultiple(of: recipe.snapshot.every) else {
      return
    }
    let path = try snapshots.write(snapshot)
    report(.saved(step: state.step, path: path))
    if stops { throw TrainingError.interrupted(step: state.step, snapshot: path) }
  }

  private var snapshot: Snapshot {
    Snapshot(
      step: state.step, backgroundSteps: state.backgroundSteps, seconds: state.seconds,
      parameters: parts.learned, memory: optimizer.memory)
  }
}
