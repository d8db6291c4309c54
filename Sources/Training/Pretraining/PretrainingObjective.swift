import Autodiff
import SegmentAnything
import Tensors
import Volumes

/// What one generated image asks of the model, and the loss of its answers.
///
/// The image's task asks for all its classes at once, without a prompt: each class has a token of its own, which
/// every image of the task shares, and all of them go through the first mask token's hypernetwork. This is the path that
/// adaptation takes later. Up to two structures are then asked for by a coarse mask, a box or points, as SAM is.
struct PretrainingObjective {
  /// How the parts of the loss count against each other.
  static let (promptWeight, qualityWeight): (Float, Float) = (0.5, 0.1)
  /// A structure of fewer pixels of the label map is not asked for.
  static let smallestStructure = 12

  let model: Sam
  /// The tokens of the image's task, [classes + 1, C].
  let classTokens: Variable
  let phantom: PhantomSlice
  var random: Random

  /// The losses of the two ways of asking; the prompted one is nil for an image without structures.
  struct Losses {
    let total: Variable
    let classes: Double
    let prompted: Double?
  }

  /// The loss of the image's answers.
  mutating func losses() -> Losses {
    let side = model.configuration.imageSize
    let embedding = model.imageEncoder(
      Preprocessing(size: side, height: side, width: side).normalised(phantom.image.scaled(by: 255))
    )
    let low = lowResolutionLabels(side: side)
    let classes = crossEntropyDice(
      model.masks(of: embedding, classTokens: classTokens).masks, labels: low,
      crossEntropyWeight: 0.5, diceWeight: 0.5)
    guard let prompted = promptedLoss(embedding, low) else {
      return Losses(total: classes.total, classes: classes.value, prompted: nil)
    }
    return Losses(
      total: add(classes.total, scale(prompted.0, by: PretrainingObjective.promptWeight)),
      classes: classes.value, prompted: prompted.1)
  }

  private func lowResolutionLabels(side: Int) -> [UInt8] {
    let low = 4 * model.configuration.grid
    return (0..<low * low).map { at in
      let (row, column) = (at / low, at % low)
      return phantom.label.values[
        (2 * row + 1) * side / (2 * low) * side + (2 * column + 1) * side / (2 * low)]
    }
  }

  private mutating func promptedLoss(
    _ embedding: Variable, _ low: [UInt8]
  ) -> (Variable, Double)? {
    var counts = [Int](repeating: 0, count: 256)
    for label in low { counts[Int(label)] += 1 }
    let present = (1..<256).filter { counts[$0] >= PretrainingObjective.smallestStructure }
    guard !present.isEmpty else { return nil }
    let asked = present.shuffled(using: &random).prefix(2)
    let kind = SimulatedPrompt.allCases.randomElement(using: &random) ?? .box
    let masks = asked.map { wanted in low.map { $0 == UInt8(wanted) } }
    let sides = (4 * model.configuration.grid, model.configuration.imageSize)
    let prompts = masks.map {
      kind.prompt(for: $0, side: sides.0, imageSide: sides.1, using: &random)
    }
    let answer = model.masks(of: embedding, prompts: prompts)
    var parts: [(Variable, Double)] = [loss(answer.chosen(multimask: false), masks, token: 0)]
    if kind == .point {
      let choices = answer.chosen(multimask: true)
      let trials = (0..<choices.masks.shape[1]).map { loss(choices, masks, token: $0) }
      parts += trials.min { $0.1 < $1.1 }.map { [$0] } ?? []
    }
    let sum = parts.dropFirst().reduce(parts[0].0) { add($0, $1.0) }
    return (
      scale(sum, by: 1 / Float(parts.count)), parts.map(\.1).reduce(0, +) / Double(parts.count)
    )
  }

  /// Cross entropy and Dice of one token's masks, and the squared error of the IoU it expects of them.
  private func loss(_ answer: MaskPrediction, _ masks: [[Bool]], token: Int) -> (Variable, Double) {
    let logits = slice(answer.masks, axis: 1, token..<token + 1)
    let background = Variable(Tensor(zeros: logits.shape))
    let overlap = crossEntropyDice(
      concatenate([background, logits], axis: 1), labels: masks.flatMap { $0.map { $0 ? 1 : 0 } },
      crossEntropyWeight: 0.5, diceWeight: 0.5)
    let quality = meanSquaredError(
      slice(answer.iou, axis: 1, token..<token + 1), overlapOf(logits.value, masks))
    return (
      add(overlap.total, scale(quality, by: PretrainingObjective.qualityWeight)), overlap.value
    )
  }

  /// The IoU of each mask of logits above 0 with its target, [B, 1].
  private func overlapOf(_ logits: Tensor, _ masks: [[Bool]]) -> Tensor {
    let pixels = masks[0].count
    return logits.withPointer { logits in
      Tensor(
        [masks.count, 1],
        masks.enumerated().map { index, mask in
          var (both, either) = (0, 0)
          for at in 0..<pixels {
            let positive = logits[index * pixels + at] > 0
            both += positive && mask[at] ? 1 : 0
            either += positive || mask[at] ? 1 : 0
          }
          return either == 0 ? 1 : Float(both) / Float(either)
        })
    }
  }
}
