import CKernels
public import Tensors

/// What queries recall of a fixed memory: single-headed attention whose keys and values never learn.
///
///     y [N, V] = softmax(q kᵀ) v,  q [N, D], k [M, D], v [M, V]
///     with p the probabilities and δ = Σ_V y ⊙ dy per query:
///     dq = (p ⊙ (dy vᵀ - δ)) k
///
/// Scores live for a block of queries only; the way back computes them again from the kept logarithms of their sums. Keeps q
/// and y beside the memory. One thread computes it all, so that several images can be worked on side by side.
public func recalled(_ q: Variable, keys: Tensor, values: Tensor) -> Variable {
  precondition(
    q.shape.count == 2 && keys.shape.count == 2 && values.shape.count == 2
      && q.shape[1] == keys.shape[1] && keys.shape[0] == values.shape[0] && keys.shape[0] > 0,
    "recalled: q \(q.shape), keys \(keys.shape), values \(values.shape)")
  let shape = graft_recall_shape(
    queries: q.shape[0], keys: keys.shape[0], score_width: q.shape[1], value_width: values.shape[1])
  let queries = q.value
  var sums = Tensor(zeros: [q.shape[0]])
  let y = Tensor(unfilled: [q.shape[0], values.shape[1]]) { y in
    sums.withMutablePointer { sums in
      withPointers(queries, keys, values) { graft_recall(shape, $0, $1, $2, y, sums) }
    }
  }
  let logsums = sums
  return Variable(
    y,
    q.edge { dy in
      Tensor(unfilled: queries.shape) { dq in
        withPointers(queries, keys, values) { q, k, v in
          withPointers(y, logsums, dy) { graft_recall_backward(shape, q, k, v, $0, $1, $2, dq) }
        }
      }
    })
}
