import Tensors

/// The affine map of the last axis.
///
///     y  [..., N] = x [..., K] · weightᵀ + bias,  weight [N, K], bias [N]
///     dx [..., K] = dy · weight
///     dweight     = dyᵀ · x,  dbias = Σ_rows dy
public func linear(_ x: Variable, _ weight: Variable, _ bias: Variable? = nil) -> Variable {
  let (xValue, weightValue) = (x.value, weight.value)
  return Variable(
    xValue.linear(weightValue, bias?.value),
    x.edge { dy in dy.times(weightValue) },
    weight.edge { dy in dy.transposedTimes(xValue) },
    bias?.edge { dy in dy.summed(keepingLast: 1) })
}
