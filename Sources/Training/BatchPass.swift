import Adaptation
import Autodiff
import Layers
import SegmentAnything
import Tensors

/// An image of a step.
struct StepImage {
  /// The image, or what the frozen part of the model made of it.
  let content: SliceContent
  /// What the model is told of the object; nil for class tokens.
  let prompt: Prompt?
  /// The class of each pixel [s, s] of the logits, or 1 for the object.
  let target: [UInt8]
}

/// A step's way through the model and back.
///
/// Each image has a graph of its own up to its logits, so that images go side by side, one a thread, forth and back; the
/// loss couples them by its sums over the batch. The images' gradients are added in their order, so the bits are those of
/// one thread.
struct BatchPass {
  /// The loss.
  let outcome: Objective.Outcome
  private let learning: [Parameter]
  private let outputs: [Variable]
  private let joined: Variable

  /// Predicts the images and computes the loss.
  init(_ segmenter: any LearningSegmenter, _ images: [StepImage], _ objective: Objective) {
    learning = segmenter.learning
    let isPrompted = images.contains { $0.prompt != nil }
    let predictions = BatchPass.map(images.count) { index -> (logits: Variable, iou: Variable?) in
      let image = images[index]
      guard let prompt = image.prompt, let asked = segmenter as? any PromptableSegmenter else {
        return (segmenter.logits(from: image.content), nil)
      }
      let answer = asked.masks(from: image.content, prompt: prompt)
      return (answer.masks, answer.iou)
    }
    let shape = Array(predictions[0].logits.shape.dropFirst())
    let size = shape.product
    outputs = predictions.map { logits, iou in
      let masks = reshape(logits, [1, size])
      return iou.map { concatenate([masks, $0], axis: 1) } ?? masks
    }
    joined = Variable(
      Tensor.concatenated(outputs.map(\.value), axis: 0), wantsGradient: true)
    let logits = reshape(slice(joined, axis: 1, 0..<size), [images.count] + shape)
    let targets = images.flatMap(\.target)
    outcome =
      isPrompted
      ? objective(
        logits, iou: slice(joined, axis: 1, size..<joined.shape[1]), targets: targets)
      : objective(logits, labels: targets)
  }

  /// The gradients by name; a tensor the loss does not depend on has none.
  func gradients() -> [String: Tensor] {
    guard let whole = Gradients(of: outcome.total)[joined] else { return [:] }
    let parts = BatchPass.map(outputs.count) { index in
      Gradients(of: outputs[index], cotangent: whole.sliced(axis: 0, index..<index + 1))
    }
    let sums = BatchPass.map(learning.count) { index -> Tensor? in
      let own = parts.compactMap { $0[learning[index].variable] }
      guard var sum = own.first else { return nil }
      for part in own.dropFirst() { sum.add(part) }
      return sum
    }
    var gradients: [String: Tensor] = [:]
    for (parameter, sum) in zip(learning, sums) { gradients[parameter.name] = sum }
    return gradients
  }

  /// The results of `body` for all indices, computed side by side.
  private static func map<Result>(_ count: Int, _ body: (Int) -> Result) -> [Result] {
    var results = [Result?](repeating: nil, count: count)
    results.withUnsafeMutableBufferPointer { results in
      let results = results
      parallel(count) { results[$0] = body($0) }
    }
    return results.compactMap { $0 }
  }
}
