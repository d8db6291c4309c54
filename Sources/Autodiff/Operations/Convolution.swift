import CKernels
import Tensors

/// The patches of a channel-last image, so that `linear` with a convolution's weight is the strided convolution.
///
///     x [B, H, W, C] to [B, H / p, W / p, C · p · p], each row in the order (channel, row, column)
///     dx: each pixel lies in one patch and takes its gradient
public func patchify(_ x: Variable, size: Int) -> Variable {
  Variable(x.value.patched(size), x.edge { $0.unpatched(size) })
}

/// The 3 × 3 convolution with zero padding of 1 and stride 1.
///
///     y  [B, H, W, O] = Σ_{i, j, c} x [B, H + i - 1, W + j - 1, C] · weight [O, C, 3, 3] + bias [O]
///     dx [B, H, W, C] = the convolution of dy with the kernels turned by 180° and their two channels swapped
///     dweight         = Σ_pixels dy · the pixel's neighbourhood in x,  dbias = Σ_pixels dy
///
/// Keeps x.
public func convolution3x3(
  _ x: Variable, _ weight: Variable, _ bias: Variable? = nil
) -> Variable {
  let (b, h, w, c) = x.value.imageExtents("convolution3x3")
  let outputs = weight.shape[0]
  precondition(
    weight.shape == [outputs, c, 3, 3] && (bias?.shape ?? [outputs]) == [outputs],
    "convolution3x3: x \(x.shape), weight \(weight.shape), bias \(String(describing: bias?.shape))")
  let shape = graft_convolution_shape(
    batch: b, rows: h, columns: w, inputs: c, outputs: outputs)
  let adjoint = graft_convolution_shape(
    batch: b, rows: h, columns: w, inputs: outputs, outputs: c)
  let (xValue, weightValue) = (x.value, weight.value)
  return Variable(
    xValue.convolved(weightValue.packedKernels(adjoint: false), bias?.value, shape),
    x.edge { dy in dy.convolved(weightValue.packedKernels(adjoint: true), nil, adjoint) },
    weight.edge { dy in
      Tensor(unfilled: weightValue.shape) { dw in
        withPointers(xValue, dy) { graft_convolution_backward_kernels(dw, $0, $1, shape) }
      }
    },
    bias?.edge { dy in dy.summed(keepingLast: 1) })
}

/// The transposed convolution of 2 × 2 kernels with stride 2, which doubles an image's sides.
///
///     y  [B, 2H, 2W, O]: y[2i + r, 2j + s] = x[i, j] · weight[.., r, s] + bias,  weight [C, O, 2, 2], bias [O]
///     With p the 2 × 2 patches of y as rows [O · 2 · 2] and w the weight as [C, O · 2 · 2]:
///     p = x · w + bias,  dx = dp · wᵀ,  dweight = xᵀ · dp,  dbias = Σ_pixels dy
///
/// Keeps x.
public func transposedConvolution2x2(
  _ x: Variable, _ weight: Variable, _ bias: Variable
) -> Variable {
  let (_, _, _, c) = x.value.imageExtents("transposedConvolution2x2")
  let outputs = bias.shape[0]
  precondition(
    weight.shape == [c, outputs, 2, 2],
    "transposedConvolution2x2: x \(x.shape), weight \(weight.shape), bias \(bias.shape)")
  let (xValue, matrix) = (x.value, weight.value.reshaped([c, 4 * outputs]))
  return Variable(
    xValue.times(matrix).unpatched(2).adding(bias.value),
    x.edge { dy in dy.patched(2).linear(matrix) },
    weight.edge { dy in
      xValue.transposedTimes(dy.patched(2)).reshaped([c, outputs, 2, 2])
    },
    bias.edge { dy in dy.summed(keepingLast: 1) })
}

extension Tensor {
  /// The extents of a batch of channel-last images; `operation` is who needs them.
  func imageExtents(_ operation: String) -> (Int, Int, Int, Int) {
    precondition(shape.count == 4, "\(operation): \(shape) is not [B, H, W, C]")
    return (shape[0], shape[1], shape[2], shape[3])
  }

  /// The patches of `size` pixels a side of images [B, H, W, C]: [B, H / p, W / p, C · p · p].
  fileprivate func patched(_ size: Int) -> Tensor {
    let (b, h, w, c) = imageExtents("patches")
    precondition(h % size == 0 && w % size == 0, "patches: \(shape) by patches of \(size)")
    return Tensor(unfilled: [b, h / size, w / size, c * size * size]) { to in
      withPointer { graft_patches(to, $0, b, h, w, c, size) }
    }
  }

  /// The images of which the rows are the patches.
  fileprivate func unpatched(_ size: Int) -> Tensor {
    let (b, rows, columns, length) = imageExtents("patches")
    let (h, w, c) = (rows * size, columns * size, length / (size * size))
    return Tensor(unfilled: [b, h, w, c]) { to in
      withPointer { graft_patches_adjoint(to, $0, b, h, w, c, size) }
    }
  }

  /// Kernels [O, C, 3, 3] in the order in which a convolution, or its way back, reads them.
  fileprivate func packedKernels(adjoint: Bool) -> Tensor {
    let (outputs, inputs) = (shape[0], shape[1])
    let count = graft_convolution_packed(adjoint ? outputs : inputs, adjoint ? inputs : outputs)
    return Tensor(unfilled: [count]) { packed in
      withPointer { graft_convolution_pack(packed, $0, adjoint ? 1 : 0, inputs, outputs) }
    }
  }

  fileprivate func convolved(
    _ packed: Tensor, _ bias: Tensor?, _ shape: graft_convolution_shape
  ) -> Tensor {
    Tensor(unfilled: [shape.batch, shape.rows, shape.columns, shape.outputs]) { y in
      withPointers(self, packed) { x, packed in
        Tensors.withPointer(bias) { graft_convolve(y, x, packed, $0, shape) }
      }
    }
  }
}
