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
  private var targets: [Name: [UInt8]] = [:]
  private var digests: [Int: String] = [:]

  /// A variant of a slice.
  struct Name: Hashable {
    let slice: Int
    let number: Int
  }

  /// The variants of slices whose logits have the given side.
  init(
    _ slices: [TrainingSlice], side: Int, preparation: ImagePreparation, augment: Recipe.Augment,
    seed: UInt64
  ) {
    self.slices = slices
    self.side = side
    self.preparation = preparation
    self.seed = seed
    augmentation =
      switch augment.kind {
      case .none: .none
      case .samed: .samed
      case .free: .free(FreeAugmentation())
      }
  }

  private func varied(_ name: Name) -> (image: Tensor, label: ByteImage) {
    let slice = slices[name.slice]
    return augmentation(
      image: slice.image, label: slice.label, seed: seed, case: slice.caseID,
      slice: slice.position, variant: name.number)
  }

  /// The model's input [3, S, S].
  func input(_ name: Name) -> Tensor { preparation.input(varied(name).image) }

  /// The class of each pixel [side, side] of the logits.
  func target(_ name: Name) -> [UInt8] {
    if let known = targets[name] { return known }
    let target = preparation.lowResolution(labels: varied(name).label, side: side)
    targets[name] = target
    return target
  }

  /// What tells a variant's embedding under frozen weights from all others.
  func key(_ name: Name, weights: String) throws -> EmbeddingKey {
    let slice = slices[name.slice]
    let image = digests[name.slice] ?? EmbeddingKey.digest(of: slice.image)
    digests[name.slice] = image
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    var transform = String(decoding: try encoder.encode(preparation), as: UTF8.self)
    switch augmentation {
    case .none: break
    case .free where name.number == 0: break
    case .samed: transform += " samed \(seed) \(slice.caseID) \(slice.position) \(name.number)"
    case .free(let ranges):
      transform += String(decoding: try encoder.encode(ranges), as: UTF8.self)
      transform += " \(seed) \(slice.caseID) \(slice.position) \(name.number)"
    }
    return EmbeddingKey(
      weights: weights, cut: "neck", image: image, transform: transform, size: preparation.size,
      precision: "f32")
  }
}
