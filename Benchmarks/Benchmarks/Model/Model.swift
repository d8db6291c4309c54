import Adaptation
import Autodiff
import Benchmark
import SegmentAnything
import Tensors
import Workload

/// ViT-B with seeded random weights: encoding, answering a prompt, steps of training.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .throughput], maxDuration: .seconds(10),
    maxIterations: 20)
  for size in [1024, 512] {
    encoding(size)
    prompting(size)
    trainingStep(.decoderLora, size: size)
  }
  trainingStep(.samed, size: 512)
}

/// The model, which only one thread uses at a time.
private struct Subject: @unchecked Sendable {
  let model: Sam

  init() throws { model = try Sam(randomViTB()) }
}

/// An image to its embedding.
private func encoding(_ size: Int) {
  Benchmark(
    "encode \(size)",
    closure: { benchmark, subject in
      let image = normalTensor([3, size, size])
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { blackHole(subject.model.imageEncoder(image).value) }
    }, setup: { try Subject() })
}

/// A box and a point on an embedding to the masks at the image's size.
private func prompting(_ size: Int) {
  let prompt = Prompt(
    points: [.init(x: 100, y: 80)], box: .init(x0: 40, y0: 30, x1: 300, y1: 280))
  Benchmark(
    "prompt and decode \(size)",
    closure: { benchmark, subject in
      let embedding = Variable(normalTensor([1, size / 16, size / 16, 256]))
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations {
        let masks = subject.model.masks(of: embedding, prompts: [prompt]).chosen(multimask: true)
          .masks
        let logits = masks.value.reshaped(Array(masks.shape.dropFirst()))
        blackHole(Preprocessing(size: size, height: size, width: size).restored(logits))
      }
    }, setup: { try Subject() })
}
