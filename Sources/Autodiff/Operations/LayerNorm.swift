import CKernels
import Tensors

/// The layer norm of the last axis: that of tokens and, in channel-last layout, SAM's LayerNorm2d.
///
///     y  [..., C] = n ⊙ weight + bias,  n = (x - mean x) · r,  r = 1 / √(variance x + ε)
///     dx [..., C] = r · (g - mean g - n · mean(g ⊙ n)),  g = dy ⊙ weight
///     dweight [C] = Σ_rows dy ⊙ n,  dbias [C] = Σ_rows dy
///
/// Keeps x and each row's mean and r. Ba, Kiros, Hinton (2016).
public func layerNorm(
  _ x: Variable, _ weight: Variable, _ bias: Variable, epsilon: Float
) -> Variable {
  let (value, rows, width) = (x.value, x.value.rows, x.value.width)
  precondition(
    weight.shape == [width] && bias.shape == [width],
    "layerNorm: x \(x.shape), weight \(weight.shape), bias \(bias.shape)")
  var means = Tensor(zeros: [rows])
  var inverses = Tensor(zeros: [rows])
  let y = Tensor(unfilled: x.shape) { y in
    means.withMutablePointer { means in
      inverses.withMutablePointer { inverses in
        withPointers(value, weight.value, bias.value) { x, weight, bias in
          graft_layer_norm(y, means, inverses, x, weight, bias, epsilon, rows, width)
        }
      }
    }
  }
  let (keptMeans, keptInverses, weightValue) = (means, inverses, weight.value)
  let (wantsX, wantsParameters) = (x.wantsGradient, weight.wantsGradient || bias.wantsGradient)
  return Variable(y, inputs: [x, weight, bias]) { dy in
    let dx =
      wantsX
      ? Tensor(unfilled: value.shape) { dx in
        withPointers(dy, value) { dy, x in
          withPointers(keptMeans, keptInverses, weightValue) {
            graft_layer_norm_backward(dx, dy, x, $0, $1, $2, rows, width)
          }
        }
      } : nil
    guard wantsParameters else { return [dx, nil, nil] }
    var dbias = Tensor(zeros: [width])
    let dweight = Tensor(unfilled: [width]) { dweight in
      dbias.withMutablePointer { dbias in
        withPointers(dy, value, keptMeans, keptInverses) {
          graft_layer_norm_backward_parameters(dweight, dbias, $0, $1, $2, $3, rows, width)
        }
      }
    }
    return [dx, dweight, dbias]
  }
}
