import Autodiff
import Tensors

/// What a step minimises.
struct Objective {
  /// The loss of a batch and what is written down of it.
  struct Outcome {
    /// The loss, from which gradients go back.
    let total: Variable
    /// The loss in double precision.
    let loss: Double
    /// Its cross entropy, or its focal part.
    let ce: Double
    /// Its Dice part.
    let dice: Double
    /// Whether only background was predicted although there is an object.
    let missesAllObjects: Bool
  }

  /// The formula and its weights.
  let loss: Recipe.Loss

  /// The loss of class logits [B, K, 4g, 4g] for labels [B, 4g, 4g].
  func callAsFunction(_ logits: Variable, labels: [UInt8]) -> Outcome {
    let result = crossEntropyDice(
      logits, labels: labels, crossEntropyWeight: loss.ce, diceWeight: loss.dice)
    return Outcome(
      total: result.total, loss: result.value, ce: result.crossEntropy, dice: result.dice,
      missesAllObjects: labels.contains { $0 > 0 } && Objective.isBackground(logits.value))
  }

  /// The loss of one prompted object an image, from its logits [B, 1, 4g, 4g] and expected IoU [B, 1], for targets
  /// [B, 4g, 4g] of 0 and 1.
  func callAsFunction(_ logits: Variable, iou: Variable, targets: [UInt8]) -> Outcome {
    switch loss.name {
    case .crossEntropyDice:
      let background = Variable(Tensor(zeros: logits.shape))
      return self(concatenate([background, logits], axis: 1), labels: targets)
    case .focalDiceIoU:
      let result = focalDiceIoU(logits, iou: iou, targets: targets)
      return Outcome(
        total: result.total, loss: result.value, ce: result.focal, dice: result.dice,
        missesAllObjects: targets.contains(1) && logits.value.values.allSatisfy { $0 <= 0 })
    }
  }

  /// Whether class 0 has the highest logit everywhere, for logits [B, K, h, w].
  private static func isBackground(_ logits: Tensor) -> Bool {
    let (images, classes) = (logits.shape[0], logits.shape[1])
    let pixels = logits.shape[2] * logits.shape[3]
    return logits.withPointer { values in
      for image in 0..<images {
        let background = values + image * classes * pixels
        for k in 1..<classes {
          let other = background + k * pixels
          for pixel in 0..<pixels where other[pixel] > background[pixel] { return false }
        }
      }
      return true
    }
  }
}
