import CKernels
import Tensors

/// The attention of SAM's image encoder, with decomposed relative position and optional windows.
///
///     qkv [B, H, W, 3C], bias [3C], tables [2 · side - 1, D] to y [B, H, W, C],  D = C / heads
///     score(i, j) = q_i · k_j / √D + q_i · Rh[row i - row j + side - 1] + q_i · Rw[column i - column j + side - 1]
///
/// `window` 0 attends over the whole grid (side: H and W); otherwise over windows of `window` tokens a side, the
/// grid padded to a multiple. SAM pads with zeros after the norm, so a padding token's key and value are those
/// thirds of `bias`; its query is never needed. Keeps qkv and y; scores are computed again on the way back.
/// Li et al., MViTv2 (2022), section 4.1; segment_anything's image_encoder.py.
public func imageAttention(
  _ qkv: Variable, bias: Variable, relativeHeight: Variable, relativeWidth: Variable, heads: Int,
  window: Int
) -> Variable {
  let work = ImageAttentionWork(
    qkv, bias, relativeHeight, relativeWidth, heads: heads, window: window)
  let (y, logsums) = work.results()
  return Variable(y, inputs: [qkv, bias, relativeHeight, relativeWidth]) { dy in
    let (dqkv, dothers) = work.gradients(y, logsums, dy)
    return [dqkv] + dothers
  }
}

/// Both ways through the attention of an image's own tokens.
struct ImageAttentionWork {
  private let shape: graft_image_attention_shape
  private let qkv: Tensor
  private let others: (bias: Tensor, height: Tensor, width: Tensor)
  private let wanted: (bias: Bool, height: Bool, width: Bool)

  /// The attention of operands that fit together.
  init(
    _ qkv: Variable, _ bias: Variable, _ relativeHeight: Variable, _ relativeWidth: Variable,
    heads: Int, window: Int
  ) {
    shape = graft_image_attention_shape(
      checked: qkv, bias, relativeHeight, relativeWidth, heads: heads, window: window)
    self.qkv = qkv.value
    others = (bias.value, relativeHeight.value, relativeWidth.value)
    wanted = (bias.wantsGradient, relativeHeight.wantsGradient, relativeWidth.wantsGradient)
  }

  /// What was attended to [B, H, W, C], and the logarithms, to the base 2, of the scores' sums [B, heads, H, W].
  func results() -> (y: Tensor, logsums: Tensor) {
    var sums = Tensor(zeros: [qkv.shape[0], shape.heads, shape.rows, shape.columns])
    let y = Tensor(unfilled: qkv.shape.dropLast() + [shape.heads * shape.width]) { y in
      sums.withMutablePointer { sums in
        withPointers(qkv, others.bias, others.height, others.width) {
          graft_image_attention(shape, $0, $1, $2, $3, y, sums)
        }
      }
    }
    return (y, sums)
  }

  /// The gradients of qkv, and of bias and tables as far as they are wanted, for y and sums of the whole softmax.
  func gradients(
    _ y: Tensor, _ logsums: Tensor, _ dy: Tensor
  ) -> (qkv: Tensor, others: [Tensor?]) {
    var dbias = wanted.bias ? Tensor(zeros: others.bias.shape) : nil
    var dheight = wanted.height ? Tensor(zeros: others.height.shape) : nil
    var dwidth = wanted.width ? Tensor(zeros: others.width.shape) : nil
    let dqkv = Tensor(unfilled: qkv.shape) { dqkv in
      withMutablePointer(&dbias) { dbias in
        withMutablePointer(&dheight) { dheight in
          withMutablePointer(&dwidth) { dwidth in
            withPointers(qkv, others.bias, others.height, others.width) {
              qkv, bias, height, width in
              withPointers(y, logsums, dy) {
                graft_image_attention_backward(
                  shape, qkv, bias, height, width, $0, $1, $2, dqkv, dbias, dheight, dwidth)
              }
            }
          }
        }
      }
    }
    return (dqkv, [dbias, dheight, dwidth])
  }
}

extension graft_image_attention_shape {
  /// The shape of an image attention whose operands fit together.
  init(
    checked qkv: Variable, _ bias: Variable, _ relativeHeight: Variable, _ relativeWidth: Variable,
    heads: Int, window: Int
  ) {
    let (rows, columns, channels) = (qkv.shape[1], qkv.shape[2], qkv.shape[3] / 3)
    let sides = window == 0 ? (rows, columns) : (window, window)
    precondition(
      qkv.shape.count == 4 && channels % heads == 0 && bias.shape == [3 * channels]
        && relativeHeight.shape == [2 * sides.0 - 1, channels / heads]
        && relativeWidth.shape == [2 * sides.1 - 1, channels / heads],
      """
      imageAttention: qkv \(qkv.shape), bias \(bias.shape), tables \(relativeHeight.shape) and \
      \(relativeWidth.shape), \(heads) heads, window \(window)
      """)
    self.init(
      batch: qkv.shape[0], rows: rows, columns: columns, heads: heads, width: channels / heads,
      window: window)
  }
}
