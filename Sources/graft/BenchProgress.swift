import Foundation
import Training

/// Tells a bench's events to the user: one line for all cells, and one for each that is done.
final class BenchProgress {
  let console: Console
  private var work: Work?
  private var placing: Work?
  private var done = 0

  /// Tells them to a console.
  init(_ console: Console) { self.console = console }

  /// Begins the line of some cells, of which some are done.
  func begin(cells: Int, done: Int, of all: Int) {
    self.done = done
    let part = cells == all ? "" : " (a part of \(all))"
    console.tell(
      "\(cells) cells\(part), of which \(done) are done.", event: "cells",
      ["cells": cells, "done": done, "all_cells": all])
    work = console.work("bench", total: cells, done: done, showsMemory: true)
  }

  /// Ends it.
  func end(skipped: [String]) {
    console.clearLine()
    guard !skipped.isEmpty else { return }
    console.tell(
      "\(skipped.count) cells were left to other programs that are at work on them.",
      event: "left", ["cells": skipped])
  }

  /// Tells one event.
  func tell(_ event: BenchEvent) {
    switch event {
    case .placed(let count, let total):
      let work = placing ?? console.work("look at cases", total: total)
      placing = work
      work.mark(Double(count))
      if count == total { console.clearLine() }
    case .began(let cell): mark(0, cell, "")
    case .trained(let cell, let event): tell(event, of: cell)
    case .predicted(let cell, let slice, let total):
      mark(0.75 + 0.24 * Double(slice) / Double(max(1, total)), cell, "predicting")
    case .finished(let result): tell(result)
    case .failed(let cell, let reason):
      done += 1
      console.tell(
        "\(cell.id) failed: \(reason)", event: "failed", ["cell": cell.id, "reason": reason])
    case .skipped(let cell):
      done += 1
      if console.format == .json {
        console.tell("\(cell.id) is left to another program.", event: "left", ["cell": cell.id])
      }
    }
  }

  /// The share of a cell that is done; encoding counts a tenth, training up to three quarters.
  private func tell(_ event: TrainingEvent, of cell: BenchCell) {
    switch event {
    case .encoded(let done, let total):
      mark(0.1 * Double(done) / Double(max(1, total)), cell, "encoding \(done)/\(total)")
    case .stepped(let record, let steps):
      mark(
        0.1 + 0.65 * Double(record.step) / Double(steps), cell, "step \(record.step)/\(steps)")
    case .warning(let text):
      console.tell("warning: \(cell.id): \(text)", event: "warning", ["cell": cell.id])
    default: break
    }
  }

  private func mark(_ share: Double, _ cell: BenchCell, _ doing: String) {
    work?.mark(
      Double(done) + share, detail: "\(cell.id)  \(doing)", ["cell": cell.id, "doing": doing])
  }

  private func tell(_ result: CellResult) {
    done += 1
    let values = result.scores.compactMap { $0.values["dice"] ?? nil }
    let dice = values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
    let words = dice.map { String(format: "Dice %.3f", $0) } ?? "no Dice is defined"
    let seconds = String(
      format: "training %.0f s, prediction %.0f s", result.training.seconds,
      result.prediction.seconds)
    var fields: [String: any Sendable] = [
      "cell": result.cell.id, "training_seconds": result.training.seconds,
      "encoding_seconds": result.encoding.seconds,
      "prediction_seconds": result.prediction.seconds,
    ]
    fields["dice"] = dice
    console.tell("\(result.cell.id): \(words); \(seconds)", event: "cell", fields)
    work?.mark(Double(done), detail: "", ["cell": result.cell.id])
  }
}
