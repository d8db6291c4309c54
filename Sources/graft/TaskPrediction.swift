import Adaptation
import ArgumentParser
import Inference
import SegmentAnything
import Volumes

extension PredictCommand {
  /// Refuses options that go with no task.
  func checkTask() throws {
    guard prompts.maskLogits == nil, prompts.logits == nil, !prompts.multimask else {
      throw ValidationError(
        "A task takes --point, --box and --mask; leave out --mask-logits, --multimask and --logits."
      )
    }
    guard prompts.isEmpty || !flipAgreement else {
      throw ValidationError(
        "What is shown to a task has its place in the image as it is: leave out --flip-agreement.")
    }
  }

  /// The prediction of a task on its base weights, with what is shown of the image where there is anything.
  func prediction(byTask path: String, _ console: Console) throws -> VolumePrediction {
    let task = try TaskFile(contentsOf: path)
    guard imageSize == nil || imageSize == task.preparation.size else {
      throw InferenceError.imageSize(
        adapter: path, asked: imageSize ?? 0, trained: task.preparation.size)
    }
    let network = try task.network(on: base(), decoderHeads: decoderHeads, name: path)
    network.model.model.imageEncoder.compute(in: precision)
    tellPrecision(network.model.model.imageEncoder.precision, console)
    let segmenter = TaskSegmenter(
      network: network, exemplars: task.exemplars, settings: task.settings)
    func prediction(_ segmenter: any Segmenter) -> VolumePrediction {
      VolumePrediction(
        segmenter, preparation: task.preparation, labels: task.labels, keepsLargest: keepLargest)
    }
    guard !prompts.isEmpty else { return prediction(segmenter) }
    let (image, name) = try image(shownTo: path)
    let shown = try TaskPrompts(
      prompts.places, scribble: prompts.scribble(on: image, task: path),
      class: prompts.shownClass(of: task.labels.map(\.name), task: path), of: image,
      plane: task.preparation.plane, name: name)
    guard !shown.isEmpty else {
      throw ExampleSetError.prompts(
        task: path, reason: "\(prompts.mask ?? "what is shown") marks nothing")
    }
    return prediction(
      try PromptedTaskSegmenter(
        segmenter, shown, in: image, preparation: task.preparation,
        sam: Sam(base(), decoderHeads: decoderHeads), name: name))
  }

  /// The one image that prompts are about, and its name in errors.
  private func image(shownTo task: String) throws -> (Volume, String) {
    let cases = try PredictionCase.found(at: input, split: split)
    guard dataset == nil, cases.count == 1 else {
      throw ExampleSetError.prompts(
        task: task, reason: "they belong to one image, and \(input) holds \(cases.count) cases")
    }
    return (try cases[0].image(), cases[0].name)
  }
}
