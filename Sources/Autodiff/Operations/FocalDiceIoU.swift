import CKernels
public import Tensors

/// The loss of predicted masks and of the head that predicts their quality, and its parts.
public struct MaskLoss {
  /// The weighed sum, a scalar of the graph.
  public let total: Variable
  /// The same sum in double precision.
  public let value: Double
  /// The mean focal loss over all pixels of all masks.
  public let focal: Double
  /// The mean Dice loss over the masks.
  public let dice: Double
  /// The mean squared error of the predicted IoU; 0 where none was given.
  public let iouError: Double
  /// The IoU of (logit > 0) with the target, [B, M].
  public let actualIoU: Tensor
}

/// Focal loss, Dice loss and the error of the predicted IoU, as Segment Anything was trained.
///
///     loss = focal · F + D + mean of (iou - actual)²
///     F = mean over all pixels of -α (1 - q)² log q,  q = p in the target and 1 - p outside, p = σ(logits [B, M, h, w])
///     α = 1/4 in the target and 3/4 outside
///     D = mean over the masks of 1 - (2 Σ p t + 1) / (Σ p + Σ t + 1),  t [B, h, w] the targets as 0 or 1
///     actual [B, M] = IoU of (logits > 0) with t (1 where both are empty), held constant
///
/// All M masks of an image are compared with its one target. `iou` is the head's output [B, M], nil to leave
/// the third term out. Kept: the logits, the targets, three sums a mask.
///
/// Kirillov et al., Segment Anything (2023), section 3 and appendix A.
public func focalDiceIoU(
  _ logits: Variable, iou: Variable?, targets: [UInt8], focalWeight: Double = 20,
  diceWeight: Double = 1
) -> MaskLoss {
  precondition(
    logits.shape.count == 4, "focalDiceIoU: logits have shape \(logits.shape), not [B, M, h, w]")
  let (images, masks) = (logits.shape[0], logits.shape[1])
  let pixels = logits.shape[2] * logits.shape[3]
  precondition(
    targets.count == images * pixels,
    "focalDiceIoU: \(targets.count) target pixels for logits of shape \(logits.shape)")
  precondition(
    iou.map { $0.shape == [images, masks] } ?? true,
    "focalDiceIoU: predicted IoU of shape \(iou?.shape ?? []), expected \([images, masks])")
  let number = images * masks
  var sums = [graft_mask_sums](repeating: graft_mask_sums(), count: number)
  logits.value.withPointer { graft_sum_masks(&sums, $0, targets, images, masks, pixels) }
  let whole = sums.map { $0.predicted + $0.target + 1 }
  let ratio = zip(sums, whole).map { (2 * $0.intersection + 1) / $1 }
  let focal = sums.reduce(0.0) { $0 + $1.focal } / Double(number * pixels)
  let dice = ratio.reduce(0.0) { $0 + (1 - $1) } / Double(number)
  let actual: [Float] = sums.map {
    $0.whole == 0 ? 1 : Float(Double($0.overlap) / Double($0.whole))
  }
  let errors: [Float] = zip(iou?.value.values ?? [], actual).map { $0 - $1 }
  let squares = errors.reduce(0.0) { $0 + Double($1) * Double($1) }
  let iouError = squares / Double(number)
  let x = logits.value
  let edges: [Variable.Edge?] = [
    logits.edge { dy in
      let share = Double(dy.scalar) * diceWeight / Double(number)
      let inside = whole.map { -2 * share / $0 }
      let everywhere = zip(ratio, whole).map { share * $0 / $1 }
      let scale = Double(dy.scalar) * focalWeight / Double(number * pixels)
      return Tensor(unfilled: x.shape) { dx in
        x.withPointer {
          graft_sum_masks_backward(
            dx, $0, targets, images, masks, pixels, scale, inside, everywhere)
        }
      }
    },
    iou?.edge { dy in
      Tensor([images, masks], errors.map { 2 * dy.scalar * $0 / Float(number) })
    },
  ]
  let value = focalWeight * focal + diceWeight * dice + iouError
  return MaskLoss(
    total: Variable(Tensor(Float(value)), edges[0], edges[1]), value: value, focal: focal,
    dice: dice, iouError: iouError, actualIoU: Tensor([images, masks], actual))
}
