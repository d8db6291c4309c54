public import Autodiff
import Checkpoints
public import Layers
public import Tensors

/// Attention with projections to an inner width, as the mask decoder uses it.
public struct Attention {
  /// The projection of the queries.
  public let qProj: Linear
  /// The projection of the keys.
  public let kProj: Linear
  /// The projection of the values.
  public let vProj: Linear
  /// The projection back to the decoder's width.
  public let outProj: Linear
  private let heads: Int

  init(_ scope: Scope, width: Int, inner: Int, heads: Int) throws(CheckpointError) {
    qProj = try Linear(scope / "q_proj", from: width, to: inner, role: .attention)
    kProj = try Linear(scope / "k_proj", from: width, to: inner, role: .attention)
    vProj = try Linear(scope / "v_proj", from: width, to: inner, role: .attention)
    outProj = try Linear(scope / "out_proj", from: inner, to: width, role: .attention)
    self.heads = heads
  }

  /// What the queries [B, Nq, C] find among keys and values [B, Nk, C]: [B, Nq, C].
  public func callAsFunction(
    queries: Variable, keys: Variable, values: Variable
  ) -> Variable {
    outProj(attention(qProj(queries), kProj(keys), vProj(values), heads: heads))
  }

  /// With up to this many tokens the heads' projections of the image are better folded into the tokens' side.
  private static let fewTokens = 20

  /// What the tokens [B, T, C] find in the image [B, N, C], whose keys have `positions` [N, C] added.
  ///
  /// A prior [N] reweighs where they look.
  package func found(
    by tokens: Variable, in image: Variable, positions: Variable, prior: Tensor? = nil
  ) -> Variable {
    if let prior {
      let keys = kProj(add(image, positions))
      return outProj(guidedAttention(qProj(tokens), keys, vProj(image), heads: heads, prior: prior))
    }
    guard tokens.shape[1] <= Attention.fewTokens else {
      return self(queries: tokens, keys: add(image, positions), values: image)
    }
    let queries = headProducts(qProj(tokens), kProj.matrix, heads: heads, scale: scale)
    let rows = tokensToImage(
      queries, image, positions: positions.value, keyBias: kProj.bias.variable)
    let results = headResults(rows, vProj.matrix, heads: heads)
    return outProj(add(results, vProj.bias.variable))
  }

  /// The image [B, N, C] after looking at the tokens, with residual and norm.
  ///
  /// The image's queries have `positions` [N, C] added; the tokens' keys are `keys`, their values `values`, both [B, T, C].
  package func told(
    _ image: Variable, positions: Variable, keys: Variable, values: Variable, norm: LayerNorm
  ) -> Variable {
    guard keys.shape[1] <= Attention.fewTokens else {
      let told = self(queries: add(image, positions), keys: keys, values: values)
      return norm(add(image, told))
    }
    let heard = kProj(keys)
    let bias = reshape(qProj.bias.variable, [qProj.bias.shape[0], 1])
    return imageToTokens(
      image, positions: positions.value,
      keys: headProducts(heard, qProj.matrix, heads: heads, scale: scale),
      offsets: headProducts(heard, bias, heads: heads, scale: scale),
      values: headProducts(vProj(values), outProj.matrix, heads: heads, transposing: true),
      bias: outProj.bias.variable, heads: heads,
      norm: (norm.weight.variable, norm.bias.variable, norm.epsilon))
  }

  /// 1 / √D for a head's width D.
  private var scale: Float { 1 / Float(qProj.slot.outputs / heads).squareRoot() }
}

/// The mask decoder's transformer: tokens look at the image, the image looks at the tokens.
public struct TwoWayTransformer {
  /// The blocks.
  public let layers: [TwoWayAttentionBlock]
  /// The last look of the tokens at the image.
  public let finalAttention: Attention
  private let finalNorm: LayerNorm

  init(_ scope: Scope, _ sizes: Configuration) throws(CheckpointError) {
    var layers: [TwoWayAttentionBlock] = []
    for layer in 0..<sizes.decoderDepth {
      layers.append(
        try TwoWayAttentionBlock(
          scope / "layers" / layer, sizes, addsPositionsToItself: layer > 0))
    }
    self.layers = layers
    finalAttention = try Attention(
      scope / "final_attn_token_to_image", width: sizes.promptWidth, inner: sizes.crossWidth,
      heads: sizes.decoderHeads)
    finalNorm = try LayerNorm(
      scope / "norm_final_attn", width: sizes.promptWidth, epsilon: 1e-5)
  }

