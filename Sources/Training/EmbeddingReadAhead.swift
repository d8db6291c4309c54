import Dispatch
package import Exemplars
import Synchronization
package import Tensors

/// Reads stored embeddings of the next step while this one is computed.
///
/// What is read, and an error of reading it, is given to whoever asks for it; what nobody asks for is forgotten.
package final class EmbeddingReadAhead {
  private let store: EmbeddingStore
  private let queue = DispatchQueue(label: "graft.embeddings")
  private var ahead: Batch?

  /// What is being read, and what has been.
  private final class Batch: Sendable {
    let reading = DispatchGroup()
    let found = Mutex<[EmbeddingKey: Result<Tensor?, any Error>]>([:])
  }

  /// Reads from a store.
  package init(_ store: EmbeddingStore) { self.store = store }

  /// Begins to read the entries of some keys, in place of those begun before.
  package func begin(_ keys: [EmbeddingKey]) {
    let batch = Batch()
    ahead = batch
    queue.async(group: batch.reading) { [store] in
      for key in Set(keys) {
        let result = Result { try store.embedding(for: key) }
        batch.found.withLock { $0[key] = result }
      }
    }
  }

  /// The entry under a key, or nil where there is none.
  package func embedding(for key: EmbeddingKey) throws -> Tensor? {
    ahead?.reading.wait()
    if let result = ahead?.found.withLock({ $0[key] }) { return try result.get() }
    return try store.embedding(for: key)
  }
}
