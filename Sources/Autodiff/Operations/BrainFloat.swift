import CKernels
public import Tensors

/// A frozen matrix for products in bfloat16.
public struct FrozenMatrix: Sendable {
  /// The matrix [N, K].
  let matrix: BrainFloatMatrix
  /// Its transpose, by which gradients pass; nil where none will.
  let transpose: BrainFloatMatrix?

  /// Rounds w [N, K], for training its transpose too.
  public init(_ w: Tensor, forTraining: Bool) {
    matrix = BrainFloatMatrix(w)
    transpose = forTraining ? BrainFloatMatrix(w, transposed: true) : nil
  }

  /// Whether gradients can pass.
  public var isForTraining: Bool { transpose != nil }
}

/// The affine map of the last axis by a frozen matrix, factors rounded to bfloat16 on both ways.
///
///     y  [..., N] = x [..., K] · weightᵀ + bias,  weight [N, K], bias [N]
///     dx [..., K] = dy · weight,  dbias = Σ_rows dy
public func linear(_ x: Variable, _ weight: FrozenMatrix, _ bias: Variable) -> Variable {
  Variable(
    x.value.linear(weight.matrix, bias.value),
    x.edge { dy in
      guard let transpose = weight.transpose else {
        preconditionFailure("linear: the frozen matrix was not rounded for training")
      }
      return dy.linear(transpose)
    },
    bias.edge { dy in dy.summed(keepingLast: 1) })
}

/// A frozen MLP with GELU, factors rounded to bfloat16, through which no gradient passes.
///
///     y [..., K] = gelu(x [..., K] · w1ᵀ + bias1) · w2ᵀ + bias2
public func frozenMLP(
  _ x: Variable, _ w1: FrozenMatrix, _ bias1: Variable, _ w2: FrozenMatrix, _ bias2: Variable
) -> Variable {
  precondition(!x.wantsGradient, "frozenMLP: no gradient passes")
  return Variable(x.value.mlp(w1.matrix, bias1.value, w2.matrix, bias2.value))
}

/// `imageAttention` with its products in bfloat16, the softmax in single precision, through which no gradient passes.
public func frozenImageAttention(
  _ qkv: Variable, bias: Variable, relativeHeight: Variable, relativeWidth: Variable, heads: Int,
  window: Int
) -> Variable {
  precondition(!qkv.wantsGradient, "frozenImageAttention: no gradient passes")
  let shape = graft_image_attention_shape(
    checked: qkv, bias, relativeHeight, relativeWidth, heads: heads, window: window)
  return Variable(
    Tensor(unfilled: qkv.shape.dropLast() + [shape.heads * shape.width]) { y in
      withPointers(qkv.value, bias.value, relativeHeight.value, relativeWidth.value) {
        graft_bf16_image_attention(shape, $0, $1, $2, $3, y)
      }
    })
}
