import Adaptation
import Archives
import Autodiff
import Checkpoints
public import Exemplars
import Foundation
import Inference
import SegmentAnything
import Tensors
public import Volumes

/// Places cases in a space by what a frozen encoder makes of them; labels count for nothing.
///
/// The point of a case is the mean of its slices' embeddings over all their places, [C].
public struct CaseEmbedding {
  private let model: Sam
  private let weights: String
  private let preparation: ImagePreparation
  private let store: EmbeddingStore?

  /// The encoder and the images of a recipe; points of a pack's cases are kept in the store beside it.
  public init(_ recipe: Recipe, pack: Pack?, decoderHeads: Int? = nil) throws {
    let checkpoint = try Checkpoint(contentsOf: recipe.weights).withOfficialNames()
    model = try Sam(checkpoint, decoderHeads: decoderHeads)
    model.imageEncoder.compute(in: recipe.precision, trainingFrom: nil)
    weights = checkpoint.sha256
    preparation = try RunParts.preparation(
      recipe, of: pack, imageSize: model.configuration.imageSize,
      patch: model.configuration.patch)
    store = try pack.map { try EmbeddingStore(folder: EmbeddingStore.folder(forPack: $0.path)) }
  }

  /// The points of some cases; `progress` is told how many are done after each.
  public func points(
    of cases: [String], image: (String) throws -> Volume,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> [String: [Float]] {
    var points: [String: [Float]] = [:]
    for (place, name) in cases.enumerated() {
      points[name] = try point(of: image(name), case: name)
      try progress(place + 1)
    }
    return points
  }

  /// Whether an image's point is stored.
  func isStored(_ image: Volume) throws -> Bool {
    try store?.contains(key(of: image.canonical)) ?? false
  }

  private func key(of image: Volume) throws -> EmbeddingKey {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return EmbeddingKey(
      weights: weights, cut: "neck mean", image: EmbeddingKey.digest(of: image.voxels),
      transform: String(decoding: try encoder.encode(preparation), as: UTF8.self),
      size: preparation.size, precision: model.imageEncoder.precision.rawValue)
  }

  private func point(of volume: Volume, case name: String) throws -> [Float] {
    guard (1...3).contains(volume.channels) else {
      throw InferenceError.channels(case: name, found: volume.channels)
    }
    let image = volume.canonical
    let key = try key(of: image)
    if let known = try store?.embedding(for: key) { return known.values }
    let slices = preparation.plane.slices(of: image.geometry)
    let scan = Volume(
      voxels: try preparation.normalised(image.voxels, case: name), geometry: image.geometry)
    var means = [[Float]](repeating: [], count: slices.count)
    let isSmall = preparation.size / model.configuration.patch <= EmbeddingFill.smallGrid
    means.withUnsafeMutableBufferPointer { means in
      let means = means
      func encode(_ index: Int) {
        let input = preparation.input(slices.image(index, of: scan))
        means[index] = Self.mean(model.imageEncoder(input).value)
      }
      if isSmall { parallel(means.count, encode) } else { means.indices.forEach(encode) }
    }
    let point = CaseSpace.mean(of: means)
    try store?.add([(key, Tensor([point.count], point))])
    return point
  }

  /// The mean of an embedding [1, g, g, C] over its places.
  private static func mean(_ embedding: Tensor) -> [Float] {
    let channels = embedding.shape[3]
    let places = embedding.count / channels
    var sum = [Float](repeating: 0, count: channels)
    embedding.withPointer { values in
      for place in 0..<places {
        for channel in 0..<channels { sum[channel] += values[place * channels + channel] }
      }
    }
    return sum.map { $0 / Float(places) }
  }
}
