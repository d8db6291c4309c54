import Tensors

/// The sum; the second operand repeats over the leading axes of the first.
///
///     y [..., S] = a [..., S] + b [S],  da = dy,  db = Σ_leading dy
public func add(_ a: Variable, _ b: Variable) -> Variable {
  let shape = b.shape
  return Variable(
    a.value.adding(b.value),
    a.edge { $0 },
    b.edge { dy in
      dy.count == shape.product
        ? dy.reshaped(shape) : dy.summed(keepingLast: shape.count).reshaped(shape)
    })
}

/// The product with a number: y = s · x, dx = s · dy.
public func scale(_ x: Variable, by s: Float) -> Variable {
  Variable(x.value.scaled(by: s), x.edge { $0.scaled(by: s) })
}

/// The same elements under other extents.
public func reshape(_ x: Variable, _ shape: [Int]) -> Variable {
  let original = x.shape
  return Variable(x.value.reshaped(shape), x.edge { $0.reshaped(original) })
}
