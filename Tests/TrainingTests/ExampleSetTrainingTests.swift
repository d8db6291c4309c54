import Adaptation
import Archives
import Checkpoints
import Exemplars
import Foundation
import Inference
import Layers
import SegmentAnything
import TestKit
import Tensors
import Testing
import Training
import Volumes

/// Training what uses sets of exemplars, and tuning a task on its own.
struct ExampleSetTrainingTests {
  /// A small pretrained model with its heads, in a folder of its own.
  private func start(_ folder: URL) throws -> PretrainingRecipe {
    let model = try PretrainingRecipe(
      yaml: """
        out: \(folder.path)/small.safetensors
        model: {image: 32, patch: 8, width: 16, depth: 2, heads: 2, window: 2, global: [1], neck: 32, mlp: 16}
        batch: 2
        validation: {tasks: 1, every: 1}
        steps: 1
        """, name: "model.yaml")
    try PretrainingRun(model, interruption: Interruption())(resuming: false) { _ in }
    return try recipe(folder)
  }

  private func recipe(_ folder: URL, _ overrides: [String] = []) throws -> PretrainingRecipe {
    try PretrainingRecipe(
      yaml: """
        out: \(folder.path)/small.safetensors.tasks
        objective: example-sets
        start: \(folder.path)/small.safetensors
        example_sets: {rank: 2}
        subjects: 3
        batch: 6
        validation: {tasks: 2, every: 2}
        optimizer: {warmup: 1, rate: 0.01}
        steps: 4
        snapshot: 2
        """, name: "sets.yaml", overrides: overrides)
  }

  @Test func `training lowers the loss on unseen tasks, and a resumed run ends in the same bytes`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = try start(folder)
    var scores: [Pretrainer.Scores] = []
    let run = PretrainingRun(recipe, interruption: Interruption())
    try run(resuming: false) {
      if case .validated(_, let found) = $0 { scores.append(found) }
    }
    #expect(scores.count == 2)
    #expect(scores.allSatisfy { $0.sets.keys.sorted() == [1, 4] && $0.shown.loss.isFinite })
    let whole = try Data(contentsOf: URL(fileURLWithPath: recipe.out))
    let rows = try String(contentsOfFile: recipe.out + ".curve.csv", encoding: .utf8)
      .split(separator: "\n")
    #expect(rows[0] == "step,dice_of_1,dice_of_4")
    #expect(rows.count == 3)
    Threads.use(1)
    defer { Threads.use(0) }
    let again = folder.appendingPathComponent("again")
    try FileManager.default.createDirectory(at: again, withIntermediateDirectories: true)
    let second = try self.recipe(folder, ["out=\(again.path)/small.safetensors.tasks"])
    let trainer = try ExampleSetTrainer(second)
    _ = trainer.step()
    _ = trainer.step()
    try trainer.writeSnapshot(to: second.out + ".snapshot")
    try PretrainingRun(second, interruption: Interruption())(resuming: true) { _ in }
    #expect(try Data(contentsOf: URL(fileURLWithPath: second.out)) == whole)
  }

  @Test func `what was learned belongs to its weights, and a start is needed`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = try start(folder)
    try PretrainingRun(recipe, interruption: Interruption())(resuming: false) { _ in }
    let weights = try ExampleSetWeights(contentsOf: recipe.out)
    #expect(ExampleSetWeights.path(beside: recipe.start) == recipe.out)
    let base = try Checkpoint(contentsOf: recipe.start)
    let network = try weights.network(on: base, name: recipe.out)
    #expect(network.grid == 4)
    #expect(throws: RecipeError.self) { try self.recipe(folder, ["start=none"]) }
    #expect(throws: RecipeError.self) { try self.recipe(folder, ["example_sets.rank=0"]) }
    #expect(throws: RecipeError.self) { try self.recipe(folder, ["example_sets.share=1.5"]) }
    let start = try self.recipe(folder, ["out=\(folder.path)/start.tasks", "example_sets.share=0"])
    try PretrainingRun(start, interruption: Interruption())(resuming: false) { _ in }
    let fresh = try ExampleSetTrainer(recipe)
    for ((name, value), parameter) in zip(
      try ExampleSetWeights(contentsOf: start.out).tensors.sorted { $0.0 < $1.0 },
      fresh.network.learned.sorted { $0.name < $1.name })
    {
      #expect(name == parameter.name)
      #expect(zip(value.values, parameter.value.values).allSatisfy { abs($0 - $1) < 1e-3 })
    }
    try FileManager.default.removeItem(atPath: recipe.start + ".heads")
    #expect(throws: CheckpointError.self) {
      try PretrainingRun(
        self.recipe(folder, ["out=\(folder.path)/other"]), interruption: Interruption())(
          resuming: false
        ) { _ in }
    }
  }

  /// The base weights; of each reading every tensor is claimed once.
  private func base() throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.safetensors"))
  }

  /// A task of pictures of a disc, drawn by the given generator.
  private func task(_ count: Int) throws -> TaskFile {
    let network = try ExampleSetNetwork(base: base(), token: nil, using: Random(seed: 1))
    var random = Random(seed: 5)
    let exemplars = (0..<count).map { index -> ExampleSlice in
      let (x, y) = (random.uniform(8, 24), random.uniform(8, 24))
      let classes = (0..<1024).map { at -> UInt8 in
        let (dx, dy) = (Float(at % 32) - x, Float(at / 32) - y)
        return dx * dx + dy * dy < 36 ? 1 : 0
      }
      let image = Tensor(
        [3, 128, 128],
        (0..<3 * 128 * 128).map { at in
          let (row, column) = (at / 128 % 128 / 4, at % 128 / 4)
          return Float(classes[row * 32 + column]) + 0.3 * random.normal()
        })
      return ExampleSlice(
        caseName: "picture \(index)", place: nil, embedding: network.embedding(of: image),
        classes: classes, grid: 8, count: 2)
    }
    return TaskFile(
      weights: ExampleSetWeights(of: network),
      preparation: ImagePreparation(
        size: 128, resize: .square, normalise: .none, plane: .acquired),
      labels: [.init(name: "disc", value: 1)], exemplars: exemplars)
  }

  @Test func `tuning tells what it gains on exemplars left out, the same each time`() throws {
    let task = try task(4)
    var numbers = TaskTuning.Numbers()
    (numbers.steps, numbers.batch) = (15, 2)
    var steps = 0
    let tuning = try TaskTuning(task, on: base(), name: "disc.task", numbers: numbers)
    let (tuned, outcome) = try tuning { if case .stepped = $0 { steps += 1 } }
    #expect(outcome.after > outcome.before)
    #expect(steps == 30)
    #expect(tuned.tunedSteps == 15)
    let (again, other) = try tuning { _ in }
    #expect(outcome == other)
    for ((name, value), (_, second)) in zip(tuned.weights.tensors, again.weights.tensors) {
      #expect(value == second, "\(name)")
    }
  }

  @Test func `a task of too few slices is not tuned`() throws {
    #expect(throws: ExampleSetError.tooFew(task: "disc.task", slices: 1)) {
      try TaskTuning(task(1), on: base(), name: "disc.task")
    }
  }
}
