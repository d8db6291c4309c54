import Foundation
import Tensors

/// The attention of SAM's image encoder over an image's tokens and learned ones, which every window sees.
///
///     qkv [B, H, W, 3C], bias [3C], tables [2 · side - 1, D], prompts [B, n, 3C] to y [B, H, W, C]
///     score(i, j) of image tokens as in `imageAttention`, of an image token and a prompt q_i · k_j / √D
///
/// One softmax runs over the tokens of the window and all n prompts; a prompt has no relative position. The prompts'
/// queries, the first thirds, are not used and get no gradient. On the way back both parts of the softmax are computed from its common
/// sum: with L its logarithm and δ = Σ_D y ⊙ dy, p = exp(score - L) and dscore = p (dy · v - δ). Keeps qkv, prompts and y.
/// Jia et al., Visual Prompt Tuning (2022), section 3.2, for windows as said here.
public func promptedAttention(
  _ qkv: Variable, bias: Variable, relativeHeight: Variable, relativeWidth: Variable,
  prompts: Variable, heads: Int, window: Int
) -> Variable {
  precondition(
    prompts.shape.count == 3 && prompts.shape[0] == qkv.shape[0]
      && prompts.shape[2] == qkv.shape[3],
    "promptedAttention: prompts \(prompts.shape) for qkv \(qkv.shape)")
  let work = ImageAttentionWork(
    qkv, bias, relativeHeight, relativeWidth, heads: heads, window: window)
  let part = PromptPart(qkv: qkv.value, prompts: prompts.value, heads: heads)
  var (results, sums) = work.results()
  part.join(&results, &sums)
  let (y, logsums) = (results, sums)
  return Variable(y, inputs: [qkv, prompts, bias, relativeHeight, relativeWidth]) { dy in
    var (dqkv, dothers) = work.gradients(y, logsums, dy)
    let dprompts = part.gradients(y, logsums, dy, addingTo: &dqkv)
    return [dqkv, dprompts] + dothers
  }
}

/// The prompts' part of the softmax, head by head.
private struct PromptPart {
  let qkv: Tensor
  let prompts: Tensor
  let heads: Int

  private var images: Int { qkv.shape[0] }
  private var tokens: Int { qkv.shape[1] * qkv.shape[2] }
  private var count: Int { prompts.shape[1] }
  private var channels: Int { qkv.shape[3] / 3 }
  private var width: Int { channels / heads }
  /// Scores are to the base 2, as the sums of `imageAttention` are.
  private var scale: Float { Float(M_LOG2E) / Float(width).squareRoot() }

  /// The score, to the base 2, of the queries at `query` and the keys at `key`.
  private func score(_ query: UnsafePointer<Float>, _ key: UnsafePointer<Float>) -> Float {
    scale * dot(query, key)
  }

  private func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>) -> Float {
    var sum: Float = 0
    for d in 0..<width { sum += a[d] * b[d] }
    return sum
  }

  /// Joins the prompts to the image's results y [B, H, W, C] and logarithms of sums [B, heads, H, W].
  func join(_ y: inout Tensor, _ sums: inout Tensor) {
    y.withMutablePointer { y in
      sums.withMutablePointer { sums in
        withPointers(qkv, prompts) { qkv, prompts in
          parallel(images * heads) { index in
            joinHead(index, y, sums, qkv, prompts)
          }
        }
      }
    }
  }

  private func joinHead(
    _ index: Int, _ y: UnsafeMutablePointer<Float>, _ sums: UnsafeMutablePointer<Float>,
    _ qkv: UnsafePointer<Float>, _ prompts: UnsafePointer<Float>
  ) {
    let (image, first) = (index / heads, index % heads * width)
    var scores = [Float](repeating: 0, count: count)
    for token in 0..<tokens {
      let at = image * tokens + token
      let query = qkv + at * 3 * channels + first
      let before = sums[index * tokens + token]
      var highest = before
      for prompt in 0..<count {
        let row = prompts + (image * count + prompt) * 3 * channels + first
        scores[prompt] = score(query, row + channels)
        highest = max(highest, scores[prompt])
      }
      let total =
        highest
        + log2(scores.reduce(exp2(before - highest)) { $0 + exp2($1 - highest) })
      sums[index * tokens + token] = total
      let result = y + at * channels + first
      let kept = exp2(before - total)
      for d in 0..<width { result[d] *= kept }
      for prompt in 0..<count {
        let value = prompts + (image * count + prompt) * 3 * channels + 2 * channels + first
        let share = exp2(scores[prompt] - total)
        for d in 0..<width { result[d] += share * value[d] }
      }
    }
  }

  /// The gradient of the prompts [B, n, 3C]; what the queries get from the prompts' scores is added to `dqkv`.
  func gradients(
    _ y: Tensor, _ sums: Tensor, _ dy: Tensor, addingTo dqkv: inout Tensor
  ) -> Tensor {
    var dprompts = Tensor(zeros: prompts.shape)
    dqkv.withMutablePointer { dqkv in
      dprompts.withMutablePointer { dprompts in
        withPointers([qkv, prompts, y, sums, dy]) { given in
          parallel(images * heads) { index in pullBackHead(index, given, dqkv, dprompts) }
        }
      }
    }
    return dprompts
  }

  private func pullBackHead(
    _ index: Int, _ given: [UnsafePointer<Float>], _ dqkv: UnsafeMutablePointer<Float>,
    _ dprompts: UnsafeMutablePointer<Float>
  ) {
    let (qkv, prompts, y, sums, dy) = (given[0], given[1], given[2], given[3], given[4])
    let (image, first) = (index / heads, index % heads * width)
    let unscaled = 1 / Float(width).squareRoot()
    for token in 0..<tokens {
      let at = image * tokens + token
      let query = qkv + at * 3 * channels + first
      let dquery = dqkv + at * 3 * channels + first
      let cotangent = dy + at * channels + first
      let delta = dot(cotangent, y + at * channels + first)
      for prompt in 0..<count {
        let place = (image * count + prompt) * 3 * channels + first
        let (key, value) = (prompts + place + channels, prompts + place + 2 * channels)
        let (dkey, dvalue) = (dprompts + place + channels, dprompts + place + 2 * channels)
        let share = exp2(score(query, key) - sums[index * tokens + token])
        let dscore = share * (dot(cotangent, value) - delta) * unscaled
        for d in 0..<width {
          dquery[d] += dscore * key[d]
          dkey[d] += dscore * query[d]
          dvalue[d] += share * cotangent[d]
        }
      }
    }
  }
}
