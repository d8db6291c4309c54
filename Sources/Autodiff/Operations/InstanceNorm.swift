import CKernels
import Tensors

/// The norm of each channel of each image over its pixels, and the leaky rectifier that follows it.
///
///     y  [B, H, W, C] = leaky(z),  z = n ⊙ weight + bias,  n = (x - mean) · r,  r = 1 / √(variance + ε)
///     leaky(z) = z above 0, slope · z elsewhere: with slope 1 the norm alone
///     g = dy, times slope where z ≤ 0;  dx = r · weight · (g - mean g - n · mean(g ⊙ n)),  means over an image's pixels
///     dweight [C] = Σ g ⊙ n,  dbias [C] = Σ g
///
/// Keeps x and each channel's mean and r. Ulyanov, Vedaldi, Lempitsky, Instance Normalization (2016).
public func instanceNorm(
  _ x: Variable, _ weight: Variable, _ bias: Variable, epsilon: Float, slope: Float = 1
) -> Variable {
  let (b, h, w, c) = x.value.imageExtents("instanceNorm")
  precondition(
    weight.shape == [c] && bias.shape == [c],
    "instanceNorm: x \(x.shape), weight \(weight.shape), bias \(bias.shape)")
  let shape = graft_instance_norm_shape(batch: b, pixels: h * w, channels: c)
  let (value, weightValue, biasValue) = (x.value, weight.value, bias.value)
  var moments = Tensor(zeros: [2, b, c])
  let y = Tensor(unfilled: x.shape) { y in
    moments.withMutablePointer { moments in
      withPointers(value, weightValue, biasValue) {
        graft_instance_norm(y, moments, moments + b * c, $0, $1, $2, epsilon, slope, shape)
      }
    }
  }
  let (kept, wantsX) = (moments, x.wantsGradient)
  return Variable(y, inputs: [x, weight, bias]) { dy in
    var dx = wantsX ? Tensor(zeros: value.shape) : nil
    var dbias = Tensor(zeros: [c])
    let dweight = Tensor(unfilled: [c]) { dweight in
      withMutablePointer(&dx) { dx in
        dbias.withMutablePointer { dbias in
          withPointers([dy, value, kept, weightValue, biasValue]) {
            graft_instance_norm_backward(
              dx, dweight, dbias, $0[0], $0[1], $0[2], $0[2] + b * c, $0[3], $0[4], slope, shape)
          }
        }
      }
    }
    return [dx, dweight, dbias]
  }
}
