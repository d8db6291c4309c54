import Adaptation
import Foundation
import Inference

/// Exemplars that define the task by themselves: `graft task`, without a gradient step.
enum ExampleSetMethod: ExemplarMethod {
  static let name = "example-set"
  // Of all exemplars every slice looks at those most like it.
  static let choosesByQuery = true

  static func outcome(of task: ExemplarTask) throws -> ExemplarOutcome {
    var choice = TaskMaking.Choice()
    choice.cases = task.exemplars
    choice.triesPrompts = false
    let beside = ExampleSetWeights.path(beside: task.recipe.weights)
    let making = try TaskMaking(
      task.recipe, choice: choice,
      learned: FileManager.default.fileExists(atPath: beside) ? beside : nil,
      decoderHeads: task.decoderHeads)
    let made = try making { _ in }
    return ExemplarOutcome(
      segmenter: TaskSegmenter(
        network: making.network, exemplars: made.exemplars, settings: made.settings),
      preparation: making.preparation)
  }
}
