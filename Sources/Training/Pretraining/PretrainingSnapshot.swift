import Archives
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors

extension Pretrainer {
  /// Where a checkpoint's metadata keep the recipe that made it.
  public static let recipeKey = "pretraining_recipe"

  /// Where they keep the number of steps.
  static let stepsKey = "steps"
  /// On which terms what is learned from generated images is given.
  static let licence = "Apache-2.0; trained on generated images only"

  private enum Key {
    static let optimizer = "optimizer/"
  }

  /// Writes the model as a checkpoint of half-precision floats; the recipe and the steps are in its metadata.
  ///
  /// What learned beside it goes into a small file of its own, which another run needs to start from the checkpoint.
  public func writeModel(to path: String) throws {
    try write(model.inventory.parameters.map { $0 }, to: path)
    if steps > 0 { try write(heads.parameters, to: Self.headsPath(beside: path)) }
  }

  private func write(_ parameters: [Parameter], to path: String) throws {
    try Checkpoint(
      parameters.map { ($0.name, $0.value) }, source: path, metadata: try metadata
    ).writeSafetensors(to: path, as: .float16)
  }

  static func headsPath(beside path: String) -> String {
    path + ".heads"
  }

  /// Writes everything a resumed run needs to end in the same bits.
  public func writeSnapshot(to path: String) throws {
    let memory = descent.rule.memory.map { (Key.optimizer + $0.key, $0.value) }
    let tensors = everything.map { ($0.name, $0.value) } + memory
    try Checkpoint(tensors, source: path, metadata: try metadata).writeSafetensors(to: path)
  }

  /// Takes up a run where a snapshot left it.
  /// - Throws: `TrainingError.foreignSnapshot` when it belongs to another recipe.
  public func resume(from path: String) throws {
    let snapshot = try Checkpoint(contentsOf: path)
    guard snapshot.metadata[Self.recipeKey] == (try metadata)[Self.recipeKey],
      let steps = snapshot.metadata[Self.stepsKey].flatMap(Int.init)
    else {
      throw TrainingError.foreignSnapshot(path, reason: "its recipe differs from the one given")
    }
    for parameter in everything {
      parameter.value = try snapshot.claim(parameter.name, parameter.shape)
    }
    for name in snapshot.names where name.hasPrefix(Key.optimizer) {
      descent.rule.memory[String(name.dropFirst(Key.optimizer.count))] = try snapshot.claim(
        name, snapshot.shape(of: name) ?? [])
    }
    try snapshot.finish()
    self.steps = steps
  }

  /// Takes over the values of another run's snapshot, or of its checkpoint and the heads beside it; tables of positions
  /// are brought to this model's image size.
  /// - Throws: `CheckpointError` when the model differs in more than the image size.
  func take(from path: String) throws {
    let start = try Checkpoint(contentsOf: path)
    for parameter in model.inventory.parameters {
      parameter.value = try resized(parameter.name, to: parameter.shape, in: start)
    }
    let hasHeads = heads.parameters.allSatisfy { start.shape(of: $0.name) != nil }
    let beside = hasHeads ? start : try Checkpoint(contentsOf: Self.headsPath(beside: path))
    for parameter in heads.parameters {
      parameter.value = try beside.claim(parameter.name, parameter.shape)
    }
  }

  private func resized(
    _ name: String, to shape: [Int], in start: Checkpoint
  ) throws -> Tensor {
    let found = start.shape(of: name) ?? shape
    let isTable = name.hasSuffix("pos_embed") || name.contains(".rel_pos_")
    guard isTable, found != shape, found.count == shape.count, found.last == shape.last else {
      return try start.claim(name, shape)
    }
    let value = try start.claim(name, found)
    return shape.count == 4
      ? value.resizedChannelLast(height: shape[1], width: shape[2])
      : value.resized(axis: 0, to: shape[0])
  }

  private var metadata: [String: String] {
    get throws {
      [
        Self.recipeKey: try recipe.yaml(), Self.stepsKey: "\(steps)",
        "decoder_heads": "\(model.configuration.decoderHeads)",
        "licence": Self.licence,
      ]
    }
  }
}
