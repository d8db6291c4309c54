import Foundation
public import Tensors

/// Multi-head attention whose probabilities a prior over the keys reweighs, heads side by side in the last axis.
///
///     y [B, Nq, C] = w v  per head of D = C / heads;  q [B, Nq, C], k and v [B, Nk, C], prior [Nk]
///     w = softmax(p + prior),  p = softmax(q kᵀ / √D)
///     dv = wᵀ dy,  with u = w ⊙ (dy vᵀ - Σ_k w ⊙ dy vᵀ) and s = p ⊙ (u - Σ_k p ⊙ u):
///     dq = s k / √D,  dk = sᵀ q / √D
///
/// The prior is a constant. A few queries are meant: the scores of all of them live at once. Keeps q, k, v, p and w.
/// Zhang et al., Personalize Segment Anything Model with One Shot (2023), section 3.2.
public func guidedAttention(
  _ q: Variable, _ k: Variable, _ v: Variable, heads: Int, prior: Tensor
) -> Variable {
  precondition(
    q.shape.count == 3 && k.shape == v.shape && k.shape.count == 3 && q.shape[0] == k.shape[0]
      && q.shape[2] == k.shape[2] && q.shape[2] % heads == 0 && prior.count == k.shape[1],
    "guidedAttention: q \(q.shape), k \(k.shape), v \(v.shape), prior \(prior.shape), \(heads) heads"
  )
  let scale = 1 / Float(q.shape[2] / heads).squareRoot()
  func parts(_ x: Tensor) -> [Tensor] {
    (0..<x.shape[0]).flatMap { image in
      let own = x.sliced(axis: 0, image..<image + 1).reshaped(Array(x.shape.dropFirst()))
      let width = x.shape[2] / heads
      return (0..<heads).map { own.sliced(axis: 1, $0 * width..<($0 + 1) * width) }
    }
  }
  func whole(_ parts: [Tensor]) -> Tensor {
    let images = stride(from: 0, to: parts.count, by: heads).map { first in
      let one = Tensor.concatenated(Array(parts[first..<first + heads]), axis: 1)
      return one.reshaped([1] + one.shape)
    }
    return Tensor.concatenated(images, axis: 0)
  }
  let (queries, keys, values) = (parts(q.value), parts(k.value), parts(v.value))
  let first = zip(queries, keys).map { $0.linear($1).scaled(by: scale).softmax }
  let second = first.map { $0.addingRow(prior).softmax }
  let y = whole(zip(second, values).map { $0.times($1) })
  let wanted = (q.wantsGradient, k.wantsGradient, v.wantsGradient)
  return Variable(y, inputs: [q, k, v]) { dy in
    let gradients = parts(dy)
    let scores = gradients.indices.map { head in
      let outer = second[head].softmaxGradient(gradients[head].linear(values[head]))
      return first[head].softmaxGradient(outer).scaled(by: scale)
    }
    return [
      wanted.0 ? whole(scores.indices.map { scores[$0].times(keys[$0]) }) : nil,
      wanted.1 ? whole(scores.indices.map { scores[$0].transposedTimes(queries[$0]) }) : nil,
      wanted.2 ? whole(scores.indices.map { second[$0].transposedTimes(gradients[$0]) }) : nil,
    ]
  }
}

extension Tensor {
  /// The probabilities of each row's scores.
  fileprivate var softmax: Tensor {
    var result = self
    result.withMutablePointer { base in
      for row in 0..<rows {
        let scores = base + row * width
        let largest = (0..<width).reduce(-Float.infinity) { max($0, scores[$1]) }
        var sum = 0.0
        for column in 0..<width {
          scores[column] = exp(scores[column] - largest)
          sum += Double(scores[column])
        }
        for column in 0..<width { scores[column] = Float(Double(scores[column]) / sum) }
      }
    }
    return result
  }

  /// The gradient of the scores, of which self are the probabilities, for that of the probabilities.
  fileprivate func softmaxGradient(_ gradient: Tensor) -> Tensor {
    Tensor(unfilled: shape) { to in
      withPointers(self, gradient) { p, g in
        for start in stride(from: 0, to: count, by: width) {
          let mean = (start..<start + width).reduce(0.0) { $0 + Double(p[$1]) * Double(g[$1]) }
          for place in start..<start + width { to[place] = p[place] * (g[place] - Float(mean)) }
        }
      }
    }
  }

  /// The rows with a row added to each.
  fileprivate func addingRow(_ row: Tensor) -> Tensor {
    Tensor(unfilled: shape) { to in
      withPointers(self, row) { x, y in
        for place in 0..<count { to[place] = x[place] + y[place % width] }
      }
    }
  }
}
