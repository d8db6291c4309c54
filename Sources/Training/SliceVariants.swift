import Exemplars
import Foundation
import Inference
import Tensors
import Volumes

/// The slices of a run in all their variants, as the model's inputs and as targets of its logits.
final class SliceVariants {
  /// The slices.
  let slices: [TrainingSlice]
  /// The side of the logits.
  let side: Int
  private let preparation: ImagePreparation
  private let augmentation: Augmentation
  private let seed: UInt64
  private let areStored: Bool
  /// What makes new slices of them; nil where there are none.
  let synthesis: SliceSynthesis?
  private var targets: [Name: [UInt8]] = [:]
  private var digests: [Int: String] = [:]
  /// Preparation and ranges of free variation as text, for the keys of a store.
  private let (prepared, ranges): (String, String)

  /// How many bytes of targets are kept.
  private static let keptTargets = 64 << 20

  /// A variant of a slice, or of a new slice that is made of it.
  struct Name: Hashable {
    let slice: Int
    let number: Int
    /// The number of the new slice; nil for the slice itself.
    var synthesised: Int?
  }

  /// What a step needs of a variant.
  struct Sample {
    /// The model's input [3, S, S]; nil where its embedding is stored.
    let input: Tensor?
    /// The class of each pixel [side, side] of the logits.
    let target: [UInt8]
  }

  /// The variants of slices whose logits have the given side.
  ///
  /// Where embeddings are stored there are few variants, seen again and again, and targets are kept within bounds; where
  /// they are not, every visit has a variant of its own. A new slice that is made of a slice is varied as the slice is.
  init(
    _ slices: [TrainingSlice], side: Int, preparation: ImagePreparation, augment: Recipe.Augment,
    synthesis: SliceSynthesis? = nil, seed: UInt64, areStored: Bool
  ) throws {
    self.slices = slices
    self.synthesis = synthesis
    self.side = side
    self.preparation = preparation
    self.seed = seed
    self.areStored = areStored
    augmentation =
      switch augment.kind {
      case .none: .none
      case .samed: .samed
      case .free: .free(FreeAugmentation())
      }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    prepared = String(decoding: try encoder.encode(preparation), as: UTF8.self)
    ranges = String(decoding: try encoder.encode(FreeAugmentation()), as: UTF8.self)
  }

  /// A variant; with `labelOnly` its label is right and its image may not be.
  private func varied(
    _ name: Name, labelOnly: Bool = false
  ) -> (image: Tensor, label: ByteImage) {
    let slice = slices[name.slice]
    let made = name.synthesised.flatMap { synthesis?(name.slice, $0, labelOnly: labelOnly) }
    return augmentation(
      image: made?.image ?? slice.image, label: made?.label ?? slice.label, seed: seed,
      case: slice.caseID, slice: slice.position, variant: name.number)
  }

  /// The side of the model's images.
  var imageSize: Int { preparation.size }

  /// The model's input [3, S, S].
  func input(_ name: Name) -> Tensor { preparation.input(varied(name).image) }

  /// The slice itself, brought to the model's square.
  func unvaried(_ slice: Int) -> Sample {
    let label = slices[slice].label
    return Sample(
      input: areStored ? nil : preparation.input(slices[slice].image),
      target: preparation.lowResolution(labels: label, side: side))
  }

  /// What a step needs of its variants, made side by side.
  func samples(_ names: [Name]) -> [Sample] {
    var samples: [Sample?] = names.map { name in
      targets[name].map { Sample(input: nil, target: $0) }
    }
    samples.withUnsafeMutableBufferPointer { samples in
      let samples = samples
      parallel(names.count) { index in
        if samples[index] == nil { samples[index] = sample(names[index]) }
      }
    }
    let all = zip(names, samples).map { $1 ?? sample($0) }
    guard areStored else { return all }
    if (targets.count + names.count) * side * side > SliceVariants.keptTargets {
      targets.removeAll()
    }
    for (name, sample) in zip(names, all) { targets[name] = sample.target }
    return all
  }

  private func sample(_ name: Name) -> Sample {
    let (image, label) = varied(name, labelOnly: areStored)
    return Sample(
      input: areStored ? nil : preparation.input(image),
      target: preparation.lowResolution(labels: label, side: side))
  }

  /// What tells a variant's embedding under frozen weights from all others.
  func key(
    _ name: Name, weights: String, cut: String, precision: Precision, format: NumberFormat
  ) throws -> EmbeddingKey {
    let slice = slices[name.slice]
    let image = digests[name.slice] ?? EmbeddingKey.digest(of: slice.image)
    digests[name.slice] = image
    var transform = prepared
    switch augmentation {
    case .none: break
    case .free where name.number == 0: break
    case .samed: transform += " samed \(seed) \(slice.caseID) \(slice.position) \(name.number)"
    case .free:
      transform += "\(ranges) \(seed) \(slice.caseID) \(slice.position) \(name.number)"
    }
    if let number = name.synthesised, let synthesis {
      transform += try synthesis.description(of: name.slice, number)
    }
    return EmbeddingKey(
      weights: weights, cut: cut, image: image, transform: transform, size: preparation.size,
      precision: precision.rawValue, format: format)
  }
}
