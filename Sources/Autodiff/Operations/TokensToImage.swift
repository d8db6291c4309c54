import CKernels
public import Tensors

/// What tokens find in an image whose own tokens are keys and values.
///
///     y [B, R, C] = p · x,  p = softmax(q (x + positions)ᵀ) [B, R, N];  q [B, R, C], x [B, N, C], positions [N, C]
///     with δ = Σ_C y ⊙ dy per row:  ds = p ⊙ (dy xᵀ - δ),  dq = ds (x + positions),  dx = dsᵀ q + pᵀ dy
///
/// A head's projections of the image are folded into its queries and its result (`headProducts`), so the image is never
/// projected: with few tokens that is less work, and the gradients of the projections are the tokens' affair. The keys'
/// bias moves all scores of a row alike and so does nothing: its gradient is zero. Keeps q, x, y and p.
public func tokensToImage(
  _ q: Variable, _ x: Variable, positions: Tensor, keyBias: Variable
) -> Variable {
  precondition(
    q.shape.count == 3 && x.shape.count == 3 && q.shape[0] == x.shape[0]
      && q.shape[2] == x.shape[2] && positions.shape == Array(x.shape[1...]),
    "tokensToImage: q \(q.shape), x \(x.shape), positions \(positions.shape)")
  let shape = graft_tokens_to_image_shape(
    batch: q.shape[0], queries: q.shape[1], rows: x.shape[1], width: q.shape[2])
  let blocks = Int(graft_image_blocks(x.shape[1]))
  let (qValue, xValue) = (q.value, x.value)
  let made = Tensor.several(
    unfilled: [q.shape, [q.shape[0], q.shape[1] * x.shape[1]], [q.shape[0], blocks, q.shape[1]]]
  ) { to in
    withPointers(qValue, xValue, positions) {
      graft_tokens_to_image(shape, $0, $1, $2, to[0], to[1], to[2])
    }
  }.compactMap { $0 }
  let (wantsX, biasShape) = (x.wantsGradient, keyBias.shape)
  return Variable(made[0], inputs: [q, x, keyBias]) { dy in
    let gradients = Tensor.several(unfilled: [qValue.shape, wantsX ? xValue.shape : nil]) { to in
      withPointers([qValue, xValue, positions] + made + [dy]) {
        graft_tokens_to_image_backward(
          shape, $0[0], $0[1], $0[2], $0[3], $0[4], $0[5], $0[6], to[0], to[1])
      }
    }
    return gradients + [Tensor(zeros: biasShape)]
  }
}
