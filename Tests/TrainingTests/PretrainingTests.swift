import Checkpoints
import Foundation
import SegmentAnything
import TestKit
import Tensors
import Testing
import Training

/// Pretraining from scratch: recipes, exact resume, the checkpoint at the end.
struct PretrainingTests {
  private func recipe(_ folder: URL, steps: Int) throws -> PretrainingRecipe {
    try PretrainingRecipe(
      yaml: """
        out: \(folder.path)/small.safetensors
        model: {image: 32, patch: 8, width: 16, depth: 2, heads: 2, window: 2, global: [1], neck: 32, mlp: 16}
        tasks: 2
        batch: 2
        steps: \(steps)
        snapshot: 2
        """, name: "test.yaml")
  }

  @Test func `a resumed run ends in the bytes of an uninterrupted one, for one thread and two`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = try recipe(folder, steps: 4)
    let interruption = Interruption()
    try PretrainingRun(recipe, interruption: interruption)(resuming: false) { _ in }
    let whole = try Data(contentsOf: folder.appendingPathComponent("small.safetensors"))
    let pretrainer = try Pretrainer(recipe)
    _ = pretrainer.step()
    _ = pretrainer.step()
    try pretrainer.writeSnapshot(to: recipe.out + ".snapshot")
    Threads.use(1)
    defer { Threads.use(0) }
    try PretrainingRun(recipe, interruption: interruption)(resuming: true) { _ in }
    #expect(try Data(contentsOf: folder.appendingPathComponent("small.safetensors")) == whole)
  }

  @Test func `the checkpoint is a Segment Anything model of the recipe's sizes`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = try recipe(folder, steps: 1)
    try PretrainingRun(recipe, interruption: Interruption())(resuming: false) { _ in }
    let model = try Sam(Checkpoint(contentsOf: recipe.out))
    #expect(model.configuration.imageSize == 32)
    #expect(model.configuration.globalBlocks == [1])
  }

  @Test func `a snapshot of another recipe and a missing one are refused`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let run = PretrainingRun(try recipe(folder, steps: 2), interruption: Interruption())
    #expect(throws: TrainingError.self) { try run(resuming: true) { _ in } }
    try run(resuming: false) { _ in }
    let other = PretrainingRun(try recipe(folder, steps: 3), interruption: Interruption())
    #expect(throws: TrainingError.self) { try other(resuming: true) { _ in } }
  }

  @Test func `unknown keys and impossible sizes are refused`() {
    #expect(throws: RecipeError.self) { try PretrainingRecipe(yaml: "stepz: 3", name: "a") }
    #expect(throws: RecipeError.self) { try PretrainingRecipe(yaml: "steps: 0", name: "a") }
    #expect(throws: RecipeError.self) {
      try PretrainingRecipe(yaml: "model: {image: 100}", name: "a")
    }
  }
}
