import Benchmark
import Metrics
import Tensors
import Training
import Volumes
import Workload

/// What has no gradient: resampling, distances of surfaces, the optimiser.
func valueKernels() {
  measureValue("logits 4x256x256 to 1024x1024", { normalTensor([4, 256, 256]) }) {
    $0.resized(height: 1024, width: 1024)
  }
  measureValue("slice 3x512x512 to 1024x1024, antialiased", { normalTensor([3, 512, 512]) }) {
    $0.resized(height: 1024, width: 1024, antialias: true)
  }
  measureValue("slice 1x512x512 to 224x224 by a cubic spline", { normalTensor([1, 512, 512]) }) {
    $0.zoomed(to: PlaneSize(height: 224, width: 224))
  }
  measureValue("surface distances 150x512x512", masks) {
    SurfaceDistances(prediction: $0[0], reference: $0[1])?.hausdorff95Pooled
  }
  measureValue("Dice 150x512x512", masks) { Overlap(prediction: $0[0], reference: $0[1]).dice }
  measureValue("AdamW, 4 million scalars", { normalTensor([4, 1 << 20]) }) { value in
    var (optimizer, moved) = (AdamW(decay: 0.1), value)
    optimizer.step("weight", &moved, gradient: value, rate: 1e-3)
    return moved
  }
}

/// Registers a function of a value that is made outside the measurement.
private func measureValue<Input: Sendable, Output>(
  _ name: String, _ input: @escaping @Sendable () -> Input,
  _ function: @escaping @Sendable (Input) -> Output
) {
  Benchmark(
    name,
    closure: { benchmark, input in
      for _ in benchmark.scaledIterations { blackHole(function(input)) }
    }, setup: { input() })
}

/// Both masks of the pair.
@Sendable private func masks() -> [Mask] {
  let pair = MaskPair()
  return [pair.prediction, pair.reference].map {
    Mask(of: 1, in: $0, extents: MaskPair.extents, spacing: MaskPair.spacing)
  }
}
