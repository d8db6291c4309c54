import Adaptation
import Autodiff
import Benchmark
import Layers
import SegmentAnything
import Tensors
import Training
import Workload

/// One step of a method on one image: forward, loss, gradients, optimiser.
func trainingStep(_ method: Plan.Method, size: Int) {
  Benchmark(
    "\(method.rawValue) step \(size), batch 1",
    closure: { benchmark, subject in
      subject.step()
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { subject.step() }
    }, setup: { try TrainedSubject(method, size: size) })
}

/// A model that learns; only one thread uses it at a time.
private final class TrainedSubject: @unchecked Sendable {
  private let adapted: AdaptedModel
  private let input: Tensor
  private let labels: [UInt8]
  private var optimizer = AdamW(decay: 0.1)

  init(_ method: Plan.Method, size: Int) throws {
    let classes = method == .samed ? 8 : 3
    adapted = try AdaptedModel(
      base: randomViTB(),
      plan: Plan(method: method, classHeads: ClassHeads(classes: classes, start: .fresh)),
      using: Random(seed: 5))
    let grid = size / 16
    input = normalTensor(method == .samed ? [3, size, size] : [1, grid, grid, 256])
    labels = (0..<16 * grid * grid).map { UInt8($0 / 64 % (classes + 1)) }
  }

  func step() {
    let content: SliceContent = adapted.cut == nil ? .image(input) : .stored(input)
    let loss = crossEntropyDice(
      adapted.logits(from: content), labels: labels, crossEntropyWeight: 0.2, diceWeight: 0.8)
    let gradients = Gradients(of: loss.total)
    for parameter in adapted.learning {
      guard let gradient = gradients[parameter.variable] else { continue }
      var value = parameter.value
      optimizer.step(parameter.name, &value, gradient: gradient, rate: 1e-4)
      parameter.value = value
    }
  }
}
