public import Adaptation
import Foundation
public import Tensors
public import Volumes

/// A network, what it was trained to see, and its classes: turns volumes into label volumes.
public struct VolumePrediction {
  /// The network.
  public let segmenter: any Segmenter
  /// How a volume becomes the model's images.
  public let preparation: ImagePreparation
  /// The classes; class 1 first.
  public let labels: [Adapter.Label]
  /// Whether only the largest connected component of each class is kept.
  public let keepsLargest: Bool

  /// The prediction of an adapter on its base weights; an image size, where given, must be the adapter's.
  /// - Throws: `InferenceError.needsPrompts` for an adapter trained with prompts, which has no classes.
  public init(
    _ adapter: Adapter, model: any LearningSegmenter, name: String, keepsLargest: Bool,
    imageSize: Int? = nil
  ) throws {
    guard model.plan.answersForClasses else { throw InferenceError.needsPrompts(adapter: name) }
    self.init(
      model,
      preparation: try ImagePreparation(
        of: adapter, name: name, size: imageSize, patch: model.patch),
      labels: adapter.labels, keepsLargest: keepsLargest)
  }

  /// The prediction of a network that sees images prepared in the given way.
  public init(
    _ segmenter: any Segmenter, preparation: ImagePreparation, labels: [Adapter.Label],
    keepsLargest: Bool
  ) {
    self.segmenter = segmenter
    self.preparation = preparation
    self.labels = labels
    self.keepsLargest = keepsLargest
  }

  /// Tells how many slices of how many are done; what it throws ends the prediction.
  public typealias Progress = (_ done: Int, _ total: Int) throws -> Void

  /// The labels of a volume, in the grid of its source.
  ///
  /// Each slice's logits are brought back to the slice's own pixels before the class of the highest is taken.
  public func labels(
    of volume: Volume, case name: String, progress: Progress = { _, _ in }
  ) throws -> LabelVolume {
    let scan = try PreparedScan(volume, self, case: name)
    let classes = finished(
      try scan.answers(of: self, progress: progress).map(\.classes), scan)
    return volumeOfLabels(classes, scan)
  }

  /// The labels of a volume, and how sure they are; where `mirrored`, every slice is predicted once more, mirrored.
  public func judgedLabels(
    of volume: Volume, case name: String, mirrored: Bool, progress: Progress = { _, _ in }
  ) throws -> (labels: LabelVolume, confidence: [Confidence]) {
    let scan = try PreparedScan(volume, self, case: name)
    let count = scan.slices.count
    let total = mirrored ? 2 * count : count
    let answers = try scan.answers(of: self, massed: true) { done, _ in try progress(done, total) }
    let classes = finished(answers.map(\.classes), scan)
    var flips = [Double?](repeating: nil, count: labels.count)
    if mirrored {
      let others = try scan.answers(of: self, mirrored: true) { done, _ in
        try progress(count + done, total)
      }
      flips = Agreement.dice(
        classes, finished(others.map(\.classes), scan), classes: labels.count)
    }
    let slices = Agreement.acrossSlices(
      (0..<count).map { scan.slices.labels($0, of: classes) }, classes: labels.count)
    let confidence = labels.indices.map { index in
      Confidence(
        case: name, label: labels[index].name, value: labels[index].value,
        parts: Confidence.Parts(
          expectedDice: SliceAnswer.expectedDice(answers, of: index),
          sliceAgreement: slices[index], flipAgreement: flips[index]))
    }
    return (volumeOfLabels(classes, scan), confidence)
  }

  /// The number of a volume's slices, and the time of one where many are predicted, by a trial.
  public func trial(of volume: Volume, case name: String) throws -> (slices: Int, seconds: Double) {
    let scan = try PreparedScan(volume, self, case: name)
    let middle = scan.slices.count / 2
    var some = middle..<middle + 1
    if scan.isSmall(self) {
      // The first is for the weights to come into memory.
      _ = scan.answers(of: self, some)
      some = max(0, middle - Threads.count)..<min(scan.slices.count, middle + Threads.count)
    }
    let start = Date()
    _ = scan.answers(of: self, some)
    return (scan.slices.count, Date().timeIntervalSince(start) / Double(some.count))
  }

  /// The classes of the canonical volume, after what is done to the whole of it.
  private func finished(_ slices: [[UInt8]], _ scan: PreparedScan) -> [UInt8] {
    var classes = [UInt8](repeating: 0, count: scan.volume.geometry.count)
    for (index, slice) in slices.enumerated() { scan.slices.put(slice, index, into: &classes) }
    guard keepsLargest else { return classes }
    return Components.keepingLargest(
      perClass: classes, extents: scan.volume.geometry.extents)
  }

  private func volumeOfLabels(_ classes: [UInt8], _ scan: PreparedScan) -> LabelVolume {
    let values = labels.map { Int32($0.value) }
    return LabelVolume(
      values: classes.map { $0 == 0 ? 0 : values[Int($0) - 1] }, geometry: scan.volume.geometry,
      source: scan.volume.source
    ).restored
  }

  /// The class of each pixel of a slice [C, h, w] of a normalised volume.
  public func classes(of slice: Tensor) -> [UInt8] {
    VolumePrediction.highest(logits(of: slice))
  }

  /// The logits [K, h, w] of a slice [C, h, w] of a normalised volume, which lies at a `place` from 0 to 1 of it.
  func logits(of slice: Tensor, place: Float? = nil) -> Tensor {
    let (height, width) = (slice.shape[1], slice.shape[2])
    let input = preparation.input(slice)
    let logits =
      (segmenter as? any PlacedSegmenter)?.logits(of: input, place: place)
      ?? segmenter.logits(of: input)
    return preparation.restored(logits, height: height, width: width)
  }

  /// The index of the highest of the first axis at every pixel of logits [K, h, w]; the lowest index where they tie.
  public static func highest(_ logits: Tensor) -> [UInt8] {
    let (classes, pixels) = (logits.shape[0], logits.shape[1] * logits.shape[2])
    var best = [UInt8](repeating: 0, count: pixels)
    logits.withPointer { logits in
      for pixel in 0..<pixels {
        for candidate in 1..<classes
        where logits[candidate * pixels + pixel] > logits[Int(best[pixel]) * pixels + pixel] {
          best[pixel] = UInt8(candidate)
        }
      }
    }
    return best
  }
}
