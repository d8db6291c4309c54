public import Tensors

/// The mean squared error of a variable against fixed numbers, a scalar.
///
///     y = Σ (x - t)² / n,  dx = dy · 2 (x - t) / n
public func meanSquaredError(_ x: Variable, _ target: Tensor) -> Variable {
  precondition(
    x.shape == target.shape, "meanSquaredError: x \(x.shape), target \(target.shape)")
  let difference = x.value.adding(target.scaled(by: -1))
  let count = Float(max(difference.count, 1))
  let squares = difference.values.reduce(0.0) { $0 + Double($1) * Double($1) }
  return Variable(
    Tensor(Float(squares) / count),
    x.edge { dy in difference.scaled(by: 2 * dy.scalar / count) })
}
