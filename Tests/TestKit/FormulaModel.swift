public import Tensors

/// The full-size model and image of `vit-b-formula`, whose every number follows from a formula.
public enum FormulaModel {
  /// The golden file that lists the tensors and holds samples of the results.
  public static func golden() throws -> GoldenFile {
    try Goldens.hdf5("vit-b-formula/vit_b_formula.h5")
  }

  /// All 314 tensors with their official names.
  public static func tensors() throws -> [(String, Tensor)] {
    let golden = try golden()
    let shapes = try golden.integers("weights/shape")
    return try golden.strings("weights/name").enumerated().map { index, name in
      let shape = shapes[index * 4..<index * 4 + 4].filter { $0 > 0 }
      return (name, tensor(name, shape))
    }
  }

  /// One tensor: `center + scale · x`, x in [-1, 1) being the mixed hash of name and position.
  public static func tensor(_ name: String, _ shape: [Int]) -> Tensor {
    let (center, scale) = range(of: name, shape)
    let step: UInt64 = 0x9E37_79B9_7F4A_7C15
    let start = name.utf8.reduce(0xCBF2_9CE4_8422_2325) { hash, byte in
      (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }
    let count = shape.reduce(1, *)
    let chunk = 65536
    return Tensor(unfilled: shape) { values in
      parallel((count + chunk - 1) / chunk) { index in
        for i in index * chunk..<min(count, (index + 1) * chunk) {
          var z = start &+ step &+ UInt64(i + 1) &* step
          z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
          z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
          z ^= z >> 31
          values[i] = Float(center + scale * (Double(z >> 40) / 8_388_608 - 1))
        }
      }
    }
  }

  /// The rule of the goldens' README that fits a name first.
  private static func range(of name: String, _ shape: [Int]) -> (center: Double, scale: Double) {
    let parts = name.split(separator: ".")
    let embeddings: Set<Substring> = [
      "point_embeddings", "not_a_point_embed", "no_mask_embed", "iou_token", "mask_tokens",
    ]
    if name.hasSuffix(".bias") { return (0, 0.02) }
    if name.hasSuffix(".pos_embed") { return (0, 0.1) }
    if name.hasSuffix(".rel_pos_h") || name.hasSuffix(".rel_pos_w") { return (0, 0.3) }
    if name.hasSuffix(".positional_encoding_gaussian_matrix") { return (0, 1) }
    if embeddings.contains(parts[1]) { return (0, 0.5) }
    if shape.count == 1 { return (1, 0.1) }
    let isTransposed =
      name == "mask_decoder.output_upscaling.0.weight"
      || name == "mask_decoder.output_upscaling.3.weight"
    let fan = isTransposed ? shape[0] : shape.dropFirst().reduce(1, *)
    return (0, (3 / Double(fan)).squareRoot())
  }

  /// The image, 768 x 1024 pixels of red, green and blue, channel last.
  public static func image() -> [UInt8] {
    var pixels = [UInt8](repeating: 0, count: 768 * 1024 * 3)
    for y in 0..<768 {
      for x in 0..<1024 {
        for c in 0..<3 {
          pixels[(y * 1024 + x) * 3 + c] =
            UInt8((x * (c + 1) + y * (2 * c + 3) + x * y / 64) % 256)
        }
      }
    }
    return pixels
  }
}
