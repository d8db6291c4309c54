import CKernels

/// Memory for some floats, given back to the pool when nobody holds it any more.
///
/// `@unchecked Sendable`: a buffer is written only while it is being made or while `Tensor` has checked that
/// nobody else holds it; after that it is only read.
final class Buffer: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) {
    self.count = count
    let memory = graft_pool_take(max(count, 1) * MemoryLayout<Float>.stride)
    guard let memory else { preconditionFailure("the pool returned no memory") }
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
  }

  deinit { graft_pool_give(base, max(count, 1) * MemoryLayout<Float>.stride) }
}
