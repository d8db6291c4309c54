import ArgumentParser
import Foundation
import Reports
import Training

/// `graft bench`: compares methods on one pack and split, with equal budgets.
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Compares methods by number of exemplars, on the same test cases and budget.",
    discussion: """
      A plan is a YAML file; `methods`, `budget`, `pack`, `weights` and `out` must be there:

        pack: scans.h5
        weights: Weights/graft-small.safetensors
        out: runs/bench
        split: {exemplars: train, test: test}     # splits of the pack, or lists of cases
        methods:
          - decoder-lora
          - {name: samed, settings: {batch: 2}}   # settings of its recipe
          - {name: decoder-lora, label: never trained, weights: control.safetensors}
        exemplars: [1, 3, 5, 10]
        choices: {count: 3, selection: random}    # or spread, representative, nearest; or cases: [[a, b], [c, d]]
        seeds: [1]
        synthesis: [none]                         # or values of the recipe's key synthesis, with a label
        budget: {steps: 500}                      # or {seconds: 60} of training on the clock,
                                                  # or {processor_seconds: 120} over all threads
        settings: {image: {size: 192}}            # of all recipes
        keep_largest: true

      Across centres (a pack says each case's centre): a first model learns from the old centres, every method adapts it to a \
      new one, and both are tested. The method none is the first model as it is.

        centres:
          new: [B]                                # each in its turn
          old: [A, C]                             # all others where nothing is said
          first: {method: decoder-full, budget: {steps: 500}}

      Each combination is a cell with its result in OUT/cells. A cell that is done is not run again unless what decides it \
      has changed; after an interruption the same command goes on. At the end OUT has report.html, results.csv, \
      results.json and summary.md.

        graft bench plan.yaml --dry-run
        graft bench plan.yaml

      Several programs share the work by parts, on one machine or on several that share a disk. GNU parallel:

        parallel -j 4 graft bench plan.yaml --threads 1 --shard {}/4 ::: 1 2 3 4
        graft bench plan.yaml --merge

      Slurm:

        job=$(sbatch --parsable --array=1-8 --cpus-per-task=4 --wrap \\
          'graft bench plan.yaml --threads 4 --shard $SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT')
        sbatch --dependency=afterany:$job --wrap 'graft bench plan.yaml --merge'

      Machines that share no disk write into folders of their own (--out), which --merge --from A --from B brings together.
      """)

  @Argument(help: "The plan, a YAML file.") var plan: String
  @Option(help: "The folder for what the bench writes, in place of the plan's.") var out: String?
  @Option(help: "Run the i-th of n parts of the cells, as 2/8.", transform: BenchCommand.shard)
  var shard: BenchShard?
  @Flag(help: "Run nothing: write the report of the results that are there.") var merge = false
  @Option(help: "With --merge: take over the results of another bench's folder (repeatable).")
  var from: [String] = []
  @Flag(help: "Say which cells there are and what they would take, and stop.") var dryRun = false
  @Option(help: "The heads of the mask decoder's attention, where the checkpoint does not tell.")
  var decoderHeads: Int?
  @OptionGroup var common: CommonOptions

  private static func shard(_ text: String) throws -> BenchShard {
    guard let shard = BenchShard(text) else {
      throw ValidationError(
        "--shard is \(text); expected i/n, as 2/8 for the second of eight parts.")
    }
    return shard
  }

  func validate() throws {
    guard !merge || (shard == nil && !dryRun) else {
      throw ValidationError("--merge runs no cells; leave out --shard and --dry-run.")
    }
    guard from.isEmpty || merge else { throw ValidationError("--from goes with --merge.") }
    guard decoderHeads ?? 1 > 0 else {
      throw ValidationError("--decoder-heads is \(decoderHeads ?? 0); expected 1 or more.")
    }
  }

  func run() throws {
    let console = common.apply()
    let interruption = dryRun ? nil : Interruption()
    let progress = BenchProgress(console)
    let bench = try Bench(
      BenchPlan(contentsOf: plan, out: out), decoderHeads: decoderHeads,
      version: Graft.configuration.version,
      isInterrupted: { interruption?.isRequested ?? false }, report: progress.tell)
    if dryRun { return try tellEstimate(of: bench, console) }
    let tasks = try bench.tasks()
    if merge { return try mergeResults(bench, tasks, console) }
    let own = shard.map { shard in
      let names = Set(bench.plan.cells(of: shard).map(\.id))
      return tasks.filter { names.contains($0.cell.id) }
    }
    try run(own ?? tasks, of: tasks, bench, progress)
  }

  /// Runs cells, and writes the report where all of the plan's are there, or where this command runs all.
  private func run(
    _ own: [Bench.Task], of tasks: [Bench.Task], _ bench: Bench, _ progress: BenchProgress
  ) throws {
    let done = try own.count { try bench.isDone($0) }
    progress.begin(cells: own.count, done: done, of: tasks.count)
    let outcome = try bench.run(own)
    progress.end(skipped: outcome.skipped)
    let missing = try tasks.filter { try !bench.isDone($0) }
    if missing.isEmpty || (shard == nil && missing.count < tasks.count) {
      try BenchOutput(bench: bench, tasks: tasks).write(progress.console)
    }
    if let error = outcome.error { throw error }
  }

  /// Brings results together and writes the report of those that are there.
  private func mergeResults(_ bench: Bench, _ tasks: [Bench.Task], _ console: Console) throws {
    for folder in from {
      let taken = try bench.take(from: folder, tasks)
      console.tell(
        "\(taken) results were taken over from \(folder).", event: "taken",
        ["results": taken, "folder": folder])
    }
    let missing = try tasks.filter { try !bench.isDone($0) }
    if missing.count < tasks.count {
      try BenchOutput(bench: bench, tasks: tasks).write(console)
    }
    guard missing.isEmpty else {
      throw BenchError.incomplete(missing: missing.map(\.cell.id), total: tasks.count)
    }
  }

  /// Tells which cells there are, and by short trials what those that are not done would take.
  private func tellEstimate(of bench: Bench, _ console: Console) throws {
    let cells = shard.map(bench.plan.cells(of:)) ?? bench.plan.cells
    let estimate = try bench.estimate(of: shard)
    for cell in cells {
      console.print("\(estimate.done.contains(cell.id) ? "done " : "to do")  \(cell.id)")
    }
    console.tell(
      "\(cells.count) cells, of which \(estimate.done.count) are done.", event: "cells",
      ["cells": cells.count, "done": estimate.done.count])
    let parts = [
      ("encoding", estimate.encodingSeconds), ("training", estimate.trainingSeconds),
      ("prediction", estimate.predictionSeconds),
    ]
    console.tell(
      estimate: parts.filter { $0.1 > 0 }, memory: estimate.memoryBytes, disk: estimate.diskBytes)
  }
}
