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
  static let choosesByQuery = false

  static func outcome(of task: ExemplarTask) throws -> ExemplarOutcome {
    let base = try Checkpoint(contentsOf: task.recipe.weights).withOfficialNames()
    let classes = task.pack.labels.classes.count
    let model = try AdaptedModel(
      base: base,
      plan: Plan(method: .decoderFull, classHeads: ClassHeads(classes: classes, start: .keep)),
      decoderHeads: task.decoderHeads, using: Random(seed: 0))
    model.freeze()
    model.compute(in: task.recipe.precision, forTraining: false)
    return ExemplarOutcome(
      segmenter: StoredSegmenter(model, store: task.store) ?? model, preparation: task.preparation)
  }
}
