import Autodiff
import Workload

/// The mask decoder's operations at 1024 and 512 pixels: 7 tokens, an image of width 256, 8 heads.
func decoderKernels() {
  tokenKernels()
  for grid in [64, 32] {
    imageKernels(grid * grid)
    upscalingKernels(grid)
  }
}

/// The operations on tokens alone.
private func tokenKernels() {
  for (inner, outer) in [(256, 256), (256, 128), (256, 2048), (2048, 256), (256, 32)] {
    measure("linear tokens 7x\(inner)x\(outer)", [[7, inner], [outer, inner], [outer]]) {
      linear($0[0], $0[1], $0[2])
    }
  }
  measure("layer norm 7x256", [[7, 256], [256], [256]]) {
    layerNorm($0[0], $0[1], $0[2], epsilon: 1e-5)
  }
  measure(
    "token to token attention", [[1, 7, 256], [1, 7, 256], [1, 7, 256]], learning: [0, 1, 2]
  ) { attention($0[0], $0[1], $0[2], heads: 8) }
  measure("tokens to heads' rows", [[1, 7, 128], [128, 256]], learning: [0, 1]) {
    headProducts($0[0], $0[1], heads: 8)
  }
  measure("heads' rows to tokens", [[1, 56, 256], [128, 256]], learning: [0, 1]) {
    headResults($0[0], $0[1], heads: 8)
  }
}

/// The looks of the tokens at the image and back, with its norm.
private func imageKernels(_ rows: Int) {
  let positions = normalTensor([rows, 256])
  measure(
    "tokens look at the image, \(rows)", [[1, 56, 256], [1, rows, 256], [128]], learning: [0, 1]
  ) {
    tokensToImage($0[0], $0[1], positions: positions, keyBias: $0[2])
  }
  measure(
    "the image looks at the tokens, \(rows)",
    [[1, rows, 256], [1, 56, 256], [1, 56, 1], [1, 56, 256], [256], [256], [256]],
    learning: [0, 1, 2, 3]
  ) {
    imageToTokens(
      $0[0], positions: positions, keys: $0[1], offsets: $0[2], values: $0[3], bias: $0[4],
      heads: 8, norm: ($0[5], $0[6], 1e-5))
  }
}

/// From the image's tokens to the masks: two transposed convolutions, norm, GELU, and the hypernetworks' product.
private func upscalingKernels(_ grid: Int) {
  measure(
    "upscaling \(grid)x\(grid)x256 to 4 masks",
    [
      [1, grid, grid, 256], [256, 64, 2, 2], [64], [64], [64], [64, 32, 2, 2], [32], [1, 4, 32],
    ],
    learning: [0, 1, 2, 5, 6, 7]
  ) {
    let parameters = UpscalingParameters(
      first: ($0[1], $0[2]), norm: ($0[3], $0[4], 1e-6), second: ($0[5], $0[6]))
    return upscaledMasks($0[0], parameters, weights: $0[7])
  }
}
