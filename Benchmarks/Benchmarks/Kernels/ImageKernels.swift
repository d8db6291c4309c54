import Autodiff

/// The operations of the U-Net at the levels of an image of 128 pixels, where products are narrow.
func imageKernels() {
  for (side, inputs, outputs) in [(128, 24, 24), (128, 48, 24), (32, 48, 48), (8, 192, 192)] {
    measure(
      "convolution \(side)x\(side), \(inputs) to \(outputs)",
      [[1, side, side, inputs], [outputs, inputs, 3, 3], [outputs]], learning: [0, 1, 2]
    ) {
      convolution3x3($0[0], $0[1], $0[2])
    }
  }
  measure(
    "transposed convolution 64x64, 24 to 24", [[1, 64, 64, 24], [24, 24, 2, 2], [24]],
    learning: [0, 1, 2]
  ) {
    transposedConvolution2x2($0[0], $0[1], $0[2])
  }
  measure("instance norm 128x128x24", [[1, 128, 128, 24], [24], [24]], learning: [0, 1, 2]) {
    instanceNorm($0[0], $0[1], $0[2], epsilon: 1e-5, slope: 0.1)
  }
  measure("max pooling 128x128x24", [[1, 128, 128, 24]]) { maxPool2x2($0[0]) }
  measure("bilinear 32x32 to 128x128, 3 channels", [[1, 3, 32, 32]]) {
    resized($0[0], height: 128, width: 128)
  }
}
