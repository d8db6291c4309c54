import Tensors

/// Images [..., H, W] at another size by bilinear interpolation, as `Tensor.resized` has it.
///
///     y = R_h · x · R_wᵀ,  dx = R_hᵀ · dy · R_w  with the tables of weights R of both axes
public func resized(_ x: Variable, height: Int, width: Int) -> Variable {
  let axis = x.shape.count - 1
  let (h, w) = (x.shape[axis - 1], x.shape[axis])
  return Variable(
    x.value.resized(height: height, width: width),
    x.edge { dy in
      dy.resampled(axis: axis, AxisWeights.linear(from: w, to: width).transposed(length: w))
        .resampled(axis: axis - 1, AxisWeights.linear(from: h, to: height).transposed(length: h))
    })
}

extension Variable {
  /// A planar map [B, C, H, W] of a channel-last one [B, H, W, C]; the gradient goes back the same way.
  public var planar: Variable { Variable(value.planar, edge { $0.channelLast }) }

  /// A channel-last map [B, H, W, C] of a planar one [B, C, H, W]; the gradient goes back the same way.
  public var channelLast: Variable { Variable(value.channelLast, edge { $0.planar }) }
}
