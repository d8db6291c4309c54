import Baselines
import Checkpoints
import SegmentAnything

/// PerSAM: nothing is trained.
enum PerSAMMethod: ExemplarMethod {
  static let name = "persam"
  static let choosesByQuery = true

  static func outcome(of task: ExemplarTask) throws -> ExemplarOutcome {
    try task.personalised(.free, steps: nil)
  }
}

/// PerSAM-F: two numbers of each class are trained, in steps of their own whatever the budget.
enum TunedPerSAMMethod: ExemplarMethod {
  static let name = "persam-f"
  static let choosesByQuery = true

  static func outcome(of task: ExemplarTask) throws -> ExemplarOutcome {
    try task.personalised(.tuned, steps: PerSAM.Target.steps)
  }
}

extension ExemplarTask {
  /// The weights, personalised with the exemplars.
  fileprivate func personalised(_ variant: PerSAM.Variant, steps: Int?) throws -> ExemplarOutcome {
    let weights = try Checkpoint(contentsOf: recipe.weights).withOfficialNames()
    let model = try Sam(weights, decoderHeads: decoderHeads)
    model.imageEncoder.compute(in: recipe.precision)
    let exemplars = PersonalExemplars(
      pack, cases: exemplars, preparation: preparation, isInterrupted: isInterrupted)
    let persam = try exemplars.personalised(model, variant)
    return ExemplarOutcome(
      segmenter: persam, preparation: preparation, trainedParameters: persam.trainedParameters,
      steps: steps)
  }
}
