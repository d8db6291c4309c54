import Adaptation
import Exemplars
import Foundation
import Inference
import Volumes

/// What the cells of a bench that have no result are going to take, by short trials.
public struct BenchEstimate: Sendable {
  /// The names of cells that are done.
  public var done: Set<String> = []
  /// The seconds for exemplars and test cases to be encoded, each once.
  public var encodingSeconds = 0.0
  /// The seconds of training.
  public var trainingSeconds = 0.0
  /// The seconds of predicting test cases.
  public var predictionSeconds = 0.0
  /// The most memory in bytes; nil where the system does not say.
  public var memoryBytes: Int?
  /// The bytes of embeddings, adapters and masks on disk, at most.
  public var diskBytes = 0
}

extension Bench {
  /// What the cells that have no result would take on this machine; nothing is written.
  ///
  /// Each method is tried once for each synthesis: a few images are encoded, a few steps taken, a few slices predicted.
  /// Cells whose exemplars only encoding would tell count as not done and are tried with the first cases.
  public func estimate(of shard: BenchShard? = nil) throws -> BenchEstimate {
    let tasks = try tasks(of: shard, encodes: false)
    var estimate = BenchEstimate()
    estimate.done = Set(
      try tasks.filter { try isDone($0) }.map(\.cell.id))
    let open = tasks.filter { !estimate.done.contains($0.cell.id) }
    var frozen: Set<String> = []
    var groups: [(name: String, tasks: [Task])] = []
    for task in open {
      let name = "\(task.cell.method)\n\(task.cell.synthesis ?? "")"
      if let place = groups.firstIndex(where: { $0.name == name }) {
        groups[place].tasks.append(task)
      } else {
        groups.append((name, [task]))
      }
    }
    for group in groups {
      switch BenchMethod(method(group.tasks[0].cell.method).name) {
      case .direct(let direct)?: try add(direct, group.tasks, to: &estimate)
      default: try add(learning: group.tasks, to: &estimate, &frozen)
      }
    }
    try add(firstModelsOf: open, to: &estimate)
    estimate.memoryBytes = [estimate.memoryBytes, ProcessMemory.peak].compactMap(\.self).max()
    return estimate
  }

  /// Tries a learning method with the exemplars of all its cells; `frozen` are the frozen layers and images counted so far.
  private func add(
    learning tasks: [Task], to estimate: inout BenchEstimate, _ frozen: inout Set<String>
  ) throws {
    let exemplars = Set(tasks.flatMap(\.exemplars)).sorted()
    let seeds = Set(tasks.map(\.cell.seed)).count
    let recipe = try triedRecipe(tasks[0].cell, exemplars: exemplars)
    let trainer = try Trainer(recipe, decoderHeads: decoderHeads, version: version) { _ in }
    let parts = trainer.parts
    let run = try trainer.estimate()
    let stored = StoredSegmenter(parts.segmenter, store: parts.fill?.store)
    let prediction = VolumePrediction(
      stored ?? parts.segmenter, preparation: parts.preparation, labels: parts.labels,
      keepsLargest: plan.keepsLargest)
    let test = try pack.image(tests[0])
    let first = try prediction.trial(of: test, case: tests[0]).seconds
    let again = try stored == nil ? first : prediction.trial(of: test, case: tests[0]).seconds
    let slices = try Double(slices(of: tests, prediction))
    if let cut = parts.segmenter.cut, frozen.insert(try frozenName(recipe, cut)).inserted {
      estimate.encodingSeconds += run.encodingSeconds * Double(seeds)
      estimate.encodingSeconds += slices * max(0, first - again)
      estimate.diskBytes += try trainer.summary().embeddingBytes * seeds
      let shape = parts.segmenter.frozenShape(imageSize: parts.preparation.size)
      estimate.diskBytes += Int(slices) * 4 * shape.reduce(1, *)
    }
    estimate.trainingSeconds += run.trainingSeconds * Double(tasks.count)
    estimate.predictionSeconds += slices * again * Double(tasks.count)
    estimate.diskBytes += (4 * parts.segmenter.learningCount + 64 << 10) * tasks.count
    estimate.memoryBytes = [estimate.memoryBytes, run.memoryBytes].compactMap(\.self).max()
  }

  /// A cell's recipe, away from a run that an earlier plan may have left in its folder; where its first model is not made
  /// yet, a model with fresh heads stands for it.
  private func triedRecipe(_ cell: BenchCell, exemplars: [String]) throws -> Recipe {
    let first = try firstModel(of: cell)
    return try plan.recipe(
      method(cell.method), seed: cell.seed, exemplars: exemplars, synthesis: synthesis(of: cell),
      out: "\(folder.run(cell)) (trial)", first: first?.isMade ?? false ? first?.weights : nil)
  }

  /// Adds what the first models take that are not made yet.
  private func add(firstModelsOf tasks: [Task], to estimate: inout BenchEstimate) throws {
    var seen: Set<String> = []
    for task in tasks {
      guard let first = try firstModel(of: task.cell), !first.isMade,
        seen.insert(first.folder).inserted
      else { continue }
      var recipe = first.recipe
      recipe.out += " (trial)"
      let trainer = try Trainer(recipe, decoderHeads: decoderHeads, version: version) { _ in }
      let run = try trainer.estimate()
      estimate.encodingSeconds += run.encodingSeconds
      estimate.trainingSeconds += run.trainingSeconds
      estimate.diskBytes += run.diskBytes + 4 * trainer.parts.segmenter.count
    }
  }

  /// What decides whether two methods share what is encoded.
  private func frozenName(_ recipe: Recipe, _ cut: String) throws -> String {
    var bare = try Recipe(
      weights: recipe.weights, pack: recipe.pack, settings: [], name: plan.file)
    (bare.image, bare.slices, bare.augment) = (recipe.image, recipe.slices, recipe.augment)
    (bare.precision, bare.store) = (recipe.precision, recipe.store)
    return "\(cut) \(try bare.yaml())"
  }

  /// Tries a method without recipe on the cell with the fewest exemplars.
  private func add(
    _ method: any ExemplarMethod.Type, _ tasks: [Task], to estimate: inout BenchEstimate
  ) throws {
    guard let task = tasks.min(by: { $0.exemplars.count < $1.exemplars.count }) else { return }
    guard try firstModel(of: task.cell)?.isMade ?? true else { return }
    let recipe = try recipe(task.cell, exemplars: task.exemplars)
    let meter = CostMeter()
    let outcome = try method.outcome(
      of: ExemplarTask(
        pack: pack, exemplars: task.exemplars, recipe: recipe,
        preparation: try preparation(of: recipe), decoderHeads: decoderHeads,
        store: store(of: recipe), isInterrupted: isInterrupted))
    estimate.trainingSeconds += meter.spent.seconds * Double(tasks.count)
    let prediction = VolumePrediction(
      outcome.segmenter, preparation: outcome.preparation, labels: RunParts.labels(of: pack),
      keepsLargest: plan.keepsLargest)
    let trial = try prediction.trial(of: try pack.image(tests[0]), case: tests[0])
    estimate.predictionSeconds +=
      try Double(slices(of: tests, prediction)) * trial.seconds * Double(tasks.count)
  }

  /// How many slices cases have as a prediction cuts them.
  func slices(of cases: [String], _ prediction: VolumePrediction) throws -> Int {
    try cases.reduce(0) {
      try $0 + prediction.preparation.plane.slices(of: pack.entry($1).geometry).count
    }
  }
}
