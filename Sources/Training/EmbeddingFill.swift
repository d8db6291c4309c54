import Adaptation
import Exemplars
import Foundation
import Tensors

/// Encodes, once, the variants whose embeddings the store beside the pack does not have.
struct EmbeddingFill {
  /// The store.
  let store: EmbeddingStore
  /// What reads the store in the background.
  let ahead: EmbeddingReadAhead
  /// The network whose first layers are frozen.
  let segmenter: any LearningSegmenter
  /// The name of the last frozen place.
  let cut: String
  /// What is encoded.
  let variants: SliceVariants

  /// How many embeddings are written as one part, and the bytes of those in memory at most.
  private static let part = (count: 64, bytes: 128 << 20)
  /// Images of up to this many tokens a side are encoded side by side, one a thread; larger ones one by one.
  static let smallGrid = 32

  private func key(_ name: SliceVariants.Name) throws -> EmbeddingKey {
    try variants.key(
      name, weights: segmenter.baseSHA256, cut: cut, precision: segmenter.precision,
      format: store.format)
  }

  /// The names whose embeddings are missing.
  func missing(_ names: [SliceVariants.Name]) throws -> [SliceVariants.Name] {
    try names.filter { !store.contains(try key($0)) }
  }

  /// The bytes the embeddings of some names take on disk.
  func bytes(_ count: Int) -> Int {
    store.bytes(entries: count, shape: shape)
  }

  /// The shape of an embedding.
  private var shape: [Int] { segmenter.frozenShape(imageSize: variants.imageSize) }

  /// Whether images are encoded side by side.
  private var isSmall: Bool { variants.imageSize / segmenter.patch <= EmbeddingFill.smallGrid }

  /// Encodes and stores, telling after every part how many are done; stops where `isInterrupted` says so.
  func encode(
    _ names: [SliceVariants.Name], isInterrupted: () -> Bool, progress: (Int) -> Void
  ) throws {
    let largest = max(1, EmbeddingFill.part.bytes / max(1, store.bytes(entries: 1, shape: shape)))
    var first = 0
    while first < names.count, !isInterrupted() {
      // The first part is small, so that the time of the whole is known soon.
      let length = first == 0 ? 4 : EmbeddingFill.part.count
      let part = Array(names[first..<min(first + min(length, largest), names.count)])
      let values = encoded(part, isInterrupted: isInterrupted)
      try store.add(
        zip(part, values).map { (try key($0), $1) })
      first += values.count
      progress(first)
    }
  }

  /// One embedding [1, g, g, C], and the time of one where many are computed, by a trial that is not stored.
  func trial(_ names: [SliceVariants.Name]) -> (embedding: Tensor, seconds: Double)? {
    let some = Array(names.prefix(isSmall ? 2 * Threads.count : 1))
    // The first of small ones is for the weights to come into memory.
    if isSmall { _ = encoded(Array(some.prefix(1)), isInterrupted: { false }) }
    let start = Date()
    guard let first = encoded(some, isInterrupted: { false }).first else { return nil }
    let seconds = Date().timeIntervalSince(start) / Double(some.count)
    return (first.reshaped([1] + first.shape), seconds)
  }

  /// The embeddings of some images; of large ones, whose encoding takes seconds, those before an interruption.
  private func encoded(_ names: [SliceVariants.Name], isInterrupted: () -> Bool) -> [Tensor] {
    func encode(_ index: Int) -> Tensor { segmenter.frozen(variants.input(names[index])) }
    var values: [Tensor] = []
    if isSmall {
      values = names.map { _ in Tensor(zeros: []) }
      values.withUnsafeMutableBufferPointer { values in
        let values = values
        parallel(names.count) { values[$0] = encode($0) }
      }
    } else {
      for index in names.indices where index == 0 || !isInterrupted() {
        values.append(encode(index))
      }
    }
    return values
  }

  /// Begins to read the embeddings of the variants that are asked for next.
  func readAhead(_ names: [SliceVariants.Name]) throws { ahead.begin(try names.map(key)) }

  /// The stored embedding of a variant, [1, g, g, C].
  func embedding(_ name: SliceVariants.Name) throws -> Tensor {
    let key = try key(name)
    guard let value = try ahead.embedding(for: key) else {
      throw ExemplarError.store(
        path: store.folder, reason: "an embedding that was there is gone; start again")
    }
    return value.reshaped([1] + value.shape)
  }
}
