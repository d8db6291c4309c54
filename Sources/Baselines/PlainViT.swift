public import Autodiff
public import Checkpoints
public import Layers
public import Tensors

/// A plain vision transformer with prompt tokens, and a UNETR-like decoder that makes a map of classes of it.
///
/// What papers on prompt tuning compare with: the encoder has no windows, no class token and no relative positions. Learned
/// tokens go in front of those of the image and are taken away again after the last block, or after every block.
/// Dosovitskiy et al. (2021); Jia et al., Visual Prompt Tuning (2022), sections 3.1 and 3.2; Hatamizadeh et al., UNETR (2022).
///
/// Every size but the number of heads is read off the checkpoint. The patch is 4 pixels, as the decoder doubles twice.
public final class PlainViT {
  /// Where the prompt tokens go.
  public enum Prompts: String, CaseIterable, Sendable {
    /// Nowhere.
    case none
    /// In front of the first block, from which on they are carried through.
    case shallow
    /// In front of every block, each time others; what became of them is dropped.
    case deep
  }

  /// The side of a patch in pixels.
  public static let patch = 4

  /// All parameters, by their names in the checkpoint.
  public let inventory: Inventory
  /// Where the prompt tokens go.
  public var prompts: Prompts
  private let patchEmbed: PatchConvolution
  private let positions: Parameter
  private let promptTokens: Parameter
  private let blocks: [PlainBlock]
  private let norm: LayerNorm
  private let decoder: UNETRDecoder

  /// The network of a checkpoint, in which every tensor has its place.
  public init(_ checkpoint: Checkpoint, heads: Int, prompts: Prompts) throws(CheckpointError) {
    let (tokens, patch) = (
      try checkpoint.extents("prompt_tokens", 3), try checkpoint.extents("patch.weight", 4)
    )
    let (depth, width) = (tokens[0], patch[0])
    let hidden = try checkpoint.extents("blocks.0.fc1.weight", 2)[0]
    inventory = Inventory()
    let root = Scope(checkpoint, listing: inventory)
    patchEmbed = try PatchConvolution(
      root / "patch", from: patch[1], to: width, size: PlainViT.patch)
    positions = try root("pos_embed", 1, try checkpoint.extents("pos_embed", 3)[1], width)
    promptTokens = try root("prompt_tokens", depth, tokens[1], width)
    var blocks: [PlainBlock] = []
    for block in 0..<depth {
      blocks.append(
        try PlainBlock(root / "blocks" / block, width: width, hidden: hidden, heads: heads))
    }
    self.blocks = blocks
    norm = try LayerNorm(root / "norm", width: width, epsilon: 1e-6)
    decoder = try UNETRDecoder(
      root, channels: patch[1], width: width,
      stages: (
        try checkpoint.extents("conv1.weight", 4)[0], try checkpoint.extents("conv2.weight", 4)[0]
      ),
      classes: try checkpoint.extents("head.weight", 4)[0])
    self.prompts = prompts
    try checkpoint.finish()
  }

  /// The logits [1, K, S, S] of an image [C, S, S].
  public func callAsFunction(_ image: Tensor) -> Variable { stages(of: image).logits }

  /// What becomes of an image on its way; goldens have each.
  package struct Stages {
    /// The embedded patches with their positions, [1, N, C].
    package let tokens: Variable
    /// The outputs of the blocks, prompt tokens first.
    package let blocks: [Variable]
    /// The decoder's two stages, [1, S/2, S/2, C] and [1, S, S, C].
    package let stage1, stage2: Variable
    /// The logits [1, K, S, S].
    package let logits: Variable
  }

  /// The stages of an image [C, S, S].
  package func stages(of image: Tensor) -> Stages {
    let grid = image.shape[1] / PlainViT.patch
    let patches = Tensor.patches(image, size: PlainViT.patch)
    let embedded = patchEmbed.applied(toPatches: Variable(patches))
    let width = embedded.shape[2]
    let start = add(reshape(embedded, [1, grid * grid, width]), positions.variable)
    var tokens = start
    var outputs: [Variable] = []
    var taps: [Variable] = []
    for (index, block) in blocks.enumerated() {
      let hasOwn = prompts == .deep || prompts == .shallow && index == 0
      let first = hasOwn ? slice(promptTokens.variable, axis: 0, index..<index + 1) : nil
      outputs.append(block(first.map { concatenate([$0, tokens], axis: 1) } ?? tokens))
      let after = outputs[index]
      let ofImage = slice(after, axis: 1, after.shape[1] - grid * grid..<after.shape[1])
      tokens = prompts == .shallow ? after : ofImage
      if index == 0 || index == blocks.count - 1 { taps.append(ofImage) }
    }
    let last = norm(taps[taps.count - 1])
    func map(_ tokens: Variable) -> Variable { reshape(tokens, [1, grid, grid, width]) }
    let decoded = decoder(
      first: map(taps[0]), last: map(last),
      image: Variable(
        image.channelLast.reshaped([1, image.shape[1], image.shape[2], image.shape[0]]))
    )
    return Stages(
      tokens: start, blocks: outputs, stage1: decoded.stage1, stage2: decoded.stage2,
      logits: decoded.logits.planar)
  }
}

extension Checkpoint {
  /// The extents of a tensor, of which there are `count`.
  fileprivate func extents(_ name: String, _ count: Int) throws(CheckpointError) -> [Int] {
    guard let shape = shape(of: name) else { throw .missing(key: name, file: source) }
    guard shape.count == count else {
      throw .shape(
        key: name, expected: [Int](repeating: 1, count: count), found: shape, file: source)
    }
    return shape
  }
}

/// A block of a plain transformer: attention among all tokens and an MLP, each after a norm and around a residual.
struct PlainBlock {
  private let norm1, norm2: LayerNorm
  private let qkv, proj, fc1, fc2: Linear
  private let heads: Int

  init(_ scope: Scope, width: Int, hidden: Int, heads: Int) throws(CheckpointError) {
    norm1 = try LayerNorm(scope / "norm1", width: width, epsilon: 1e-6)
    qkv = try Linear(scope / "qkv", from: width, to: 3 * width, role: .attention)
    proj = try Linear(scope / "proj", from: width, to: width, role: .attention)
    norm2 = try LayerNorm(scope / "norm2", width: width, epsilon: 1e-6)
    fc1 = try Linear(scope / "fc1", from: width, to: hidden, role: .mlp)
    fc2 = try Linear(scope / "fc2", from: hidden, to: width, role: .mlp)
    self.heads = heads
  }

  /// The block's output for tokens [1, N, C].
  func callAsFunction(_ tokens: Variable) -> Variable {
    let width = tokens.shape[2]
    let all = qkv(norm1(tokens))
    func third(_ index: Int) -> Variable {
      slice(all, axis: 2, index * width..<(index + 1) * width)
    }
    let attended = add(tokens, proj(attention(third(0), third(1), third(2), heads: heads)))
    return add(attended, fc2(gelu(fc1(norm2(attended)))))
  }
}
