import CKernels
import Tensors

/// The parameters of SAM's output upscaling, as the checkpoint has them.
public struct UpscalingParameters {
  let all: [Variable]
  let epsilon: Float

  /// Two transposed convolutions, weights [C, M, 2, 2] and [M, O, 2, 2], with a layer norm of M channels between them.
  public init(
    first: (weight: Variable, bias: Variable),
    norm: (weight: Variable, bias: Variable, epsilon: Float),
    second: (weight: Variable, bias: Variable)
  ) {
    all = [first.weight, first.bias, norm.weight, norm.bias, second.weight, second.bias]
    epsilon = norm.epsilon
  }
}

/// The masks of an image: its tokens upscaled and multiplied by each mask's weights.
///
///     x [B, H, W, C], weights [B, K, O] to y [B, K, 4H, 4W]
///     a = GELU(norm(transposed convolution of x)) [2H, 2W, M],  v = transposed convolution of a [4H, 4W, O]
///     y_k = Σ_O weights_k ⊙ GELU(v);  a transposed convolution makes each pixel a block of 2 × 2: b = x · w + bias
///
/// The pixels stay in blocks, strip by strip, until they are masks: neither a nor v is ever whole. Keeps x and x · w of the
/// first convolution; the way back computes the rest again. The convolutions' matrices [C, 4M] have the order (row,
/// column, channel). Kirillov et al., Segment Anything (2023), appendix A.
public func upscaledMasks(
  _ x: Variable, _ parameters: UpscalingParameters, weights: Variable
) -> Variable {
  let (b, h, w, c) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3])
  let (first, second) = (parameters.all[0].shape, parameters.all[4].shape)
  precondition(
    x.shape.count == 4 && first[0] == c && second[0] == first[1] && first[2...] == [2, 2]
      && second[2...] == [2, 2] && weights.shape.count == 3 && weights.shape[0] == b
      && weights.shape[2] == second[1],
    "upscaledMasks: x \(x.shape), \(first) and \(second), weights \(weights.shape)")
  var given = [x.value] + parameters.all.map(\.value) + [weights.value]
  given[1] = blockOrder(given[1])
  given[5] = blockOrder(given[5])
  let (kept, masks) = (given, weights.shape[1])
  func call(_ at: [UnsafePointer<Float>]) -> graft_upscaling {
    graft_upscaling(
      batch: b, rows: h, columns: w, width: c, middle: first[1], outer: second[1], count: masks,
      epsilon: parameters.epsilon, x: at[0], first: at[1], first_bias: at[2], norm_weight: at[3],
      norm_bias: at[4], second: at[5], second_bias: at[6], masks: at[7])
  }
  let made = Tensor.several(
    unfilled: [[b, masks, 4 * h, 4 * w], [b, h, w, 4 * first[1]]]
  ) { to in
    withPointers(kept) { at in
      var call = call(at)
      graft_upscaled_masks(&call, to[0], to[1])
    }
  }.compactMap { $0 }
  let (u, wantsX) = (made[1], x.wantsGradient)
  let learns = parameters.all.contains(where: \.wantsGradient)
  return Variable(made[0], inputs: [x] + parameters.all + [weights]) { dy in
    var gradients = Tensor.several(
      unfilled: kept.indices.map { index in
        (index == 0 ? wantsX : learns || index == 7) ? kept[index].shape : nil
      }
    ) { to in
      withPointers(kept + [u, dy]) { at in
        var call = call(at)
        var gradients = graft_upscaling_gradients(
          dx: to[0], dfirst: to[1], dfirst_bias: to[2], dnorm_weight: to[3], dnorm_bias: to[4],
          dsecond: to[5], dsecond_bias: to[6], dmasks: to[7])
        graft_upscaled_masks_backward(&call, at[8], at[9], &gradients)
      }
    }
    gradients[1] = gradients[1].map { kernelOrder($0, first) }
    gradients[5] = gradients[5].map { kernelOrder($0, second) }
    return gradients
  }
}

/// A transposed convolution's weight [C, O, 2, 2] as the matrix [C, 4 · O] of its blocks.
private func blockOrder(_ weight: Tensor) -> Tensor {
  let (c, o) = (weight.shape[0], weight.shape[1])
  return weight.reshaped([c, o, 4]).swappingAxes(1).reshaped([c, 4 * o])
}

/// The matrix's gradient as that of the weight.
private func kernelOrder(_ matrix: Tensor, _ shape: [Int]) -> Tensor {
  matrix.reshaped([shape[0], 4, shape[1]]).swappingAxes(1).reshaped(shape)
}
