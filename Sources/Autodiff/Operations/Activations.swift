import CKernels
import Tensors

/// The exact Gaussian error linear unit.
///
///     y = x · Φ(x),  dx = dy ⊙ (Φ(x) + x · φ(x))
///
/// Φ is computed through erf, as PyTorch does by default. Keeps x. Hendrycks, Gimpel (2016).
public func gelu(_ x: Variable) -> Variable {
  let value = x.value
  return Variable(
    Tensor(unfilled: value.shape) { y in value.withPointer { graft_gelu(y, $0, value.count) } },
    x.edge { dy in
      Tensor(unfilled: value.shape) { dx in
        withPointers(dy, value) { graft_gelu_backward(dx, $0, $1, value.count) }
      }
    })
}

/// The rectified linear unit: y = max(x, 0), dx = dy where y > 0, for which it keeps y.
public func relu(_ x: Variable) -> Variable {
  let y = Tensor(unfilled: x.shape) { y in
    x.value.withPointer { graft_relu(y, $0, x.value.count) }
  }
  return Variable(
    y,
    x.edge { dy in
      Tensor(unfilled: y.shape) { dx in
        withPointers(dy, y) { graft_relu_backward(dx, $0, $1, y.count) }
      }
    })
}
