import CKernels
public import Tensors

/// What an image's tokens become by looking at a few tokens: attention, residual and layer norm in one.
///
///     y [B, N, C] = norm(x + bias + Σ_heads p_h · values_h),  p_h = softmax((x + positions) keys_hᵀ + offsets_h) [N, T]
///     x [B, N, C], positions [N, C], keys and values [B, heads · T, C], offsets [B, heads · T], bias [C]
///     with z what is normalised:  dvalues = pᵀ dz,  ds = p ⊙ (dz valuesᵀ - Σ_T p ⊙ dz valuesᵀ),
///     dkeys = dsᵀ (x + positions),  doffsets = Σ_N ds,  dx = dz + ds keys,  dbias = Σ_N dz
///
/// As in `tokensToImage` the image is not projected: keys and values carry the heads' projections. Keeps x, keys, values and
/// p; z is computed again.
public func imageToTokens(
  _ x: Variable, positions: Tensor, keys: Variable, offsets: Variable, values: Variable,
  bias: Variable, heads: Int, norm: (weight: Variable, bias: Variable, epsilon: Float)
) -> Variable {
  let (b, n, c) = (x.shape[0], x.shape[1], x.shape[2])
  precondition(
    x.shape.count == 3 && positions.shape == [n, c] && keys.shape.count == 3 && keys.shape[0] == b
      && keys.shape[2] == c && values.shape == keys.shape && keys.shape[1] % heads == 0
      && offsets.value.count == b * keys.shape[1] && bias.shape == [c]
      && norm.weight.shape == [c] && norm.bias.shape == [c],
    """
    imageToTokens: x \(x.shape), positions \(positions.shape), keys \(keys.shape), offsets \
    \(offsets.shape), values \(values.shape), bias \(bias.shape), norm \(norm.weight.shape)
    """)
  let inputs = [x, keys, offsets, values, bias, norm.weight, norm.bias]
  let given = [positions] + inputs.map(\.value)
  let sizes = (rows: n, tokens: keys.shape[1] / heads)
  func call(_ at: [UnsafePointer<Float>]) -> graft_image_to_tokens {
    graft_image_to_tokens(
      batch: b, rows: sizes.rows, groups: heads, tokens: sizes.tokens, width: c,
      epsilon: norm.epsilon, x: at[1], positions: at[0], keys: at[2], offsets: at[3],
      values: at[4], bias: at[5], norm_weight: at[6], norm_bias: at[7])
  }
  let made = Tensor.several(
    unfilled: [x.shape, [b, n * keys.shape[1]], [b, n], [b, n]]
  ) { to in
    withPointers(given) { at in
      var call = call(at)
      graft_image_to_tokens(&call, to[0], to[1], to[2], to[3])
    }
  }.compactMap { $0 }
  let kept = Array(made[1...])
  let learns = norm.weight.wantsGradient || norm.bias.wantsGradient
  let wanted = [x.wantsGradient, true, true, true, bias.wantsGradient, learns, learns]
  return Variable(made[0], inputs: inputs) { dy in
    Tensor.several(
      unfilled: zip(wanted, given.dropFirst()).map { $0 ? $1.shape : nil }
    ) { to in
      withPointers(given + kept + [dy]) { at in
        var call = call(at)
        var gradients = graft_image_to_tokens_gradients(
          dx: to[0], dkeys: to[1], doffsets: to[2], dvalues: to[3], dbias: to[4],
          dnorm_weight: to[5], dnorm_bias: to[6])
        graft_image_to_tokens_backward(&call, at[8], at[9], at[10], at[11], &gradients)
      }
    }
  }
}
