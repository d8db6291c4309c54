/// Lends the elements of two tensors for reading while `body` runs.
public func withPointers<Result>(
  _ a: Tensor, _ b: Tensor,
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>) throws -> Result
) rethrows -> Result {
  try a.withPointer { a in try b.withPointer { b in try body(a, b) } }
}

/// Lends the elements of three tensors for reading while `body` runs.
public func withPointers<Result>(
  _ a: Tensor, _ b: Tensor, _ c: Tensor,
  _ body: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>) throws -> Result
) rethrows -> Result {
  try withPointers(a, b) { a, b in try c.withPointer { c in try body(a, b, c) } }
}

/// Lends the elements of four tensors for reading while `body` runs.
public func withPointers<Result>(
  _ a: Tensor, _ b: Tensor, _ c: Tensor, _ d: Tensor,
  _ body: (
    UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>
  ) throws -> Result
) rethrows -> Result {
  try withPointers(a, b) { a, b in try withPointers(c, d) { c, d in try body(a, b, c, d) } }
}

/// Lends the elements of any number of tensors for reading while `body` runs.
public func withPointers<Result>(
  _ tensors: [Tensor], _ body: ([UnsafePointer<Float>]) throws -> Result
) rethrows -> Result {
  var pointers: [UnsafePointer<Float>] = []
  func lend(_ rest: ArraySlice<Tensor>) throws -> Result {
    guard let first = rest.first else { return try body(pointers) }
    return try first.withPointer {
      pointers.append($0)
      return try lend(rest.dropFirst())
    }
  }
  return try lend(tensors[...])
}

/// Lends the elements of a tensor, or nil where there is none, while `body` runs.
public func withPointer<Result>(
  _ tensor: Tensor?, _ body: (UnsafePointer<Float>?) throws -> Result
) rethrows -> Result {
  guard let tensor else { return try body(nil) }
  return try tensor.withPointer { try body($0) }
}

/// Lends the elements of a tensor for writing, or nil where there is none, while `body` runs.
public func withMutablePointer<Result>(
  _ tensor: inout Tensor?, _ body: (UnsafeMutablePointer<Float>?) throws -> Result
) rethrows -> Result {
  guard var lent = tensor.take() else { return try body(nil) }
  let result = try lent.withMutablePointer { try body($0) }
  tensor = lent
  return result
}
