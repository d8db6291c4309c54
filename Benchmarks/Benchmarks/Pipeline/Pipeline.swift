import Benchmark
import Exemplars
import Foundation
import Metrics
import Reports
import Training
import Workload

/// From generated scans to a pack, to embeddings, to an evaluation; with the bundled weights.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .throughput], maxDuration: .seconds(10),
    maxIterations: 20)
  packing()
  embedding()
  evaluating()
}

private let scanCount = 4

/// Scans checked and packed.
private func packing() {
  Benchmark(
    "pack \(scanCount) scans of 36 slices",
    closure: { benchmark, folder in
      let scans = try Scans(scanCount, in: folder.path)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations { try scans.pack(to: "\(folder.path)/scans.h5") }
    }, setup: { try Folder() })
}

/// The slices of a pack through the small encoder, into the store.
private func embedding() {
  Benchmark(
    "embed \(scanCount) scans of 36 slices at 128",
    closure: { benchmark, folder in
      let pack = "\(folder.path)/scans.h5"
      try Scans(scanCount, in: folder.path).pack(to: pack)
      let store = EmbeddingStore.folder(forPack: pack)
      try? FileManager.default.removeItem(atPath: store)
      let recipe = try Recipe(
        weights: Folder.weights, pack: pack, settings: ["image.size=128", "augment.kind=none"],
        name: "the benchmark's recipe")
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations {
        try Trainer(recipe, version: "benchmark") { _ in }.encode()
      }
    }, setup: { try Folder() })
}

/// The labels of scans compared with themselves, all classes, with every distance.
private func evaluating() {
  Benchmark(
    "evaluate \(scanCount) scans of 36 slices",
    closure: { benchmark, folder in
      let labels = try Scans(scanCount, in: folder.path).folder + "/labels"
      let cases = try CaseFiles.matched(predictions: [labels], reference: labels, images: nil)
      benchmark.startMeasurement()
      for _ in benchmark.scaledIterations {
        blackHole(
          try await Evaluator.compared(cases, names: nil, map: nil))
      }
    }, setup: { try Folder() })
}

/// A folder of its own that is removed with its last user.
private final class Folder: Sendable {
  /// The bundled weights, from the checkout.
  static let weights = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../Weights/graft-small.safetensors").standardized.path

  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
