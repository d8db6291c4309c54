import CKernels
import Tensors

/// Multi-head attention, heads side by side in the last axis.
///
///     y [B, Nq, C] = softmax(q kᵀ / √D) v  per head of D = C / heads;  q [B, Nq, C], k and v [B, Nk, C]
///     with p the probabilities and δ = Σ_D y ⊙ dy per query:
///     dv = pᵀ dy,  ds = p ⊙ (dy vᵀ - δ),  dq = ds k / √D,  dk = dsᵀ q / √D
///
/// Scores live for a block of queries of one head only; the way back computes them again from the kept
/// logarithms of their sums. Keeps q, k, v and y. Vaswani et al. (2017), section 3.2.
public func attention(_ q: Variable, _ k: Variable, _ v: Variable, heads: Int) -> Variable {
  precondition(
    q.shape.count == 3 && k.shape == v.shape && k.shape.count == 3 && q.shape[0] == k.shape[0]
      && q.shape[2] == k.shape[2] && q.shape[2] % heads == 0,
    "attention: q \(q.shape), k \(k.shape), v \(v.shape), \(heads) heads")
  let shape = graft_attention_shape(
    batch: q.shape[0], heads: heads, queries: q.shape[1], keys: k.shape[1],
    width: q.shape[2] / heads)
  let (qValue, kValue, vValue) = (q.value, k.value, v.value)
  var sums = Tensor(zeros: [q.shape[0], heads, q.shape[1]])
  let y = Tensor(unfilled: q.shape) { y in
    sums.withMutablePointer { sums in
      withPointers(qValue, kValue, vValue) { graft_attention(shape, $0, $1, $2, y, sums) }
    }
  }
  let logsums = sums
  let wanted = (q.wantsGradient, k.wantsGradient, v.wantsGradient)
  return Variable(y, inputs: [q, k, v]) { dy in
    var dq = wanted.0 ? Tensor(zeros: qValue.shape) : nil
    var dk = wanted.1 ? Tensor(zeros: kValue.shape) : nil
    var dv = wanted.2 ? Tensor(zeros: vValue.shape) : nil
    withMutablePointer(&dq) { dq in
      withMutablePointer(&dk) { dk in
        withMutablePointer(&dv) { dv in
          withPointers(qValue, kValue, vValue) { q, k, v in
            withPointers(y, logsums, dy) {
              graft_attention_backward(shape, q, k, v, $0, $1, $2, dq, dk, dv)
            }
          }
        }
      }
    }
    return [dq, dk, dv]
  }
}
