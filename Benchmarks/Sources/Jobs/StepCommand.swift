import ArgumentParser
import Foundation
import Tensors
import Training
import Workload

/// `jobs step`: steps of a training run as `graft tune` takes them, store, log and optimiser included.
///
/// Step i takes slices i B, i B + 1, … of the pack's four, over and over.
struct StepCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Takes training steps.")

  @OptionGroup var options: JobOptions
  @Option(help: "decoder-lora or samed.") var method = "decoder-lora"
  @Option(help: "The side of the images in pixels.") var size = 1024
  @Option(help: "The images in a step.") var batch = 1

  /// More steps than any comparison asks for.
  private static let limit = 1000

  func run() throws {
    try options.apply()
    let out = options.path("run-\(ProcessInfo.processInfo.processIdentifier)")
    defer { try? FileManager.default.removeItem(atPath: out) }
    var session: Session?
    var start: Usage?
    func tell(_ event: TrainingEvent) {
      guard case .stepped(let record, _) = event else { return }
      // The first step is taken before anybody asks: with it the pool is filled and everything is read.
      if let start { session?.report(since: start, ["loss": record.loss]) }
      if session == nil { session = Session() }
      start = (try? session?.next()) ?? nil
      guard start != nil else { leave(out) }
    }
    try Trainer(recipe(out), version: "benchmark", report: tell).run()
  }

  /// Ends the process amid the run.
  private func leave(_ out: String) -> Never {
    try? FileManager.default.removeItem(atPath: out)
    Foundation.exit(0)
  }

  private func recipe(_ out: String) throws -> Recipe {
    let batches = (0..<StepCommand.limit).map { step in
      (0..<batch).map { (step * batch + $0) % StepPack.slices }
    }
    return try Recipe(
      yaml: "out: '\(out)'", name: "the benchmark's recipe",
      overrides: StepCommand.settings(method: method, size: size, options) + [
        "batch=\(batch)", "batches=\(batches)", "budget.steps=\(StepCommand.limit)",
        "initial=['\(options.path("learning-\(method).safetensors"))']",
      ])
  }

  /// What a recipe of a method says on the pack of a size; nothing is random, so that PyTorch can do the same.
  static func settings(method: String, size: Int, _ options: JobOptions) -> [String] {
    [
      "method=\(method)", "weights='\(options.path("vitb.safetensors"))'",
      "pack='\(options.path("\(method)-\(size).h5"))'",
      "image={size: \(size), normalise: none}", "slices={plane: axial, empty: 0}",
      "classes={heads: trained, start: fresh}", "lora.rank=4", "augment.kind=none",
      "schedule={name: constant}", "optimizer.rate=0.0001", "snapshot.every=1000000",
      "precision=\(options.precision.rawValue)",
    ]
  }
}
