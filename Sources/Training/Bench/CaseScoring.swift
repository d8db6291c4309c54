import Adaptation
import Metrics
import Tensors
import Volumes

/// Compares predictions of a pack's cases with their classes, as `graft evaluate` does with files.
///
/// Axes of one voxel count for nothing, so that single slices are compared as pictures are.
struct CaseScoring {
  /// What is computed.
  let scoring = Scoring()
  /// The classes; class 1 first.
  let labels: [Adapter.Label]

  /// The scores of each class; the prediction lies in its source's grid, the reference as the pack has it.
  func scores(
    of prediction: LabelVolume, _ reference: LabelVolume, case name: String
  ) -> [CellResult.Score] {
    let shape = reference.geometry.shape
    let step = reference.geometry.spacing
    let steps = [step.z, step.y, step.x]
    var axes = shape.indices.filter { shape[$0] > 1 }
    if axes.count < 2 { axes = Array(shape.indices) }
    let (extents, spacing) = (axes.map { shape[$0] }, axes.map { steps[$0] })
    let predicted = Mask.byLabel(prediction.canonical.values, extents: extents, spacing: spacing)
    let truth = Mask.byLabel(reference.values, extents: extents, spacing: spacing)
    let empty = Mask(empty: extents, spacing: spacing)
    var found = [CellResult.Score?](repeating: nil, count: labels.count)
    found.withUnsafeMutableBufferPointer { found in
      let found = found
      parallel(labels.count) { index in
        let scores = Scores(
          prediction: predicted?[Int32(labels[index].value)] ?? empty,
          reference: truth?[Int32(index + 1)] ?? empty, scoring: scoring)
        found[index] = CellResult.Score(
          case: name, label: labels[index].name, scores, scoring.measures)
      }
    }
    return found.compactMap(\.self)
  }
}
