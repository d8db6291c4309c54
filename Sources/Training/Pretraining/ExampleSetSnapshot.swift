import Archives
import Checkpoints
import Inference
import Layers
import Tensors

extension ExampleSetTrainer {
  private static let optimizerPrefix = "optimizer/"

  /// Writes what was learned, in the recipe's share, as half-precision floats, to lie beside the weights it belongs to.
  package func writeModel(to path: String) throws {
    var weights = ExampleSetWeights(of: network)
    let share = Float(recipe.exampleSets.share)
    weights.tensors = zip(weights.tensors, start).map { learned, start in
      (learned.0, learned.1.scaled(by: share).adding(start.scaled(by: 1 - share)))
    }
    try Checkpoint(
      weights.tensors, source: path,
      metadata: try weights.metadata.merging(try metadata) { first, _ in first }
    ).writeSafetensors(to: path, as: .float16)
  }

  /// Writes everything a resumed run needs to end in the same bits.
  package func writeSnapshot(to path: String) throws {
    let memory = descent.rule.memory.map { (Self.optimizerPrefix + $0.key, $0.value) }
    try Checkpoint(
      network.learned.map { ($0.name, $0.value) } + memory, source: path, metadata: try metadata
    ).writeSafetensors(to: path)
  }

  /// Takes up a run where a snapshot left it.
  /// - Throws: `TrainingError.foreignSnapshot` when it belongs to another recipe.
  package func resume(from path: String) throws {
    let snapshot = try Checkpoint(contentsOf: path)
    guard snapshot.metadata[Pretrainer.recipeKey] == (try metadata)[Pretrainer.recipeKey],
      let steps = snapshot.metadata[Pretrainer.stepsKey].flatMap(Int.init)
    else {
      throw TrainingError.foreignSnapshot(path, reason: "its recipe differs from the one given")
    }
    for parameter in network.learned {
      parameter.value = try snapshot.claim(parameter.name, parameter.shape)
    }
    for name in snapshot.names where name.hasPrefix(Self.optimizerPrefix) {
      descent.rule.memory[String(name.dropFirst(Self.optimizerPrefix.count))] =
        try snapshot.claim(name, snapshot.shape(of: name) ?? [])
    }
    try snapshot.finish()
    self.steps = steps
  }

  private var metadata: [String: String] {
    get throws {
      [
        Pretrainer.recipeKey: try recipe.yaml(), Pretrainer.stepsKey: "\(steps)",
        "licence": Pretrainer.licence,
      ]
    }
  }
}
