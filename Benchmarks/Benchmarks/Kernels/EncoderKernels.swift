import Autodiff

/// The image encoder's operations at 1024 and 512 pixels: grids of 64 and 32 tokens a side, width 768, 12 heads.
func encoderKernels() {
  for grid in [64, 32] {
    let tokens = grid * grid
    for (name, inner, outer) in [
      ("patches", 768, 768), ("qkv", 768, 2304), ("projection", 768, 768), ("MLP 1", 768, 3072),
      ("MLP 2", 3072, 768), ("neck 1x1", 768, 256),
    ] {
      measure(
        "linear \(name) \(tokens)x\(inner)x\(outer)", [[tokens, inner], [outer, inner], [outer]]
      ) {
        linear($0[0], $0[1], $0[2])
      }
    }
    measure("layer norm \(tokens)x768", [[tokens, 768], [768], [768]]) {
      layerNorm($0[0], $0[1], $0[2], epsilon: 1e-6)
    }
    measure("GELU \(tokens)x3072", [[tokens, 3072]]) { gelu($0[0]) }
    measure("addition \(tokens)x768", [[tokens, 768], [tokens, 768]]) { add($0[0], $0[1]) }
    for (name, window, side) in [("window", 14, 14), ("global", 0, grid)] {
      let table = [2 * side - 1, 64]
      measure(
        "\(name) attention \(grid)x\(grid), 12 heads",
        [[1, grid, grid, 2304], [2304], table, table]
      ) {
        imageAttention(
          $0[0], bias: $0[1], relativeHeight: $0[2], relativeWidth: $0[3], heads: 12, window: window
        )
      }
    }
    measure("neck convolution \(grid)x\(grid)x256", [[1, grid, grid, 256], [256, 256, 3, 3]]) {
      convolution3x3($0[0], $0[1])
    }
    measure(
      "low-rank update \(tokens)x768x768, rank 4",
      [[tokens, 2304], [tokens, 768], [4, 768], [768, 4]], learning: [0, 1, 2, 3]
    ) {
      addLowRank(to: $0[0], from: $0[1], a: $0[2], b: $0[3], scale: 1)
    }
  }
}
