import Exemplars
import Foundation
import Training

/// Tells a run's events to the user.
final class TrainingProgress {
  private let console: Console
  private var encoding: Work?
  private var training: Work?
  private var isAnnounced = false
  private var firstStep = 0

  /// Tells them to a console.
  init(_ console: Console) { self.console = console }

  /// Tells one event.
  func tell(_ event: TrainingEvent) {
    switch event {
    case .prepared(let summary):
      firstStep = summary.firstStep
      console.tell(
        TrainingProgress.sentence(summary), event: "prepared",
        [
          "slices": summary.slices, "samples": summary.samples, "parameters": summary.parameters,
          "scalars": summary.scalars, "missing_embeddings": summary.missingEmbeddings,
          "embedding_bytes": summary.embeddingBytes, "first_step": summary.firstStep,
        ])
      if summary.missingEmbeddings == 0 { begin(summary.steps) }
    case .encoded(let done, let count): encoded(done, count)
    case .timed(let steps, let seconds):
      console.tell(
        "A step takes \(number(seconds, 3)) s: \(steps) steps fit into the budget.", event: "timed",
        ["steps": steps, "seconds_per_step": seconds])
    case .stepped(let record, let steps): stepped(record, steps)
    case .saved(let step, let path):
      if console.format == .json {
        console.tell("Saved step \(step).", event: "saved", ["step": step, "path": path])
      }
    case .synthesised(let tally):
      console.tell(
        "Synthesis: \(tally.sentence)", event: "synthesised",
        ["made": tally.made, "drawn_again": tally.drawnAgain, "simpler": tally.simpler])
    case .warning(let text): console.tell("warning: \(text)", event: "warning")
    case .finished(let adapter):
      console.tell("The adapter is \(adapter).", event: "finished", ["adapter": adapter])
    }
  }

  private func encoded(_ done: Int, _ count: Int) {
    let work = encoding ?? console.work("encode", total: count, showsMemory: true)
    encoding = work
    work.mark(Double(done))
    // Long fills are announced in full once the first images have been timed.
    if !isAnnounced, let left = work.secondsLeft, left > 60 {
      isAnnounced = true
      console.tell(
        "Encoding \(count) images takes about \(duration(left)).", event: "encoding",
        ["total": count, "seconds_left": left])
    }
    if done == count { console.clearLine() }
  }

  /// Begins to time the steps.
  private func begin(_ steps: Int?) {
    guard let steps else { return }
    training = console.work("tune", total: steps, done: firstStep, showsMemory: true)
  }

  private func stepped(_ record: StepRecord, _ steps: Int) {
    if training == nil { begin(steps) }
    training?.mark(
      Double(record.step),
      detail:
        "loss \(number(record.loss, 4))  rate \(String(format: "%.2g", record.lr))",
      [
        "step": record.step, "epoch": record.epoch, "loss": record.loss, "ce": record.ce,
        "dice": record.dice, "lr": record.lr,
      ])
    if record.step == steps { console.clearLine() }
  }

  /// Tells what a run is going to take.
  func tell(_ estimate: RunEstimate) {
    let parts = [("encoding", estimate.encodingSeconds), ("training", estimate.trainingSeconds)]
    console.tell(
      estimate: parts.filter { $0.1 > 0 }, memory: estimate.memoryBytes, disk: estimate.diskBytes)
  }

  /// What a run is about to do, in sentences.
  static func sentence(_ summary: RunSummary) -> String {
    var text = "\(summary.slices) slices"
    if summary.samples != summary.slices { text += ", \(summary.samples) objects" }
    text += "; \(summary.parameters) tensors with \(summary.scalars) of the model's "
    text += "\(summary.modelScalars) numbers learn"
    if let steps = summary.steps { text += "; \(steps) steps" }
    if summary.firstStep > 0 { text += ", of which \(summary.firstStep) are taken" }
    text += "."
    if summary.missingEmbeddings > 0 {
      let megabytes = Double(summary.embeddingBytes) / 1e6
      text += " First \(summary.missingEmbeddings) images are encoded once"
      text += " (\(String(format: "%.1f", megabytes)) MB on disk)."
    }
    return text
  }

  private func number(_ value: Double, _ digits: Int) -> String {
    String(format: "%.\(digits)f", value)
  }
}
