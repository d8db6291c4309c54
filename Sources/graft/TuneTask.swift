import Checkpoints
import Foundation
import Inference
import Training

extension TuneCommand {
  /// Tunes a task on the exemplars it holds, and says what that gains on those it left out.
  func tune(_ path: String, _ console: Console) throws {
    let task = try TaskFile(contentsOf: path)
    let base = try Checkpoint(contentsOf: weights ?? BundledWeights.path()).withOfficialNames()
    var numbers = TaskTuning.Numbers()
    numbers.steps = steps ?? numbers.steps
    numbers.rate = rate ?? numbers.rate
    let tuning = try TaskTuning(
      task, on: base, name: path, numbers: numbers, decoderHeads: decoderHeads)
    let work = console.work("tune", total: 2 * numbers.steps, interruption: Interruption())
    let (tuned, outcome) = try tuning { event in
      switch event {
      case .stepped(let step, _, let loss):
        try work.advance(
          to: Double(step), detail: "loss \(String(format: "%.4f", loss))", ["loss": loss])
      case .judged(let before, let after, let slices):
        console.tell(
          "Dice of \(slices) held-out exemplar slices: \(short(before)) before, \(short(after)) after.",
          event: "judged", ["before": before, "after": after, "slices": slices])
      }
    }
    console.clearLine()
    let change = "Dice of exemplars left out \(short(outcome.before)) -> \(short(outcome.after))"
    guard outcome.isKept else {
      print("\(path): \(change); the task stays as it was")
      return
    }
    let target = out ?? path
    try tuned.write(to: target)
    print("\(target): \(change), \(numbers.steps) steps")
  }

  private func short(_ number: Double) -> String { String(format: "%.3f", number) }
}
