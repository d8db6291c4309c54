import Adaptation
import Autodiff
import Exemplars
import Synchronization
import Tensors

/// A segmenter that looks into the store for what its frozen layers make of an image, and computes what is not there.
///
/// The test cases of a bench are so encoded once for all cells with the same frozen layers and images.
final class StoredSegmenter: Segmenter {
  private let segmenter: any LearningSegmenter
  private let cut: String
  private let store: EmbeddingStore
  private let fresh = Mutex<[EmbeddingKey: Tensor]>([:])

  /// A segmenter with a store; nil where nothing of it is frozen, or there is no store.
  init?(_ segmenter: any LearningSegmenter, store: EmbeddingStore?) {
    guard let cut = segmenter.cut, let store else { return nil }
    self.segmenter = segmenter
    self.cut = cut
    self.store = store
  }

  var patch: Int { segmenter.patch }

  /// The logits [K, s, s] of an image [3, S, S].
  ///
  /// A stored value that cannot be read is computed again.
  func logits(of image: Tensor) -> Tensor {
    let key = EmbeddingKey(
      weights: segmenter.baseSHA256, cut: cut, image: EmbeddingKey.digest(of: image),
      transform: "prepared", size: image.shape[1], precision: segmenter.precision.rawValue,
      format: store.format)
    let values = stored(key) ?? segmenter.frozen(image).rounded(to: store.format)
    if !store.contains(key) { fresh.withLock { $0[key] = values } }
    let logits = segmenter.logits(from: .stored(values.reshaped([1] + values.shape))).value
    return logits.reshaped(Array(logits.shape.dropFirst()))
  }

  private func stored(_ key: EmbeddingKey) -> Tensor? {
    if let value = fresh.withLock({ $0[key] }) { return value }
    return (try? store.embedding(for: key)) ?? nil
  }

  /// Writes what was computed since the last time into the store, and returns how many images that are.
  func keep() throws -> Int {
    let entries = fresh.withLock { fresh in
      defer { fresh = [:] }
      return fresh
    }
    try store.add(
      entries.sorted { $0.key.hexadecimal < $1.key.hexadecimal }.map { ($0.key, $0.value) })
    return entries.count
  }
}
