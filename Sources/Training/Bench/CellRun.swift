import Adaptation
import Archives
import Exemplars
import Foundation
import Inference
import Tensors
import Volumes

/// Runs one cell: adapts, predicts the test cases, and scores them.
///
/// Everything is written into the cell's folder; its result is the last file, so that a cell that is cut off at any moment
/// counts as not run.
struct CellRun {
  let bench: Bench
  let task: Bench.Task

  private var cell: BenchCell { task.cell }

  /// What a method left behind, and what it took.
  private struct Adaptation {
    /// What predicts which test cases.
    var predictions: [(tests: [String], prediction: VolumePrediction)]
    var trainedParameters: Int
    var steps: Int?
    var encoding = CellResult.Cost(seconds: 0, processorSeconds: 0)
    var encodedImages = 0
    var training: CellResult.Cost
    var curve: [CellResult.CurvePoint] = []
    var recipe: Recipe
  }

  /// What came of the test cases, and what that took without the scoring.
  private struct Outcome {
    var scores: [CellResult.Score] = []
    var slices = 0
    var encodedSlices = 0
    var cost = CellResult.Cost(seconds: 0, processorSeconds: 0)
  }

  /// The cell's result.
  /// - Throws: what keeps the method from its end; `BenchError.interrupted` where the user asked to stop.
  func result() throws -> CellResult {
    Memory.trim()
    ProcessMemory.resetPeak()
    let adaptation = try adapted()
    let outcome = try predicted(adaptation.predictions)
    return CellResult(
      fingerprint: task.fingerprint, cell: cell, exemplars: task.exemplars,
      byQuery: task.byQuery, scores: outcome.scores, unit: try unit(),
      trainedParameters: adaptation.trainedParameters, steps: adaptation.steps,
      encoding: adaptation.encoding, encodedImages: adaptation.encodedImages,
      training: adaptation.training, prediction: outcome.cost, encodedSlices: outcome.encodedSlices,
      slices: outcome.slices, peakMemoryBytes: ProcessMemory.peak, curve: adaptation.curve,
      recipe: try adaptation.recipe.withoutPaths().yaml(),
      weightsSHA256: try bench.weights[adaptation.recipe.weights]
        ?? Digest.sha256(ofFile: adaptation.recipe.weights),
      packSHA256: bench.packSHA256, version: bench.version, threads: Threads.count,
      instructionSet: Processor.instructionSet)
  }

  private func unit() throws -> String {
    let units = try Set(bench.tests(of: cell).map { try bench.pack.entry($0).geometry.unit })
    return units.count == 1 ? units.first?.rawValue ?? "mm" : "mixed"
  }

  private func adapted() throws -> Adaptation {
    try bench.firstModel(of: cell)?.make(
      decoderHeads: bench.decoderHeads, version: bench.version,
      isInterrupted: bench.isInterrupted
    ) { bench.report(.trained(cell, $0)) }
    let recipe = try bench.recipe(cell, exemplars: task.exemplars)
    switch BenchMethod(bench.method(cell.method).name) {
    case .direct(let method)?: return try made(by: method, recipe)
    default: return try trained(recipe)
    }
  }

  /// Trains as a recipe says; the adapter stays in the cell's folder.
  private func trained(_ recipe: Recipe) throws -> Adaptation {
    var curve = LossCurve()
    let store = try bench.store(of: recipe)
    let trainer = try Trainer(
      recipe, decoderHeads: bench.decoderHeads, store: store, version: bench.version,
      isInterrupted: bench.isInterrupted
    ) { event in
      curve.take(event)
      bench.report(.trained(cell, event))
    }
    let summary = try trainer.summary()
    var meter = CostMeter()
    try trainer.encode()
    let encoding = meter.spent
    meter = CostMeter()
    try trainer.run()
    let training = meter.spent
    try FileManager.default.removeItem(atPath: "\(bench.folder.run(cell))/snapshot")
    let parts = trainer.parts
    parts.segmenter.freeze()
    let prediction = VolumePrediction(
      StoredSegmenter(parts.segmenter, store: store) ?? parts.segmenter,
      preparation: parts.preparation, labels: parts.labels, keepsLargest: bench.plan.keepsLargest)
    return Adaptation(
      predictions: [(bench.tests(of: cell), prediction)], trainedParameters: summary.scalars,
      steps: curve.steps, encoding: encoding, encodedImages: summary.missingEmbeddings,
      training: training, curve: curve.points, recipe: trainer.recipe)
  }

  /// Predicts and scores the test cases, and keeps the masks where they are wanted.
  private func predicted(
    _ predictions: [(tests: [String], prediction: VolumePrediction)]
  ) throws -> Outcome {
    var outcome = Outcome()
    var done = 0
    let total = try predictions.reduce(0) { try $0 + bench.slices(of: $1.tests, $1.prediction) }
    for (tests, prediction) in predictions {
      let scoring = CaseScoring(labels: prediction.labels)
      for test in tests {
        let image = try bench.pack.image(test)
        let meter = CostMeter()
        let labels = try prediction.labels(of: image, case: test) { slice, _ in
          if bench.isInterrupted() { throw interrupted }
          bench.report(.predicted(cell, done + slice, of: total))
        }
        if let stored = prediction.segmenter as? StoredSegmenter {
          outcome.encodedSlices += try stored.keep()
        }
        outcome.cost += meter.spent
        done += try bench.slices(of: [test], prediction)
        if bench.plan.keepsMasks {
          try labels.write("\(bench.folder.masks(cell))/\(test).nii.gz")
        }
        outcome.scores += scoring.scores(of: labels, try bench.pack.classes(test), case: test)
      }
    }
    outcome.slices = total
    return outcome
  }

  /// That the user asked to stop; the bench fills in how much is done.
  private var interrupted: BenchError { .interrupted(cell: cell.id, done: 0, total: 0) }

  /// Lets a method without recipe make something of the exemplars, for all test cases or for those with the same ones.
  private func made(by method: any ExemplarMethod.Type, _ recipe: Recipe) throws -> Adaptation {
    let meter = CostMeter()
    let tests = bench.tests(of: cell)
    let groups =
      task.byQuery.map { byQuery in
        Dictionary(grouping: tests) { byQuery[$0] ?? task.exemplars }
          .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      } ?? [(key: task.exemplars, value: tests)]
    var (parameters, steps): (Int, Int?) = (0, nil)
    let preparation = try bench.preparation(of: recipe)
    let predictions = try groups.map { exemplars, tests in
      let outcome = try method.outcome(
        of: ExemplarTask(
          pack: bench.pack, exemplars: exemplars, recipe: recipe, preparation: preparation,
          decoderHeads: bench.decoderHeads, store: bench.store(of: recipe),
          isInterrupted: bench.isInterrupted))
      if bench.isInterrupted() { throw interrupted }
      (parameters, steps) = (outcome.trainedParameters, outcome.steps)
      return (
        tests,
        VolumePrediction(
          outcome.segmenter, preparation: outcome.preparation,
          labels: RunParts.labels(of: bench.pack),
          keepsLargest: bench.plan.keepsLargest)
      )
    }
    return Adaptation(
      predictions: predictions, trainedParameters: parameters, steps: steps,
      training: meter.spent, recipe: recipe)
  }
}
