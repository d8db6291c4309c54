public import Autodiff
public import Checkpoints
public import Layers
public import Tensors

/// What the decoder says of B images or prompts: a mask and its expected quality for each mask token.
public struct MaskPrediction {
  /// The logits [B, T, 4g, 4g].
  public let masks: Variable
  /// The expected IoU of each mask, [B, T].
  public let iou: Variable

  /// The masks for an ambiguous prompt (every token but the first), or the one for an unambiguous prompt (the first).
  public func chosen(multimask: Bool) -> MaskPrediction {
    let range = multimask ? 1..<masks.shape[1] : 0..<1
    return MaskPrediction(
      masks: slice(masks, axis: 1, range), iou: slice(iou, axis: 1, range))
  }
}

/// Turns an image's embedding and prompts into masks, one for each mask token.
public final class MaskDecoder {
  /// The two-way transformer.
  public let transformer: TwoWayTransformer
  package let upscaling: OutputUpscaling
  package let hypernetworks: [MLP]
  private let qualityToken: Parameter
  private let maskTokens: Parameter
  private let qualityHead: MLP

  /// The mask token of an unambiguous prompt, [1, C].
  package var singleMaskToken: Variable { slice(maskTokens.variable, axis: 0, 0..<1) }

  /// Claims the decoder's tensors.
  public init(_ scope: Scope, _ sizes: Configuration) throws(CheckpointError) {
    transformer = try TwoWayTransformer(scope / "transformer", sizes)
    qualityToken = try (scope / "iou_token")("weight", 1, sizes.promptWidth)
    maskTokens = try (scope / "mask_tokens")("weight", sizes.maskTokens, sizes.promptWidth)
    upscaling = try OutputUpscaling(scope / "output_upscaling", width: sizes.promptWidth)
    var hypernetworks: [MLP] = []
    for token in 0..<sizes.maskTokens {
      hypernetworks.append(
        try MLP(
          scope / "output_hypernetworks_mlps" / token, widths: sizes.hypernetworkWidths,
          role: .hypernetwork))
    }
    self.hypernetworks = hypernetworks
    qualityHead = try MLP(
      scope / "iou_prediction_head", widths: sizes.qualityWidths, role: .quality)
  }

  /// The masks of all tokens, from the embeddings [B, g, g, C] of images, or of one image for all B prompts.
  ///
  /// `positions` [g, g, C] says where the image's tokens are, `guidance` what to look for.
  public func callAsFunction(
    embedding: Variable, positions: Tensor, prompts: PromptEncoding, classTokens: Variable? = nil,
    guidance: Guidance? = nil
  ) -> MaskPrediction {
    let (sides, width) = (Array(embedding.shape[1...2]), embedding.shape[3])
    let count = max(
      embedding.shape[0], prompts.sparse?.shape[0] ?? 1,
      prompts.dense.shape.count == 4 ? prompts.dense.shape[0] : 1)
    let image = add(repeatedImages(embedding, count), prompts.dense)
    let (tokens, keys) = transformer(
      tokens: tokens(count, prompts.sparse, classTokens ?? maskTokens.variable),
      image: reshape(image, [count, sides.product, width]),
      positions: Variable(positions.reshaped([sides.product, width])), guidance: guidance)
    let weights = maskWeights(
      slice(tokens, axis: 1, 1..<1 + (classTokens?.shape[0] ?? hypernetworks.count)),
      shared: classTokens != nil)
    let masks = upscaling.masks(reshape(keys, [count] + sides + [width]), weights: weights)
    let quality = qualityHead(reshape(slice(tokens, axis: 1, 0..<1), [count, width]))
    return MaskPrediction(masks: masks, iou: quality)
  }

  /// The weights [B, T, C / 8] of each mask, from the tokens [B, T, C] after the transformer.
  private func maskWeights(_ tokens: Variable, shared: Bool) -> Variable {
    if shared { return hypernetworks[0](tokens) }
    let weights = hypernetworks.enumerated().map { index, network in
      network(slice(tokens, axis: 1, index..<index + 1))
    }
    return concatenate(weights, axis: 1)
  }

  /// The decoder's own tokens before those of the prompts: [B, 1 + T + n, C].
  private func tokens(_ count: Int, _ sparse: Variable?, _ masks: Variable) -> Variable {
    let own = repeated(concatenate([qualityToken.variable, masks], axis: 0), count: count)
    guard let sparse else { return own }
    precondition(
      sparse.shape[0] == count,
      "MaskDecoder: \(sparse.shape[0]) prompts for \(count) images")
    return concatenate([own, sparse], axis: 1)
  }

  private func repeatedImages(_ embedding: Variable, _ count: Int) -> Variable {
    if embedding.shape[0] == count { return embedding }
    precondition(
      embedding.shape[0] == 1, "MaskDecoder: \(embedding.shape[0]) images for \(count) prompts")
    return reshape(
      repeated(embedding, count: count), [count] + embedding.shape.dropFirst())
  }
}

/// Brings the decoder's image tokens to four times the grid and an eighth of the width, where they become masks.
package struct OutputUpscaling {
  package let first: TransposedConvolution
  package let norm: LayerNorm
  package let second: TransposedConvolution

  init(_ scope: Scope, width: Int) throws(CheckpointError) {
    first = try TransposedConvolution(scope / 0, from: width, to: width / 4)
    norm = try LayerNorm(scope / 1, width: width / 4, epsilon: 1e-6)
    second = try TransposedConvolution(scope / 3, from: width / 4, to: width / 8)
  }

  /// The masks [B, K, 4g, 4g] of image tokens [B, g, g, C] for the masks' weights [B, K, C / 8].
  package func masks(_ x: Variable, weights: Variable) -> Variable {
    let parameters = UpscalingParameters(
      first: (first.weight.variable, first.bias.variable),
      norm: (norm.weight.variable, norm.bias.variable, norm.epsilon),
      second: (second.weight.variable, second.bias.variable))
    return upscaledMasks(x, parameters, weights: weights)
  }
}
