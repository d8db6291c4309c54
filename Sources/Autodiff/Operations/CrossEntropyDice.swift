import CKernels
import Tensors

/// The segmentation loss of a batch and the parts it is made of.
public struct SegmentationLoss {
  /// The weighed sum, a scalar of the graph.
  public let total: Variable
  /// The same sum in double precision.
  public let value: Double
  /// The mean cross entropy over all pixels.
  public let crossEntropy: Double
  /// The mean Dice loss over the classes.
  public let dice: Double
}

/// Cross entropy and Dice loss of class logits against labels, weighed as SAMed does.
///
///     loss = ce · CE + dice · mean over k of (1 - (2 I_k + ε) / (Z_k + ε)),   ε = 1e-5
///     p = softmax over K of logits [B, K, h, w],  y [B, h, w] the labels as 0 or 1 by class
///     I_k = Σ p y,  Z_k = Σ p² + Σ y²,  sums over the batch and all pixels; the background is a class
///     dlogits = p ⊙ (g - Σ_k g ⊙ p) + ce (p - y) / (B h w)
///     g_k = dice / K · (-2 y / (Z_k + ε) + 2 p (2 I_k + ε) / (Z_k + ε)²)
///
/// The logits and the labels are kept; the softmax is computed again on the way back. Sums are taken in double
/// precision over tiles of fixed size. `labels` holds B·h·w class numbers below K, in the order of the logits' pixels.
///
/// SAMed, `utils.py` (DiceLoss) and `trainer.py` (calc_loss).
public func crossEntropyDice(
  _ logits: Variable, labels: [UInt8], crossEntropyWeight: Double, diceWeight: Double
) -> SegmentationLoss {
  precondition(
    logits.shape.count == 4, "crossEntropyDice: logits have shape \(logits.shape), not [B, K, h, w]"
  )
  let (images, classes) = (logits.shape[0], logits.shape[1])
  let pixels = logits.shape[2] * logits.shape[3]
  precondition(
    labels.count == images * pixels,
    "crossEntropyDice: \(labels.count) labels for logits of shape \(logits.shape)")
  precondition(
    (1...256).contains(classes) && labels.allSatisfy { Int($0) < classes },
    "crossEntropyDice: the highest label is \(labels.max() ?? 0), the logits have \(classes) classes"
  )
  let epsilon = 1e-5
  var intersection = [Double](repeating: 0, count: classes)
  var squares = intersection
  var count = intersection
  var entropy = 0.0
  intersection.withUnsafeMutableBufferPointer { intersection in
    squares.withUnsafeMutableBufferPointer { squares in
      count.withUnsafeMutableBufferPointer { count in
        var sums = graft_class_sums(
          cross_entropy: 0, intersection: intersection.baseAddress, squares: squares.baseAddress,
          pixels: count.baseAddress)
        logits.value.withPointer {
          graft_cross_entropy_dice(&sums, $0, labels, images, classes, pixels)
        }
        entropy = sums.cross_entropy
      }
    }
  }
  let whole = (0..<classes).map { squares[$0] + count[$0] + epsilon }
  let ratio = (0..<classes).map { (2 * intersection[$0] + epsilon) / whole[$0] }
  let dice = ratio.reduce(0) { $0 + (1 - $1) } / Double(classes)
  let value = crossEntropyWeight * entropy + diceWeight * dice
  let x = logits.value
  let total = Variable(
    Tensor(Float(value)),
    logits.edge { dy in
      let share = Double(dy.scalar) * diceWeight / Double(classes)
      let linear = whole.map { -2 * share / $0 }
      let square = zip(ratio, whole).map { 2 * share * $0 / $1 }
      let e = Double(dy.scalar) * crossEntropyWeight / Double(images * pixels)
      return Tensor(unfilled: x.shape) { dx in
        x.withPointer {
          graft_cross_entropy_dice_backward(
            dx, $0, labels, images, classes, pixels, e, linear, square)
        }
      }
    })
  return SegmentationLoss(total: total, value: value, crossEntropy: entropy, dice: dice)
}
