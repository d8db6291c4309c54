import Benchmark
import Checkpoints
import Foundation
import Workload

/// The program from its start to its end: its help, and a mask of a small image with ViT-B's weights on disk.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = Benchmark.Configuration(
    metrics: [.wallClock, .throughput], warmupIterations: 1, maxDuration: .seconds(5),
    maxIterations: 50)
  Benchmark("graft --help") { benchmark in
    for _ in benchmark.scaledIterations { try Program.run(["--help"]) }
  }
  Benchmark(
    "graft predict, ViT-B, 64 pixels",
    closure: { benchmark, files in
      for _ in benchmark.scaledIterations {
        try Program.run([
          "predict", files.picture, "--weights", files.weights, "--image-size", "64", "--point",
          "8,8",
          "--out", files.mask,
        ])
      }
    }, setup: { try Files() })
}

/// The program that `make build` builds, or the one the environment names in GRAFT.
private enum Program {
  static let path =
    ProcessInfo.processInfo.environment["GRAFT"]
    ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../.build/release/graft").standardized.path

  /// Runs it to its end.
  static func run(_ arguments: [String]) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    precondition(process.terminationStatus == 0, "graft \(arguments.joined(separator: " ")) failed")
  }
}

/// Weights and a picture on disk, removed with their last user.
private final class Files: Sendable {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
    UUID().uuidString)
  var weights: String { folder.appendingPathComponent("vitb.safetensors").path }
  var picture: String { folder.appendingPathComponent("photo.png").path }
  var mask: String { folder.appendingPathComponent("mask.png").path }

  init() throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try randomViTB().writeSafetensors(to: weights)
    try writePhoto(to: picture)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }
}
