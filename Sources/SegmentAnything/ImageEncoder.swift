public import Autodiff
public import Checkpoints
public import Layers
public import Tensors

/// The vision transformer that turns an image into a grid of embeddings.
///
/// Tokens are channel-last, [B, h, w, C]. An image whose embedding is kept goes through alone: the bits of a product may
/// depend on its number of rows, so an image's embedding may depend on what else is in a batch.
public final class ImageEncoder {
  /// The transformer's blocks.
  public let blocks: [EncoderBlock]
  /// Of how many blocks, from the first, the way back keeps nothing but the input and computes the rest again; the bits
  /// are the same.
  public var recomputedBlocks = 0
  package let patchEmbed: PatchConvolution
  package let neck: Neck
  private let positions: Parameter
  private let patch: Int
  /// The number format of the blocks' products.
  public private(set) var precision = Precision.f32

  /// Claims the encoder's tensors.
  public init(_ scope: Scope, _ sizes: Configuration) throws(CheckpointError) {
    positions = try scope("pos_embed", 1, sizes.grid, sizes.grid, sizes.width)
    patchEmbed = try PatchConvolution(
      scope / "patch_embed" / "proj", from: sizes.channels, to: sizes.width, size: sizes.patch)
    patch = sizes.patch
    var blocks: [EncoderBlock] = []
    for block in 0..<sizes.depth {
      blocks.append(try EncoderBlock(scope / "blocks" / block, sizes, block: block))
    }
    self.blocks = blocks
    neck = try Neck(scope / "neck", from: sizes.width, to: sizes.promptWidth)
  }

  /// Computes the blocks' frozen products in a number format, as far as the processor can.
  ///
  /// In bfloat16 the linear maps' factors are rounded, and those of attention where no gradient passes; norms, softmax, the
  /// patches' embedding and the neck stay in single precision, and so does all that learns. Gradients will pass
  /// through the blocks from `trainingFrom` on, where it is given.
  public func compute(in precision: Precision, trainingFrom first: Int? = nil) {
    self.precision = precision.available
    for (index, block) in blocks.enumerated() {
      for layer in block.linears {
        layer.weight.compute(in: self.precision, forTraining: index >= first ?? blocks.count)
      }
    }
  }

  /// The embedding [1, g, g, C] of a normalised, padded image [3, size, size], or [B, g, g, C] of a batch of them.
  public func callAsFunction(_ image: Tensor) -> Variable {
    embedding(from: tokens(of: image, before: blocks.count), block: blocks.count)
  }

  /// The tokens [B, g, g, width] before a block: what a store keeps when only the blocks from there on learn.
  ///
  /// Learned tokens must not join before it.
  public func tokens(of image: Tensor, before block: Int) -> Variable {
    blocks.indices[..<block].reduce(TokenState(patches(of: image)), applied).tokens
  }

  /// The embedding [B, g, g, C] from the tokens before a block.
  public func embedding(from tokens: Variable, block: Int) -> Variable {
    neck(blocks.indices[block...].reduce(TokenState(tokens), applied).tokens)
  }

  /// The tokens between two blocks: the image's [B, g, g, C], and learned ones [B, n, C] that joined before.
  private struct TokenState {
    let tokens: Variable
    let prompts: Variable?

    init(_ tokens: Variable, prompts: Variable? = nil) {
      self.tokens = tokens
      self.prompts = prompts
    }
  }

  /// The tokens after a block.
  ///
  /// Learned tokens that join before a block take the place of those that came along; the others are carried on. A block
  /// that takes carried tokens or carries them on is never computed again.
  private func applied(_ state: TokenState, _ index: Int) -> TokenState {
    let block = blocks[index]
    let own = block.prompts.tokens.map { repeated($0.variable, count: state.tokens.shape[0]) }
    guard let prompts = own ?? state.prompts else {
      let tokens = state.tokens
      return TokenState(
        index < recomputedBlocks ? recomputed(tokens) { block($0) } : block(tokens))
    }
    let carries = index + 1 < blocks.count && blocks[index + 1].prompts.tokens == nil
    guard carries || state.prompts != nil || index >= recomputedBlocks else {
      return TokenState(
        recomputed(state.tokens) { block($0, prompts: prompts, carrying: false).tokens })
    }
    let (tokens, carried) = block(state.tokens, prompts: prompts, carrying: carries)
    return TokenState(tokens, prompts: carried)
  }

  /// About how many bytes the way back through a block keeps of an image of `size` pixels a side, unless it computes
  /// the block again: its input, its middle, the normalised tokens, q, k, v, what was attended to, and the widened tokens.
  public func keptBytesPerBlock(imageSize size: Int) -> Int {
    let tokens = (size / patch) * (size / patch), width = positions.shape[3]
    let hidden = blocks.first?.mlp.lin1.weight.shape[0] ?? 0
    return tokens * (7 * width + hidden) * MemoryLayout<Float>.stride
  }

  /// The embedded patches of an image with their positions: the tokens before the first block.
  package func patches(of image: Tensor) -> Variable {
    let sides = image.shape.suffix(2)
    precondition(
      (3...4).contains(image.shape.count) && sides.first == sides.last && image.shape.last != 0
        && sides.allSatisfy { $0 % patch == 0 },
      "ImageEncoder: square images of whole patches of \(patch) are needed, not \(image.shape)")
    let one = Array(image.shape.suffix(3))
    let batch = image.shape.count == 3 ? 1 : image.shape[0]
    let grid = one[1] / patch
    let images = image.reshaped([batch] + one)
    let patches = (0..<batch).map { index in
      let own = images.sliced(axis: 0, index..<index + 1).reshaped(one)
      return Tensor.patches(own, size: patch).reshaped([1, grid, grid, one[0] * patch * patch])
    }
    let tokens = patchEmbed.applied(
      toPatches: Variable(batch == 1 ? patches[0] : Tensor.concatenated(patches, axis: 0)))
    return add(tokens, positions(grid))
  }

  /// The positions of a grid of another size, by bilinear interpolation; its own are the parameter itself.
  private func positions(_ grid: Int) -> Variable {
    let shape = Array(positions.shape.dropFirst())
    return resized(
      resized(reshape(positions.variable, shape), axis: 1, to: grid), axis: 0, to: grid)
  }
}

/// What brings the tokens to the embedding's width: two convolutions without offset, each normalised.
package struct Neck {
  package let projection: PatchConvolution
  package let norm1: LayerNorm
  package let convolution: Convolution3x3
  package let norm2: LayerNorm

  init(_ scope: Scope, from width: Int, to channels: Int) throws(CheckpointError) {
    projection = try PatchConvolution(
      scope / 0, from: width, to: channels, size: 1, bias: false)
    norm1 = try LayerNorm(scope / 1, width: channels, epsilon: 1e-6)
    convolution = try Convolution3x3(scope / 2, from: channels, to: channels)
    norm2 = try LayerNorm(scope / 3, width: channels, epsilon: 1e-6)
  }

  func callAsFunction(_ x: Variable) -> Variable {
    norm2(convolution(norm1(projection(x))))
  }
}
