import Checkpoints
import Foundation
import Layers
import SegmentAnything
import TestKit
import Tensors
import Testing
import Training

/// Pretraining from scratch: recipes, exact resume, the checkpoint at the end.
struct PretrainingTests {
  private func recipe(
    _ folder: URL, steps: Int, image: Int = 32, overrides: [String] = []
  ) throws -> PretrainingRecipe {
    try PretrainingRecipe(
      yaml: """
        out: \(folder.path)/small.safetensors
        model: {image: \(image), patch: 8, width: 16, depth: 2, heads: 2, window: 2, global: [1], neck: 32, mlp: 16}
        batch: 4
        validation: {tasks: 2, every: 2}
        steps: \(steps)
        snapshot: 2
        """, name: "test.yaml", overrides: overrides)
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

  @Test
  func `a run starts from the snapshot of another image size and keeps what does not depend on it`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let small = try Pretrainer(recipe(folder, steps: 1))
    _ = small.step()
    let snapshot = folder.appendingPathComponent("first.snapshot").path
    try small.writeSnapshot(to: snapshot)
    let large = try Pretrainer(
      recipe(folder, steps: 1, image: 48, overrides: ["start=\(snapshot)"]))
    let before = small.model.inventory.parameters.map { ($0.name, $0.value) }
    for ((name, value), parameter) in zip(before, large.model.inventory.parameters) {
      #expect(name == parameter.name)
      let isTable = name.hasSuffix("pos_embed") || name.contains("blocks.1.attn.rel_pos")
      #expect(isTable == (value.shape != parameter.shape), "\(name)")
      #expect(isTable || value == parameter.value, "\(name)")
    }
    #expect(large.step().scores.parts.loss.isFinite)
    let checkpoint = folder.appendingPathComponent("first.safetensors").path
    try small.writeModel(to: checkpoint)
    let again = try Pretrainer(recipe(folder, steps: 1, overrides: ["start=\(checkpoint)"]))
    #expect(again.step().scores.parts.loss.isFinite)
    try FileManager.default.removeItem(atPath: folder.path + "/first.safetensors.heads")
    #expect(throws: CheckpointError.self) {
      try Pretrainer(recipe(folder, steps: 1, overrides: ["start=\(checkpoint)"]))
    }
    #expect(throws: CheckpointError.self) {
      try Pretrainer(
        recipe(folder, steps: 1, overrides: ["start=\(snapshot)", "model.width=32"]))
    }
  }

  @Test func `no steps write the model at its start, the same one that training begins with`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = try recipe(folder, steps: 0)
    try PretrainingRun(recipe, interruption: Interruption())(resuming: false) { _ in }
    let written = try Checkpoint(contentsOf: recipe.out)
    for parameter in try Pretrainer(recipe).model.inventory.parameters {
      let value = try written.tensor(parameter.name)
      #expect(
        zip(value.values, parameter.value.values).allSatisfy {
          abs($0 - $1) <= 1e-3 * max(1, abs($1))
        })
    }
  }

  @Test func `training lowers the losses on tasks it never saw, and the curve is written down`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let recipe = try recipe(
      folder, steps: 30, overrides: ["validation.every=30", "optimizer.warmup=1"])
    let start = try Pretrainer(recipe).validate()
    var end: Pretrainer.Scores?
    try PretrainingRun(recipe, interruption: Interruption())(resuming: false) {
      if case .validated(_, let scores) = $0 { end = scores }
    }
    #expect(try #require(end).parts.loss < start.parts.loss)
    #expect(try #require(end).classes.loss < start.classes.loss)
    let rows = try String(contentsOfFile: recipe.out + ".curve.csv", encoding: .utf8)
      .split(separator: "\n")
    #expect(rows.count == 2)
    #expect(rows[0] == "step,parts_dice,classes_dice,mask_iou,box_iou,point_iou,points_iou")
    #expect(rows[1].hasPrefix("30,"))
  }

  @Test func `unknown keys and impossible sizes are refused`() {
    #expect(throws: RecipeError.self) { try PretrainingRecipe(yaml: "stepz: 3", name: "a") }
    #expect(throws: RecipeError.self) { try PretrainingRecipe(yaml: "steps: -1", name: "a") }
    for text in [
      "model: {image: 100}", "batch: 3", "subjects: 1", "optimizer: {total: 10}",
      "validation: {every: 0}", "tasks: 4",
    ] {
      #expect(throws: RecipeError.self) { try PretrainingRecipe(yaml: text, name: "a") }
    }
  }
}
