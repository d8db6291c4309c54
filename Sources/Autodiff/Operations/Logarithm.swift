import Foundation
import Tensors

/// The natural logarithm of numbers that may be zero.
///
///     y = log(x + ε),  dx = dy / (x + ε)
public func logarithm(_ x: Variable, epsilon: Float) -> Variable {
  let value = x.value
  return Variable(
    Tensor(unfilled: value.shape) { y in
      value.withPointer { x in
        for index in 0..<value.count { y[index] = log(x[index] + epsilon) }
      }
    },
    x.edge { dy in
      Tensor(unfilled: value.shape) { dx in
        withPointers(dy, value) { dy, x in
          for index in 0..<value.count { dx[index] = dy[index] / (x[index] + epsilon) }
        }
      }
    })
}
