import Autodiff
import Benchmark
import Workload

/// Operations at the shapes of SAM ViT-B and of the U-Net, forward, and forward with the way back.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .throughput], maxDuration: .seconds(2),
    maxIterations: 200)
  encoderKernels()
  decoderKernels()
  imageKernels()
  lossKernels()
  valueKernels()
}

/// Registers an operation twice: without gradients, and with those of the inputs that `learning` names.
///
/// Where the model's weights are frozen only the gradient of what flows is asked for, as in training.
func measure(
  _ name: String, _ shapes: [[Int]], learning: Set<Int> = [0],
  _ operation: @escaping @Sendable ([Variable]) -> Variable
) {
  for isTraining in [false, true] {
    Benchmark(
      "\(name)\(isTraining ? ", forward and back" : ", forward")",
      closure: { benchmark, inputs in
        for _ in benchmark.scaledIterations {
          let y = operation(inputs)
          if isTraining {
            blackHole(Gradients(of: y, cotangent: y.value))
          } else {
            blackHole(y.value)
          }
        }
      },
      setup: {
        shapes.enumerated().map { index, shape in
          let values = normalTensor(shape, seed: UInt64(index))
          return Variable(values, wantsGradient: isTraining && learning.contains(index))
        }
      })
  }
}
