import Foundation
import Training

/// Tells a run's events to the user.
struct TrainingProgress {
  let console: Console

  /// Tells one event.
  func tell(_ event: TrainingEvent) {
    switch event {
    case .prepared(let summary):
      console.tell(
        TrainingProgress.sentence(summary), event: "prepared",
        [
          "slices": summary.slices, "samples": summary.samples, "parameters": summary.parameters,
          "scalars": summary.scalars, "missing_embeddings": summary.missingEmbeddings,
          "embedding_bytes": summary.embeddingBytes, "first_step": summary.firstStep,
        ])
    case .encoded(let done, let count, let left): encoded(done, count, left)
    case .timed(let steps, let seconds):
      console.tell(
        "A step takes \(number(seconds, 3)) s: \(steps) steps fit into the budget.", event: "timed",
        ["steps": steps, "seconds_per_step": seconds])
    case .stepped(let record, let steps, let left): stepped(record, steps, left)
    case .saved(let step, let path):
      if console.format == .json {
        console.tell("Saved step \(step).", event: "saved", ["step": step, "path": path])
      }
    case .warning(let text):
      console.endProgress()
      console.tell("warning: \(text)", event: "warning")
    case .finished(let adapter):
      console.endProgress()
      console.tell("The adapter is \(adapter).", event: "finished", ["adapter": adapter])
    }
  }

  private func encoded(_ done: Int, _ count: Int, _ left: Double) {
    let fields: [String: any Sendable] = ["done": done, "of": count, "seconds_left": left]
    // Long fills are announced in full once the first images have been timed.
    if done <= 4, left > 60 {
      console.tell(
        "Encoding \(count) images takes about \(duration(left)).", event: "encoding", fields)
    }
    console.progress("encoded \(done)/\(count)  \(duration(left)) left", event: "encoded", fields)
    if done == count { console.endProgress() }
  }

  private func stepped(_ record: StepRecord, _ steps: Int, _ left: Double) {
    console.progress(
      "step \(record.step)/\(steps)  loss \(number(record.loss, 4))  "
        + "rate \(String(format: "%.2g", record.lr))  \(duration(left)) left",
      event: "step",
      [
        "step": record.step, "epoch": record.epoch, "loss": record.loss, "ce": record.ce,
        "dice": record.dice, "lr": record.lr, "seconds": record.seconds, "seconds_left": left,
      ])
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

  private func duration(_ seconds: Double) -> String {
    if seconds < 90 { return "\(Int(seconds.rounded(.up))) s" }
    if seconds < 5400 { return "\(Int((seconds / 60).rounded(.up))) min" }
    return "\(number(seconds / 3600, 1)) h"
  }
}
