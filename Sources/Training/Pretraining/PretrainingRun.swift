import Foundation

/// A run of `graft pretrain`: steps, snapshots and the checkpoint at the end.
public struct PretrainingRun {
  /// What happens in a run.
  public enum Event {
    /// The steps begin, after so many that an earlier run took.
    case began(steps: Int)
    /// A step was taken.
    case stepped(Pretrainer.Step)
    /// The model was judged on tasks it is never trained on, after so many steps.
    case validated(steps: Int, Pretrainer.Scores)
    /// A snapshot or the checkpoint was written.
    case saved(path: String, steps: Int)
  }

  private let recipe: PretrainingRecipe
  private let interruption: Interruption

  /// A run of a recipe that stops, with a snapshot, when it is asked to.
  public init(_ recipe: PretrainingRecipe, interruption: Interruption) {
    self.recipe = recipe
    self.interruption = interruption
  }

  private var snapshotPath: String { recipe.out + ".snapshot" }

  /// Runs to the recipe's last step; `tell` hears what happens.
  /// - Throws: `TrainingError` when the loss is not finite, a snapshot is missing or foreign, or the run was interrupted.
  public func callAsFunction(resuming: Bool, tell: (Event) -> Void) throws {
    let hasSnapshot = FileManager.default.fileExists(atPath: snapshotPath)
    guard hasSnapshot || !resuming else { throw TrainingError.noSnapshot(snapshotPath) }
    guard resuming || !hasSnapshot else { throw TrainingError.runExists(snapshotPath) }
    let pretrainer: any GeneratedTraining =
      switch recipe.objective {
      case .model: try Pretrainer(recipe)
      case .exampleSets: try ExampleSetTrainer(recipe)
      }
    if resuming {
      try pretrainer.resume(from: snapshotPath)
    }
    tell(.began(steps: pretrainer.steps))
    var curve = PretrainingCurve(
      recipe, path: recipe.out + ".curve.csv", steps: pretrainer.steps)
    while pretrainer.steps < recipe.steps {
      let step = pretrainer.step()
      guard step.isFinite else {
        throw TrainingError.diverged(step: step.number, snapshot: snapshotPath)
      }
      tell(.stepped(step))
      if pretrainer.steps % recipe.validation.every == 0 || pretrainer.steps == recipe.steps {
        let scores = pretrainer.validate()
        try curve.add(scores, steps: pretrainer.steps)
        tell(.validated(steps: pretrainer.steps, scores))
      }
      let stops = interruption.isRequested
      if stops || pretrainer.steps % recipe.snapshot == 0 || pretrainer.steps == recipe.steps {
        try pretrainer.writeSnapshot(to: snapshotPath)
        tell(.saved(path: snapshotPath, steps: pretrainer.steps))
      }
      if stops { throw TrainingError.interrupted(step: pretrainer.steps, snapshot: snapshotPath) }
    }
    try pretrainer.writeModel(to: recipe.out)
    tell(.saved(path: recipe.out, steps: pretrainer.steps))
  }
}
