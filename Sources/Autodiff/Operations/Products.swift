import Tensors

/// The product of each matrix of a batch with the transpose of another: SAM's hypernetworks against the image.
///
///     y [B, M, N] = a [B, M, K] · bᵀ,  b [B, N, K]
///     da = dy · b,  db = dyᵀ · a
public func products(_ a: Variable, _ b: Variable) -> Variable {
  let (aValue, bValue) = (a.value, b.value)
  return Variable(
    aValue.products(bValue),
    a.edge { dy in dy.batchedTimes(bValue) },
    b.edge { dy in dy.batchedTransposedTimes(aValue) })
}
