import Autodiff
import SegmentAnything
import Tensors

/// Structures of one image that are asked for by prompts, and corrected by a point where the answer was wrong.
struct PromptedStructures {
  /// The weight of the error of the IoU the model expects of its own masks.
  static let qualityWeight: Float = 0.1
  /// A structure of fewer pixels of the label map is not asked for.
  static let smallest = 12
  /// How many structures are asked for at once.
  static let most = 3

  let model: Sam
  let embedding: Variable
  /// The label of each pixel of the logits.
  let labels: [UInt8]

  typealias Answer = (total: Variable, score: Pretrainer.Score)

  /// The loss of the answers to prompts of one kind; nil for an image without structures.
  ///
  /// Half of the time the structures are asked for again with a corrective point and the first answer as a mask.
  func loss(_ kind: SimulatedPrompt, using random: inout Random) -> Answer? {
    var counts = [Int](repeating: 0, count: 256)
    for label in labels { counts[Int(label)] += 1 }
    let present = (1..<256).filter { counts[$0] >= PromptedStructures.smallest }
    guard !present.isEmpty else { return nil }
    let asked = present.shuffled(using: &random).prefix(PromptedStructures.most)
    let masks = asked.map { wanted in labels.map { $0 == UInt8(wanted) } }
    let side = 4 * embedding.shape[1]
    let imageSide = embedding.shape[1] * model.configuration.patch
    let prompts = masks.map {
      kind.prompt(for: $0, side: side, imageSide: imageSide, using: &random)
    }
    let first = model.masks(of: embedding, prompts: prompts)
    var parts = [loss(first.chosen(multimask: false), masks, token: 0)]
    if kind == .point {
      let choices = first.chosen(multimask: true)
      let trials = (0..<choices.masks.shape[1]).map { loss(choices, masks, token: $0) }
      parts += trials.min { $0.loss < $1.loss }.map { [$0] } ?? []
    }
    let score = parts[0]
    if random.uniform() < 0.5 {
      let corrected = corrections(
        of: prompts, first.chosen(multimask: false).masks.value, masks, imageSide, using: &random)
      let second = model.masks(of: embedding, prompts: corrected)
      parts.append(loss(second.chosen(multimask: false), masks, token: 0))
    }
    let sum = parts.dropFirst().reduce(parts[0].total) { add($0, $1.total) }
    var counted = Pretrainer.Score()
    counted.add(score.loss, score.overlap)
    return (scale(sum, by: 1 / Float(parts.count)), counted)
  }

  /// The prompts with the answer [B, 1, h, w] as a mask and a point drawn from where it is wrong.
  private func corrections(
    of prompts: [Prompt], _ answer: Tensor, _ masks: [[Bool]], _ imageSide: Int,
    using random: inout Random
  ) -> [Prompt] {
    let (side, pixels) = (answer.shape[2], masks[0].count)
    let ratio = Float(imageSide) / Float(side)
    return prompts.enumerated().map { index, prompt in
      let logits = Tensor(
        [side, side],
        answer.withPointer { Array(UnsafeBufferPointer(start: $0 + index * pixels, count: pixels)) }
      )
      let positive = logits.values.map { $0 > 0 }
      let wrong = (0..<pixels).filter { positive[$0] != masks[index][$0] }
      let at = (wrong.isEmpty ? Array(0..<pixels) : wrong).randomElement(using: &random) ?? 0
      var corrected = prompt
      corrected.mask = logits
      corrected.points.append(
        Prompt.Point(
          x: (Float(at % side) + 0.5) * ratio - 0.5, y: (Float(at / side) + 0.5) * ratio - 0.5,
          label: masks[index][at] ? .foreground : .background))
      return corrected
    }
  }

  private typealias Loss = (total: Variable, loss: Double, overlap: Double)

  /// Cross entropy and Dice of one token's masks, and the squared error of the IoU it expects of them.
  private func loss(_ answer: MaskPrediction, _ masks: [[Bool]], token: Int) -> Loss {
    let logits = slice(answer.masks, axis: 1, token..<token + 1)
    let background = Variable(Tensor(zeros: logits.shape))
    let overlap = crossEntropyDice(
      concatenate([background, logits], axis: 1), labels: masks.flatMap { $0.map { $0 ? 1 : 0 } },
      crossEntropyWeight: 0.5, diceWeight: 0.5)
    let overlaps = overlapOf(logits.value, masks)
    let quality = meanSquaredError(slice(answer.iou, axis: 1, token..<token + 1), overlaps)
    return (
      add(overlap.total, scale(quality, by: PromptedStructures.qualityWeight)), overlap.value,
      overlaps.values.map(Double.init).reduce(0, +) / Double(masks.count)
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
