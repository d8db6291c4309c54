import Foundation
import Tensors

/// The gradient of SAM's own loss, in Double: 20 · focal + dice + the squared error of the IoU head.
///
///     focal = mean of -α_t (1 - p_t)² log p_t, α = 0.25;  dice = mean over masks of 1 - (2 Σpt + 1) / (Σp + Σt + 1)
struct MaskLoss {
  var value = 0.0
  var masks: [Float] = []
  var iou: [Float] = []

  init(
    masks logits: [Float], iou expected: [Float], target: [Float], actual: [Float],
    withQuality: Bool
  ) {
    let pixels = target.count
    let count = logits.count / pixels
    masks = [Float](repeating: 0, count: logits.count)
    for mask in 0..<count {
      let own = logits[mask * pixels..<(mask + 1) * pixels].map { 1 / (1 + exp(-Double($0))) }
      let overlap = zip(own, target).reduce(0) { $0 + $1.0 * Double($1.1) }
      let total = own.reduce(0, +) + target.reduce(0) { $0 + Double($1) } + 1
      value += (1 - (2 * overlap + 1) / total) / Double(count)
      for (pixel, (p, t)) in zip(own, target.map(Double.init)).enumerated() {
        let (focal, slope) = MaskLoss.focal(p, isForeground: t > 0.5)
        value += 20 * focal / Double(logits.count)
        let dice = -(2 * t * total - (2 * overlap + 1)) / (total * total) * p * (1 - p)
        masks[mask * pixels + pixel] =
          Float(20 * slope / Double(logits.count) + dice / Double(count))
      }
    }
    iou = [Float](repeating: 0, count: expected.count)
    guard withQuality else { return }
    for (index, (found, actual)) in zip(expected, actual).enumerated() {
      let error = Double(found) - Double(actual)
      value += error * error / Double(expected.count)
      iou[index] = Float(2 * error / Double(expected.count))
    }
  }

  /// The focal loss at a probability and its slope by the logit.
  private static func focal(_ p: Double, isForeground: Bool) -> (Double, Double) {
    let q = 1 - p
    return isForeground
      ? (-0.25 * q * q * log(p), -0.25 * q * q * (q - 2 * p * log(p)))
      : (-0.75 * p * p * log(q), 0.75 * p * p * (p - 2 * q * log(q)))
  }
}
