import Tensors

/// One axis at another length by linear interpolation, as `Tensor.resized(axis:to:)` has it.
///
///     y = R · x along the axis,  dx = Rᵀ · dy  with the table of weights R
public func resized(_ x: Variable, axis: Int, to count: Int) -> Variable {
  let length = x.shape[axis]
  if length == count { return x }
  return Variable(
    x.value.resized(axis: axis, to: count),
    x.edge { dy in
      dy.resampled(
        axis: axis, AxisWeights.linear(from: length, to: count).transposed(length: length))
    })
}

/// Images [..., H, W] at another size by bilinear interpolation.
public func resized(_ x: Variable, height: Int, width: Int) -> Variable {
  let axis = x.shape.count - 1
  return resized(resized(x, axis: axis, to: width), axis: axis - 1, to: height)
}

extension Variable {
  /// A planar map [B, C, H, W] of a channel-last one [B, H, W, C]; the gradient goes back the same way.
  public var planar: Variable { Variable(value.planar, edge { $0.channelLast }) }

  /// A channel-last map [B, H, W, C] of a planar one [B, C, H, W]; the gradient goes back the same way.
  public var channelLast: Variable { Variable(value.channelLast, edge { $0.planar }) }
}
