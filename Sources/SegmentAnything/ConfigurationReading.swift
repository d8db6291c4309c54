public import Checkpoints

extension Configuration {
  /// The metadata key under which a checkpoint says how many heads its decoder has.
  public static let decoderHeadsKey = "decoder_heads"

  /// Reads the sizes off a checkpoint's shapes.
  ///
  /// The decoder's heads come from `decoderHeads`, else from the checkpoint's metadata, else are 8.
  public init(
    of checkpoint: Checkpoint, decoderHeads: Int? = nil
  ) throws(ConfigurationError) {
    let shapes = Shapes(checkpoint: checkpoint)
    let kernel = try shapes("image_encoder.patch_embed.proj.weight", axes: 4)
    let positions = try shapes("image_encoder.pos_embed", axes: 4)
    guard positions[1] == positions[2] else {
      throw .shape(
        key: "image_encoder.pos_embed", expected: "a square grid [1, g, g, \(kernel[0])]",
        found: positions, file: checkpoint.source)
    }
    let depth = shapes.count("image_encoder.blocks", "norm1.weight")
    let attention = try shapes.blocks(depth, grid: positions[1], width: kernel[0])
    let prompt = try shapes("image_encoder.neck.0.weight", axes: 4)[0]
    let transformer = "mask_decoder.transformer"
    let head = "mask_decoder.iou_prediction_head.layers"
    let quality = try shapes("\(head).0.weight", axes: 2)
    self.init(
      imageSize: positions[1] * kernel[2], patch: kernel[2], channels: kernel[1],
      width: kernel[0], depth: depth, heads: attention.heads,
      mlpWidth: try shapes("image_encoder.blocks.0.mlp.lin1.weight", axes: 2)[0],
      window: attention.window, globalBlocks: attention.global, promptWidth: prompt,
      maskChannels: try shapes("prompt_encoder.mask_downscaling.3.weight", axes: 4)[0],
      maskTokens: try shapes("mask_decoder.mask_tokens.weight", axes: 2)[0],
      decoderDepth: shapes.count("\(transformer).layers", "norm1.weight"),
      decoderHeads: try shapes.decoderHeads(decoderHeads),
      crossWidth: try shapes(
        "\(transformer).final_attn_token_to_image.q_proj.weight", axes: 2)[0],
      decoderMLPWidth: try shapes("\(transformer).layers.0.mlp.lin1.weight", axes: 2)[0],
      qualityDepth: shapes.count(head, "weight"),
      qualityWidth: quality[0])
    for width in [promptWidth, crossWidth]
    where self.decoderHeads < 1 || width % self.decoderHeads != 0 {
      throw .decoderHeads(self.decoderHeads, width: width, file: checkpoint.source)
    }
  }
}

/// The shapes of a checkpoint, asked for by key.
private struct Shapes {
  let checkpoint: Checkpoint

  /// The shape of a tensor, which must have this many axes, none of them empty.
  func callAsFunction(_ key: String, axes: Int) throws(ConfigurationError) -> [Int] {
    guard let shape = checkpoint.shape(of: key) else {
      throw .missing(key: key, file: checkpoint.source)
    }
    guard shape.count == axes, shape.allSatisfy({ $0 > 0 }) else {
      throw .shape(key: key, expected: "\(axes) axes", found: shape, file: checkpoint.source)
    }
    return shape
  }

  /// How many elements the list at `path` has: the first index without the tensor `name`.
  func count(_ path: String, _ name: String) -> Int {
    var count = 0
    while checkpoint.shape(of: "\(path).\(count).\(name)") != nil { count += 1 }
    return count
  }

  /// The heads, the window and the global blocks, from the tables of relative positions.
  ///
  /// A table is [2s - 1, width / heads], s being the grid's side in a global block and else the window's.
  func blocks(
    _ depth: Int, grid: Int, width: Int
  ) throws(ConfigurationError) -> (heads: Int, window: Int, global: [Int]) {
    var window = 0
    var global: [Int] = []
    var heads = 0
    for block in 0..<max(depth, 1) {
      let key = "image_encoder.blocks.\(block).attn.rel_pos_h"
      let table = try self(key, axes: 2)
      guard width % table[1] == 0, heads == 0 || heads == width / table[1] else {
        throw .shape(
          key: key, expected: "a width that divides \(width), the same in every block",
          found: table, file: checkpoint.source)
      }
      heads = width / table[1]
      let side = (table[0] + 1) / 2
      if table[0] == 2 * grid - 1 {
        global.append(block)
      } else if table[0] % 2 == 1, window == 0 || window == side {
        window = side
      } else {
        throw .shape(
          key: key, expected: "2·\(grid) - 1 rows, or 2·w - 1 with one window w for all blocks",
          found: table, file: checkpoint.source)
      }
    }
    return (heads, window, global)
  }

  /// The number asked for, else what the metadata says, else 8.
  func decoderHeads(_ asked: Int?) throws(ConfigurationError) -> Int {
    if let asked { return asked }
    guard let text = checkpoint.metadata[Configuration.decoderHeadsKey] else { return 8 }
    return Int(text) ?? 0
  }
}
