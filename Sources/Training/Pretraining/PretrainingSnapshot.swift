import Archives
import Checkpoints
import Foundation
import Layers
import SegmentAnything
import Tensors

extension Pretrainer {
  private enum Key {
    static let recipe = "pretraining_recipe"
    static let steps = "steps"
    static let optimizer = "optimizer/"
  }

  /// Writes the model as a checkpoint of half-precision floats; the recipe and the steps are in its metadata.
  public func writeModel(to path: String) throws {
    let tensors = model.inventory.parameters.map { ($0.name, $0.value) }
    try Checkpoint(tensors, source: path, metadata: try metadata)
      .writeSafetensors(to: path, as: .float16)
  }

  /// Writes everything a resumed run needs to end in the same bits.
  public func writeSnapshot(to path: String) throws {
    let memory = optimizer.memory.map { (Key.optimizer + $0.key, $0.value) }
    let tensors = everything.map { ($0.name, $0.value) } + memory
    try Checkpoint(tensors, source: path, metadata: try metadata).writeSafetensors(to: path)
  }

  /// Takes up a run where a snapshot left it.
  /// - Throws: `TrainingError.foreignSnapshot` when it belongs to another recipe.
  public func resume(from path: String) throws {
    let snapshot = try Checkpoint(contentsOf: path)
    guard snapshot.metadata[Key.recipe] == (try metadata)[Key.recipe],
      let steps = snapshot.metadata[Key.steps].flatMap(Int.init)
    else {
      throw TrainingError.foreignSnapshot(path, reason: "its recipe differs from the one given")
    }
    for parameter in everything {
      parameter.value = try snapshot.claim(parameter.name, parameter.shape)
    }
    for name in snapshot.names where name.hasPrefix(Key.optimizer) {
      optimizer.memory[String(name.dropFirst(Key.optimizer.count))] = try snapshot.claim(
        name, snapshot.shape(of: name) ?? [])
    }
    try snapshot.finish()
    self.steps = steps
  }

  /// Takes over the values of another run's snapshot; tables of positions are brought to this model's image size.
  /// - Throws: `CheckpointError` when it is not a snapshot of a model that differs in the image size alone.
  func take(from path: String) throws {
    let snapshot = try Checkpoint(contentsOf: path)
    for parameter in everything {
      parameter.value = try resized(parameter.name, to: parameter.shape, in: snapshot)
    }
  }

  private func resized(
    _ name: String, to shape: [Int], in snapshot: Checkpoint
  ) throws -> Tensor {
    let found = snapshot.shape(of: name) ?? shape
    guard found != shape, found.count == shape.count, found.last == shape.last else {
      return try snapshot.claim(name, shape)
    }
    let value = try snapshot.claim(name, found)
    if name.hasSuffix("pos_embed") {
      return value.resizedChannelLast(height: shape[1], width: shape[2])
    }
    guard name.contains(".rel_pos_") else { return try snapshot.claim(name, shape) }
    return value.resized(axis: 0, to: shape[0])
  }

  private var metadata: [String: String] {
    get throws {
      [
        Key.recipe: try recipe.yaml(), Key.steps: "\(steps)",
        "decoder_heads": "\(model.configuration.decoderHeads)",
        "licence": "Apache-2.0; trained on generated images only",
      ]
    }
  }
}
