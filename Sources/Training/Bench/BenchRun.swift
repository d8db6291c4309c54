import Archives
public import Failures
import Foundation

extension Bench {
  /// Runs the tasks that have no result, one after the other.
  ///
  /// What goes wrong with a method on its exemplars is written into the cell's folder and told, and the next cell's turn
  /// comes; what concerns all cells, such as a full disk, ends the work. A cell that another program is at work on is left
  /// to it.
  ///
  /// - Returns: the tasks that failed with the first failure's words and kind, and those left to other programs.
  /// - Throws: `BenchError.interrupted` where the user asked to stop.
  public func run(_ tasks: [Task]) throws -> RunOutcome {
    var outcome = RunOutcome()
    for task in tasks where try !isDone(task) {
      if isInterrupted() { throw try interrupted(before: task, tasks) }
      guard let lock = try FolderLock(ifFree: folder.cell(task.cell)) else {
        report(.skipped(task.cell))
        outcome.skipped.append(task.cell.id)
        continue
      }
      defer { lock.release() }
      // Another program may have run it while this one was at work on the cell before.
      if try isDone(task) { continue }
      do {
        try run(task)
      } catch let error as any Failure {
        try settle(error, of: task, tasks, &outcome)
      }
    }
    return outcome
  }

  /// What came of a run beside results.
  public struct RunOutcome: Sendable {
    /// The names of cells that failed.
    public var failed: [String] = []
    /// What the first failure says, and its kind.
    public var first: (reason: String, kind: FailureKind)?
    /// The names of cells that other programs are at work on.
    public var skipped: [String] = []

    /// The error that ends the command where cells failed.
    public var error: BenchError? {
      first.map { .failed(cells: failed, reason: $0.reason, kind: $0.kind) }
    }
  }

  private func run(_ task: Task) throws {
    report(.began(task.cell))
    try folder.clear(task.cell)
    let result = try CellRun(bench: self, task: task).result()
    try folder.write(result)
    report(.finished(result))
  }

  /// Notes a failure that is the cell's own, whose run stays to be looked at; any other ends the work.
  private func settle(
    _ error: any Failure, of task: Task, _ tasks: [Task], _ outcome: inout RunOutcome
  ) throws {
    switch error.kind {
    case .interrupted:
      try folder.clear(task.cell)
      throw try interrupted(before: task, tasks)
    case .usage, .storage:
      try folder.clear(task.cell)
      throw error
    case .badInput, .numbers:
      try folder.write(
        BenchFolder.CellFailure(fingerprint: task.fingerprint, reason: error.description),
        of: task.cell)
      report(.failed(task.cell, reason: error.description))
      outcome.failed.append(task.cell.id)
      if outcome.first == nil { outcome.first = (error.description, error.kind) }
    }
  }

  private func interrupted(before task: Task, _ tasks: [Task]) throws -> BenchError {
    .interrupted(
      cell: task.cell.id, done: try tasks.count { try isDone($0) }, total: tasks.count)
  }
}
