import Synchronization
import Tensors

/// Runs `body` for every index, at most two at a time, so that the memory needed does not grow with the number of
/// cores; the results come in the order of the indices.
///
/// `starting` is called before each, never twice at once. After a failure nothing new is begun; of several failures that
/// of the lowest index is thrown.
func inPairs<Output>(
  _ count: Int, starting: (Int) throws -> Void, _ body: (Int) throws -> Output
) throws -> [Output] {
  var results = [Result<Output, any Error>?](repeating: nil, count: count)
  let next = Mutex(0)
  let hasFailed = Atomic(false)
  results.withUnsafeMutableBufferPointer { buffer in
    let results = buffer
    parallel(min(2, Threads.count, count)) { _ in
      while !hasFailed.load(ordering: .relaxed) {
        let (index, start) = next.withLock { next in
          defer { next += 1 }
          return (next, next < count ? Result { try starting(next) } : .success(()))
        }
        guard index < count else { return }
        let result = start.flatMap { Result { try body(index) } }
        if case .failure = result { hasFailed.store(true, ordering: .relaxed) }
        results[index] = result
      }
    }
  }
  return try results.compactMap { try $0?.get() }
}
