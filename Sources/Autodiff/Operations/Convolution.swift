import CKernels
import Tensors

/// The patches of a channel-last image, so that `linear` with a convolution's weight is the strided convolution.
///
///     x [B, H, W, C] to [B, H / p, W / p, C · p · p], each row in the order (channel, row, column)
///     dx: each pixel lies in one patch and takes its gradient
public func patchify(_ x: Variable, size: Int) -> Variable {
  let (b, h, w, c) = extents(x, "patchify")
  precondition(h % size == 0 && w % size == 0, "patchify: \(x.shape) by patches of \(size)")
  return Variable(
    Tensor(unfilled: [b, h / size, w / size, c * size * size]) { to in
      x.value.withPointer { graft_patches(to, $0, b, h, w, c, size) }
    },
    x.edge { dy in
      Tensor(unfilled: [b, h, w, c]) { to in
        dy.withPointer { graft_patches_adjoint(to, $0, b, h, w, c, size) }
      }
    })
}

/// The 3 × 3 convolution with zero padding of 1 and no bias.
///
///     y [B, H, W, O] = Σ_{i, j, c} x [B, H + i - 1, W + j - 1, C] · weight [O, C, 3, 3]
///     With n the neighbourhoods [B · H · W, 9C] and w the weight as [O, 9C]: y = n · wᵀ, dn = dy · w, dw = dyᵀ · n
///
/// Keeps x; neighbourhoods are gathered again on the way back.
public func convolution3x3(_ x: Variable, _ weight: Variable) -> Variable {
  let (b, h, w, c) = extents(x, "convolution3x3")
  precondition(
    weight.shape.count == 4 && weight.shape[1...] == [c, 3, 3],
    "convolution3x3: x \(x.shape), weight \(weight.shape)")
  let outputs = weight.shape[0]
  let matrix = weight.value.reshaped([outputs, c, 9]).swappingAxes(1).reshaped([outputs, 9 * c])
  let xValue = x.value
  func neighbourhoods() -> Tensor {
    Tensor(unfilled: [b, h, w, 9 * c]) { to in
      xValue.withPointer { graft_neighbourhoods(to, $0, b, h, w, c) }
    }
  }
  return Variable(
    neighbourhoods().linear(matrix),
    x.edge { dy in
      let dn = dy.times(matrix)
      return Tensor(unfilled: [b, h, w, c]) { to in
        dn.withPointer { graft_neighbourhoods_adjoint(to, $0, b, h, w, c) }
      }
    },
    weight.edge { dy in
      dy.transposedTimes(neighbourhoods()).reshaped([outputs, 9, c]).swappingAxes(1)
        .reshaped([outputs, c, 3, 3])
    })
}

private func extents(_ x: Variable, _ operation: String) -> (Int, Int, Int, Int) {
  precondition(x.shape.count == 4, "\(operation): x \(x.shape) is not [B, H, W, C]")
  return (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
}
