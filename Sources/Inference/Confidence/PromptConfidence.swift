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
    let pixels = height * width
    return names.indices.map { index in
      let logits = answer.logits.sliced(axis: 0, index..<index + 1)
      let flipped = other.map { $0.logits.sliced(axis: 0, index..<index + 1).mirrored }
      let mask = answer.mask(index)
      let flip = flipped.flatMap { flipped in
        Agreement.dice(mask, flipped.values.map { $0 > 0 ? 1 : 0 }, classes: 1)[0]
      }
      let shares = logits.values.map { 1 / (1 + exp(-Double($0))) }
      let inside = (0..<pixels).reduce(0) { $0 + (mask[$1] == 1 ? shares[$1] : 0) }
      let size = mask.count { $0 == 1 }
      return Confidence(
        case: names[index], label: "object", value: 1,
        parts: Confidence.Parts(
          predictedIoU: size > 0 ? Double(answer.iou[index]) : nil,
          expectedDice: size > 0 ? 2 * inside / (shares.reduce(0, +) + Double(size)) : nil,
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
