import Adaptation
import Checkpoints
import Exemplars
import Inference
import Layers
import SegmentAnything
import Tensors
import Volumes

/// The model of the old centres as it is: what every adaptation to a new centre is measured against.
enum UnadaptedMethod: ExemplarMethod {
  static let name = "none"
  static let mostExemplars: Int? = nil
  static let usesSeed = false
  static let choosesByQuery = false

  static func outcome(of task: ExemplarTask) throws -> ExemplarOutcome {
    let base = try Checkpoint(contentsOf: task.recipe.weights).withOfficialNames()
    let classes = task.pack.labels.classes.count
    let model = try AdaptedModel(
      base: base,
      plan: Plan(method: .decoderFull, classHeads: ClassHeads(classes: classes, start: .keep)),
      using: Random(seed: 0))
    for parameter in model.learning { parameter.learns = false }
    model.compute(in: task.recipe.precision, forTraining: false)
    return ExemplarOutcome(
      segmenter: try StoredSegmenter(model, task.recipe) ?? model, preparation: task.preparation)
  }
}
