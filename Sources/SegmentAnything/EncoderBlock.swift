public import Autodiff
import Checkpoints
public import Layers
import Tensors

/// A block of the image encoder: attention and MLP, each after a norm and around a residual.
public struct EncoderBlock {
  /// The attention.
  public let attention: EncoderAttention
  /// The MLP.
  public let mlp: MLPBlock
  /// Where learned tokens join before the block.
  public let prompts: TokenSlot
  package let norm1: LayerNorm
  package let norm2: LayerNorm

  init(_ scope: Scope, _ sizes: Configuration, block: Int) throws(CheckpointError) {
    prompts = scope.tokenSlot(width: sizes.width)
    norm1 = try LayerNorm(scope / "norm1", width: sizes.width, epsilon: 1e-6)
    attention = try EncoderAttention(scope / "attn", sizes, window: sizes.window(ofBlock: block))
    norm2 = try LayerNorm(scope / "norm2", width: sizes.width, epsilon: 1e-6)
    mlp = try MLPBlock(
      scope / "mlp", width: sizes.width, hidden: sizes.mlpWidth, activation: .gelu)
  }

  /// The linear maps.
  var linears: [Linear] { [attention.qkv, attention.proj, mlp.lin1, mlp.lin2] }

  /// The block's output for tokens [1, h, w, C].
  public func callAsFunction(_ tokens: Variable) -> Variable {
    let attended = add(tokens, attention(norm1(tokens)))
    return add(attended, mlp(norm2(attended)))
  }

  /// The block's output for tokens [B, h, w, C] beside learned ones [B, n, C], and what becomes of these where wanted.
  ///
  /// Every image token, in whatever window, sees all learned tokens; a learned token sees all image tokens and learned
  /// ones, of all windows, without relative positions.
  public func callAsFunction(
    _ tokens: Variable, prompts: Variable, carrying: Bool
  ) -> (tokens: Variable, prompts: Variable?) {
    let joined = attention(norm1(tokens), prompts: norm1(prompts), carrying: carrying)
    func finished(_ x: Variable, _ attended: Variable) -> Variable {
      let sum = add(x, attended)
      return add(sum, mlp(norm2(sum)))
    }
    return (finished(tokens, joined.tokens), joined.prompts.map { finished(prompts, $0) })
  }
}

/// Attention over a grid of tokens or its windows, with tables of relative positions along both axes.
public struct EncoderAttention {
  /// The projection to queries, keys and values, in this order.
  public let qkv: Linear
  /// The projection of what was attended to.
  public let proj: Linear
  private let relativeHeight: Parameter
  private let relativeWidth: Parameter
  private let heads: Int
  private let window: Int

  init(_ scope: Scope, _ sizes: Configuration, window: Int) throws(CheckpointError) {
    let rows = 2 * (window == 0 ? sizes.grid : window) - 1
    relativeHeight = try scope("rel_pos_h", rows, sizes.width / sizes.heads)
    relativeWidth = try scope("rel_pos_w", rows, sizes.width / sizes.heads)
    qkv = try Linear(scope / "qkv", from: sizes.width, to: 3 * sizes.width, role: .attention)
    proj = try Linear(scope / "proj", from: sizes.width, to: sizes.width, role: .attention)
    heads = sizes.heads
    self.window = window
  }

  /// The attention's output for normalised tokens [1, h, w, C].
  public func callAsFunction(_ x: Variable) -> Variable {
    let isFrozen = qkv.weight.rounded.map { !$0.isForTraining } ?? false
    let attended = (isFrozen ? frozenImageAttention : imageAttention)(
      qkv(x), qkv.bias.variable,
      table(relativeHeight, side: window == 0 ? x.shape[1] : window),
      table(relativeWidth, side: window == 0 ? x.shape[2] : window), heads, window)
    return proj(attended)
  }

  /// The output for normalised tokens [B, h, w, C] beside learned ones [B, n, C], and that of these where wanted.
  func callAsFunction(
    _ x: Variable, prompts: Variable, carrying: Bool
  ) -> (tokens: Variable, prompts: Variable?) {
    let (own, learned) = (qkv(x), qkv(prompts))
    let attended = promptedAttention(
      own, bias: qkv.bias.variable,
      relativeHeight: table(relativeHeight, side: window == 0 ? x.shape[1] : window),
      relativeWidth: table(relativeWidth, side: window == 0 ? x.shape[2] : window),
      prompts: learned, heads: heads, window: window)
    guard carrying else { return (proj(attended), nil) }
    let image = reshape(own, [x.shape[0], x.shape[1] * x.shape[2], own.shape[3]])
    let all = concatenate([image, learned], axis: 1)
    func third(_ x: Variable, _ index: Int) -> Variable {
      slice(x, axis: 2, index * x.shape[2] / 3..<(index + 1) * x.shape[2] / 3)
    }
    let seen = Autodiff.attention(third(learned, 0), third(all, 1), third(all, 2), heads: heads)
    return (proj(attended), proj(seen))
  }

  /// A table [2s - 1, D] for a side s, by linear interpolation where the model's own side is another.
  private func table(_ parameter: Parameter, side: Int) -> Variable {
    resized(parameter.variable, axis: 0, to: 2 * side - 1)
  }
}