  /// The tokens [B, T, C] and the image [B, N, C] after all blocks; `positions` is [N, C].
  ///
  /// A target is added to the tokens before each block, to their positions, and before the last look.
  public func callAsFunction(
    tokens: Variable, image: Variable, positions: Variable, guidance: Guidance? = nil
  ) -> (tokens: Variable, image: Variable) {
    func aimed(_ tokens: Variable) -> Variable {
      guidance.map { add(tokens, Variable($0.target)) } ?? tokens
    }
    let tokens = aimed(tokens)
    var queries = tokens
    var keys = image
    for (index, layer) in layers.enumerated() {
      (queries, keys) = layer(
        queries: index == 0 ? queries : aimed(queries), keys: keys, queryPositions: tokens,
        keyPositions: positions, prior: guidance?.prior)
    }
    let attended = finalAttention.found(
      by: aimed(add(queries, tokens)), in: keys, positions: positions)
    return (finalNorm(add(queries, attended)), keys)
  }
}

/// One block: self-attention of the tokens, a look at the image, an MLP, and the image's look back.
public struct TwoWayAttentionBlock {
  package let selfAttention: Attention
  package let tokenToImage: Attention
  package let imageToToken: Attention
  package let norm1: LayerNorm
  package let norm2: LayerNorm
  package let norm3: LayerNorm
  package let norm4: LayerNorm
  package let mlp: MLPBlock
  private let addsPositionsToItself: Bool

  init(
    _ scope: Scope, _ sizes: Configuration, addsPositionsToItself: Bool
  ) throws(CheckpointError) {
    let width = sizes.promptWidth
    selfAttention = try Attention(
      scope / "self_attn", width: width, inner: width, heads: sizes.decoderHeads)
    norm1 = try LayerNorm(scope / "norm1", width: width, epsilon: 1e-5)
    tokenToImage = try Attention(
      scope / "cross_attn_token_to_image", width: width, inner: sizes.crossWidth,
      heads: sizes.decoderHeads)
    norm2 = try LayerNorm(scope / "norm2", width: width, epsilon: 1e-5)
    mlp = try MLPBlock(
      scope / "mlp", width: width, hidden: sizes.decoderMLPWidth, activation: .relu)
    norm3 = try LayerNorm(scope / "norm3", width: width, epsilon: 1e-5)
    norm4 = try LayerNorm(scope / "norm4", width: width, epsilon: 1e-5)
    imageToToken = try Attention(
      scope / "cross_attn_image_to_token", width: width, inner: sizes.crossWidth,
      heads: sizes.decoderHeads)
    self.addsPositionsToItself = addsPositionsToItself
  }

  /// The tokens [B, T, C] and the image [B, N, C] after the block.
  ///
  /// The first block's tokens are their own positions: it adds none, and has no residual around its self-attention. A
  /// prior [N] reweighs where the tokens look.
  public func callAsFunction(
    queries: Variable, keys: Variable, queryPositions: Variable, keyPositions: Variable,
    prior: Tensor? = nil
  ) -> (queries: Variable, keys: Variable) {
    var tokens = norm1(attendingToThemselves(queries, positions: queryPositions))
    let found = tokenToImage.found(
      by: add(tokens, queryPositions), in: keys, positions: keyPositions, prior: prior)
    tokens = norm2(add(tokens, found))
    tokens = norm3(add(tokens, mlp(tokens)))
    let image = imageToToken.told(
      keys, positions: keyPositions, keys: add(tokens, queryPositions), values: tokens,
      norm: norm4)
    return (tokens, image)
  }

  private func attendingToThemselves(_ queries: Variable, positions: Variable) -> Variable {
    guard addsPositionsToItself else {
      return selfAttention(queries: queries, keys: queries, values: queries)
    }
    let placed = add(queries, positions)
    return add(queries, selfAttention(queries: placed, keys: placed, values: queries))
  }
}
