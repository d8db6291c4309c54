import CKernels

/// How many threads the kernels and parallel loops use; results do not depend on it.
public enum Threads {
  /// Uses `count` threads from now on; 0 means one a core.
  public static func use(_ count: Int) { graft_set_threads(Int32(clamping: count)) }

  /// The number of threads in use.
  public static var count: Int { Int(graft_threads()) }
}

/// Calls `body` once for every index in `0..<count`, on all threads; a body writes only what belongs to its index.
public func parallel(_ count: Int, _ body: (Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    var box = body
    withUnsafeMutablePointer(to: &box) { pointer in
      graft_parallel(
        count,
        { context, index in
          context?.assumingMemoryBound(to: ((Int) -> Void).self).pointee(index)
        }, pointer)
    }
  }
}
