import CKernels

/// Memory for some floats, given back to the pool when nobody holds it any more, or memory that another object keeps.
///
/// `@unchecked Sendable`: a buffer is written only while it is being made or while `Tensor` has checked that
/// nobody else holds it; after that it is only read. Another object's memory is never written, and all that is done
/// with that object is to let it go.
final class Buffer: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int
  private let owner: AnyObject?

  /// Whether the memory may be written.
  var isWritable: Bool { owner == nil }

  init(count: Int) {
    self.count = count
    let memory = graft_pool_take(max(count, 1) * MemoryLayout<Float>.stride)
    guard let memory else { preconditionFailure("the pool returned no memory") }
    base = memory.bindMemory(to: Float.self, capacity: max(count, 1))
    owner = nil
  }

  /// The memory at `base`, which `owner` keeps as it is.
  init(reading base: UnsafePointer<Float>, count: Int, keptBy owner: AnyObject) {
    self.base = UnsafeMutablePointer(mutating: base)
    self.count = count
    self.owner = owner
  }

  deinit {
    guard isWritable else { return }
    graft_pool_give(base, max(count, 1) * MemoryLayout<Float>.stride)
  }
}

/// The memory that is kept for the next tensors.
public enum Memory {
  /// Gives it back to the system: between two phases of work that need tensors of other sizes.
  public static func trim() { graft_pool_trim() }
}
