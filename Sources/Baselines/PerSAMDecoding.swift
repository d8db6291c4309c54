import Autodiff
import SegmentAnything
import Tensors

/// The prompts of one object in one image, and what the decoder says to them.
struct Decoding {
  /// The model.
  let model: Sam
  /// The image's embedding [1, g, g, C].
  let embedding: Variable
  /// The part of the image that is no padding.
  let view: SimilarityView
  /// What is pointed at.
  var points: [Prompt.Point] = []

  /// The masks of all tokens for the points and what else is given.
  func masks(
    box: Prompt.Box? = nil, mask: Tensor? = nil, guidance: Guidance? = nil
  ) -> MaskPrediction {
    let prompt = Prompt(points: points, box: box, mask: mask)
    return model.masks(of: embedding, prompts: [prompt], guidance: guidance)
  }

  /// The sum [1, 4g, 4g] of the masks of three scales with weights.
  func weighed(by weights: [Float]) -> Tensor {
    let masks = masks().chosen(multimask: true).masks.value
    let side = masks.shape[2]
    let rows = masks.reshaped([masks.shape[1], side * side])
    return Tensor([1, weights.count], weights).times(rows).reshaped([1, side, side])
  }

  /// The logits [1, 4g, 4g] after rounds of prompting with the mask so far, in some with its box: of the masks of several
  /// scales the one of the highest expected IoU goes on.
  ///
  /// Where a mask is empty there is no box, and what came before it is the answer.
  func refined(_ first: Tensor, boxes: [Bool]) -> Tensor {
    let side = first.shape.last ?? 0
    var logits = first.reshaped([1, side, side])
    for takesBox in boxes {
      var box: Prompt.Box?
      if takesBox {
        box = view.box(of: logits)
        if box == nil { return logits }
      }
      let masks = masks(box: box, mask: logits.reshaped([side, side])).chosen(multimask: true)
      let quality = masks.iou.value.values
      let best = quality.indices.max { quality[$0] < quality[$1] } ?? 0
      logits = masks.masks.value.sliced(axis: 1, best..<best + 1).reshaped([1, side, side])
    }
    return logits
  }
}
