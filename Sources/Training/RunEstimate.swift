import Adaptation
import Foundation
import Inference
import SegmentAnything
import Tensors

/// What a run is going to take, by a trial of one image and a few steps.
public struct RunEstimate: Sendable {
  /// The seconds for the images to be encoded first.
  public var encodingSeconds: Double
  /// The seconds for the steps to come.
  public var trainingSeconds: Double
  /// The most memory in bytes; nil where the system does not say.
  public var memoryBytes: Int?
  /// The bytes that embeddings, snapshots and the adapter take on disk.
  public var diskBytes: Int
}

extension Trainer {
  /// What the run is going to take; nothing is written.
  ///
  /// `steps` says whether steps are taken at all.
  public func estimate(steps: Bool = true) throws -> RunEstimate {
    let summary = try summary()
    let trial = parts.fill?.trial(parts.storedNames)
    var estimate = RunEstimate(
      encodingSeconds: Double(summary.missingEmbeddings) * (trial?.seconds ?? 0),
      trainingSeconds: 0, diskBytes: summary.embeddingBytes)
    var memory = 0
    if steps {
      let pace = try pace(standIn: trial?.embedding)
      let known = summary.steps.map { max(0, $0 - summary.firstStep) }
      estimate.trainingSeconds =
        known.map(pace.seconds) ?? recipe.budget.seconds
        ?? recipe.budget.processorSeconds.map { $0 / Double(Threads.count) }
        ?? pace.seconds(of: 1)
      // A snapshot holds what learns and the optimizer's two memories of it; while one is written, one more is there.
      let learned = 4 * summary.scalars
      estimate.diskBytes += learned + 3 * learned * (recipe.snapshot.keep + 1)
      // The trial was of one image.
      memory =
        (recipe.batch - 1) * parts.segmenter.keptBytes(imageSize: parts.preparation.size)
    }
    estimate.memoryBytes = ProcessMemory.peak.map { $0 + memory }
    return estimate
  }

  /// How long steps take; where the encoder learns, by one image, since a whole batch would take minutes.
  private func pace(standIn: Tensor?) throws -> StepPace {
    if parts.fill != nil { return try parts.pace(within: 2, standIn: standIn) }
    let images = try parts.images(ofStep: 0)
    let start = Date()
    _ = BatchPass(parts.segmenter, Array(images.prefix(1)), Objective(loss: recipe.loss))
      .gradients()
    let seconds = Date().timeIntervalSince(start) * Double(images.count)
    return StepPace(fresh: seconds, again: seconds, variants: nil, batch: images.count)
  }
}
