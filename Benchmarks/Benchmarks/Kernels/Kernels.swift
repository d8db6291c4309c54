import Autodiff
import Benchmark
import Tensors

/// Operations at the shapes of SAM ViT-B, forward, and forward with the way back.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .cpuTotal], maxDuration: .seconds(3), maxIterations: 100)

  /// A tensor of standard normal numbers that depends on its shape alone.
  @Sendable func tensor(_ shape: [Int]) -> Tensor {
    var random = Random(seed: UInt64(shape.reduce(17) { $0 &* 31 &+ $1 }))
    return Tensor(shape, (0..<shape.product).map { _ in random.normal() })
  }

  /// Registers one operation twice: without gradients, and with those of all inputs.
  @Sendable func measure(
    _ name: String, _ shapes: [[Int]], _ operation: @escaping @Sendable ([Variable]) -> Variable
  ) {
    for learning in [false, true] {
      Benchmark("\(name)\(learning ? ", forward and back" : ", forward")") { benchmark in
        let inputs = shapes.map { Variable(tensor($0), wantsGradient: learning) }
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
          let y = operation(inputs)
          if learning {
            blackHole(Gradients(of: y, cotangent: y.value))
          } else {
            blackHole(y.value)
          }
        }
      }
    }
  }

  for (name, rows, inner, outer) in [
    ("qkv", 4096, 768, 2304), ("proj", 4096, 768, 768), ("mlp lin1", 4096, 768, 3072),
    ("mlp lin2", 4096, 3072, 768), ("decoder image projection", 4096, 256, 128),
    ("decoder token projection", 9, 256, 256),
  ] {
    measure("linear \(name) \(rows)x\(inner)x\(outer)", [[rows, inner], [outer, inner], [outer]]) {
      linear($0[0], $0[1], $0[2])
    }
  }
  measure("layer norm 4096x768", [[4096, 768], [768], [768]]) {
    layerNorm($0[0], $0[1], $0[2], epsilon: 1e-6)
  }
  measure("GELU 4096x3072", [[4096, 3072]]) { gelu($0[0]) }
  measure("window attention 64x64, 12 heads", [[1, 64, 64, 2304], [2304], [27, 64], [27, 64]]) {
    imageAttention(
      $0[0], bias: $0[1], relativeHeight: $0[2], relativeWidth: $0[3], heads: 12, window: 14)
  }
  measure("global attention 64x64, 12 heads", [[1, 64, 64, 2304], [2304], [127, 64], [127, 64]]) {
    imageAttention(
      $0[0], bias: $0[1], relativeHeight: $0[2], relativeWidth: $0[3], heads: 12, window: 0)
  }
  measure("token to image attention", [[1, 9, 128], [1, 4096, 128], [1, 4096, 128]]) {
    attention($0[0], $0[1], $0[2], heads: 8)
  }
  measure("image to token attention", [[1, 4096, 128], [1, 9, 128], [1, 9, 128]]) {
    attention($0[0], $0[1], $0[2], heads: 8)
  }
  measure("neck convolution 64x64x256", [[1, 64, 64, 256], [256, 256, 3, 3]]) {
    convolution3x3($0[0], $0[1])
  }
  let positions = tensor([4096, 256])
  measure("look of 56 query rows at the image", [[1, 56, 256], [1, 4096, 256]]) {
    tokensToImage($0[0], $0[1], positions: positions, keyBias: Variable(tensor([128])))
  }
  measure(
    "upscaling 64x64x256 to 4 masks",
    [
      [1, 64, 64, 256], [256, 64, 2, 2], [64], [64], [64], [64, 32, 2, 2], [32], [1, 4, 32],
    ]
  ) {
    let parameters = UpscalingParameters(
      first: ($0[1], $0[2]), norm: ($0[3], $0[4], 1e-6), second: ($0[5], $0[6]))
    return upscaledMasks($0[0], parameters, weights: $0[7])
  }
}
