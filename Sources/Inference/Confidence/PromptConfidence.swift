import Foundation
import Tensors
public import Volumes

extension PromptedPrediction {
  /// How sure the masks of an answer are; where `mirrored`, the mirrored image is asked as well.
  ///
  /// `names` are the masks' files without their endings. A mask that was given as logits cannot be mirrored, as they do not
  /// say where the image ends; its flip agreement stays nil.
  public func confidence(
    in answer: Answer, about image: Volume, _ prompt: PixelPrompt, multimask: Bool, mirrored: Bool,
    names: [String], name: String
  ) throws -> [Confidence] {
    let (height, width) = (answer.logits.shape[1], answer.logits.shape[2])
    var other: Answer?
    if mirrored, let prompt = prompt.mirrored(width: width) {
      let turned = Volume(
        voxels: image.voxels.mirrored, geometry: image.geometry, source: image.source)
      other = try self(turned, prompt, multimask: multimask, name: name)
    }
    let background = Tensor(zeros: [1, height, width])
    func judged(_ logits: Tensor) -> SliceAnswer {
      SliceAnswer(Tensor.concatenated([background, logits], axis: 0), massed: true)
    }
    return names.indices.map { index in
      let mask = judged(answer.logits.sliced(axis: 0, index..<index + 1))
      let expected = SliceAnswer.expectedDice([mask], of: 0)
      let flip = other.flatMap { other in
        let turned = judged(other.logits.sliced(axis: 0, index..<index + 1).mirrored)
        return Agreement.dice(mask.classes, turned.classes, classes: 1)[0]
      }
      return Confidence(
        case: names[index], label: "object", value: 1,
        parts: Confidence.Parts(
          predictedIoU: expected.map { _ in Double(answer.iou[index]) }, expectedDice: expected,
          flipAgreement: flip))
    }
  }
}

extension PixelPrompt {
  /// The same places in the mirrored image of a width; nil where a mask's logits cannot be mirrored.
  package func mirrored(width: Int) -> PixelPrompt? {
    let width = Double(width)
    var prompt = self
    // A point is a pixel's centre, a box ends at pixels' edges.
    for index in points.indices { prompt.points[index].x = max(0, width - 1 - points[index].x) }
    prompt.box = box.map { Box(x0: width - $0.x1, y0: $0.y0, x1: width - $0.x0, y1: $0.y1) }
    switch mask {
    case .pixels(let pixels, let path): prompt.mask = .pixels(pixels.mirrored, path: path)
    case .logits: return nil
    case nil: break
    }
    return prompt
  }
}
