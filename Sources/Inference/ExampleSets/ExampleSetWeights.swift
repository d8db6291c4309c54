public import Adaptation
public import Checkpoints
import Foundation
import Layers
public import Tensors

/// What was learned once, over many generated tasks, to use sets of exemplars: corrections of a model and the heads beside
/// it, as they lie in a file.
public struct ExampleSetWeights {
  /// The corrections there are.
  public var plan: Plan
  /// The SHA-256 of the weights they belong to.
  public var baseSHA256: String
  /// The tensors by name.
  public var tensors: [(String, Tensor)]

  /// The keys of the metadata.
  enum Key {
    static let format = "graft_example_sets"
    static let plan = "plan"
    static let base = "base_sha256"
  }

  /// Where the file lies that belongs to weights.
  public static func path(beside weights: String) -> String { weights + ".tasks" }

  /// What a network has learned.
  public init(of network: ExampleSetNetwork) {
    plan = network.model.plan
    baseSHA256 = network.model.baseSHA256
    tensors = network.learned.map { ($0.name, $0.value) }
  }

  /// Reads it from a file's tensors, those of the given names, and metadata.
  init(_ file: Checkpoint, names: [String]) throws {
    guard file.metadata[Key.format] == "1", let base = file.metadata[Key.base],
      let plan = file.metadata[Key.plan].flatMap({
        try? JSONDecoder().decode(Plan.self, from: Data($0.utf8))
      }), plan.rank > 0
    else {
      throw ExampleSetError.notWeights(
        file.source, reason: "its metadata is not what graft pretrain and graft task write")
    }
    self.plan = plan
    baseSHA256 = base
    tensors = try names.map { ($0, try file.tensor($0)) }
  }

  /// Reads the file that `graft pretrain` makes.
  public init(contentsOf path: String) throws {
    let file = try Checkpoint(contentsOf: path)
    try self.init(file, names: file.names)
  }

  /// What the metadata of the file say.
  public var metadata: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return [
        Key.format: "1", Key.base: baseSHA256,
        Key.plan: String(decoding: try encoder.encode(plan), as: UTF8.self),
      ]
    }
  }

  /// The network on the weights it belongs to; `name` stands for the file in errors.
  public func network(
    on base: Checkpoint, decoderHeads: Int? = nil, imageSize: Int? = nil, name: String
  ) throws -> ExampleSetNetwork {
    guard base.sha256 == baseSHA256 else {
      throw AdaptationError.foreignBase(
        adapter: name, expected: baseSHA256, weights: base.source, found: base.sha256)
    }
    let network = try ExampleSetNetwork(
      base: base, plan: plan, decoderHeads: decoderHeads, imageSize: imageSize, token: nil,
      using: Random(seed: 0))
    let file = Checkpoint(tensors, source: name)
    for parameter in network.learned {
      let value = try file.claim(parameter.name, parameter.shape)
      guard value.isFinite else {
        throw CheckpointError.notFinite(key: parameter.name, file: name)
      }
      parameter.value = value
    }
    try file.finish()
    return network
  }
}
