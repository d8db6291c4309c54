public import Tensors

/// Sums of rows with fixed weights, such as the means of features over the pixels of structures.
///
///     y  [R, F] = weights [R, N] · x [N, F]
///     dx [N, F] = weightsᵀ · dy
public func weightedSums(_ x: Variable, weights: Tensor) -> Variable {
  precondition(
    x.shape.count == 2 && weights.shape.count == 2 && weights.shape[1] == x.shape[0],
    "weightedSums: x \(x.shape), weights \(weights.shape)")
  return Variable(weights.times(x.value), x.edge { dy in weights.transposedTimes(dy) })
}
