public import Checkpoints
import Foundation
import Layers
import SegmentAnything
public import Tensors

/// What training changed in a model, as it lies in a file: the tensors, and what is needed to use them again.
///
/// The file is safetensors; equal training gives equal bytes, since it holds no time, path or thread count.
public struct Adapter {
  /// A class of the adapted model.
  public struct Label: Codable, Equatable, Sendable {
    /// The name.
    public var name: String
    /// The value it has in label volumes.
    public var value: Int

    /// A class of a name and a value.
    public init(name: String, value: Int) {
      self.name = name
      self.value = value
    }
  }

  /// What learned, and which corrections there are.
  public var plan: Plan
  /// The SHA-256 of the base weights' file.
  public var baseSHA256: String
  /// How a volume becomes the encoder's images, as JSON of the type that does it.
  public var preprocessing: String
  /// The classes; class 1 first.
  public var labels: [Label]
  /// The tensors by name.
  public var tensors: [(String, Tensor)]

  private enum Key {
    static let format = "graft_adapter"
    static let plan = "plan"
    static let base = "base_sha256"
    static let preprocessing = "preprocessing"
    static let labels = "labels"
  }

  /// What a model has learned.
  public init(of model: any LearningSegmenter, preprocessing: String, labels: [Label]) {
    plan = model.plan.plain
    baseSHA256 = model.baseSHA256
    self.preprocessing = preprocessing
    self.labels = labels
    tensors = model.changes
  }

  /// Reads an adapter file.
  public init(contentsOf path: String) throws {
    try self.init(Checkpoint(contentsOf: path))
  }

  /// Reads an adapter from its tensors and metadata.
  public init(_ file: Checkpoint) throws {
    func text(_ key: String) throws -> String {
      guard let text = file.metadata[key] else {
        throw AdaptationError.notAnAdapter(
          file: file.source, reason: "its metadata has no \"\(key)\"")
      }
      return text
    }
    func value<Value: Decodable>(_ key: String) throws -> Value {
      do {
        return try JSONDecoder().decode(Value.self, from: Data(try text(key).utf8))
      } catch is DecodingError {
        throw AdaptationError.notAnAdapter(
          file: file.source, reason: "\"\(key)\" in its metadata is not what graft writes")
      }
    }
    guard try text(Key.format) == "1" else {
      throw AdaptationError.notAnAdapter(
        file: file.source,
        reason: "it has format \(try text(Key.format)), and this program reads format 1")
    }
    plan = try value(Key.plan)
    let classes = plan.classHeads?.classes ?? plan.promptTokens?.classes ?? 1
    guard plan.rank > 0, (1...255).contains(classes) else {
      throw AdaptationError.notAnAdapter(
        file: file.source, reason: "its plan has rank \(plan.rank), or no class, or more than 255")
    }
    guard (1...PromptTokens.mostTokens).contains(plan.promptTokens?.count ?? 1),
      plan.lastBlocks ?? 1 > 0
    else {
      throw AdaptationError.notAnAdapter(
        file: file.source, reason: "its plan has a number of tokens or blocks that cannot be")
    }
    labels = try value(Key.labels)
    baseSHA256 = try text(Key.base)
    preprocessing = try text(Key.preprocessing)
    tensors = try file.names.map { ($0, try file.tensor($0)) }
  }

  /// The metadata of the file; its keys, and those inside, are sorted.
  public var metadata: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return [
        Key.format: "1", Key.base: baseSHA256, Key.preprocessing: preprocessing,
        Key.plan: String(decoding: try encoder.encode(plan), as: UTF8.self),
        Key.labels: String(decoding: try encoder.encode(labels), as: UTF8.self),
      ]
    }
  }

  /// Writes the file as a whole, or leaves what was there.
  public func write(to path: String) throws {
    try Checkpoint(tensors, source: path, metadata: metadata).writeSafetensors(to: path)
  }

  /// The adapted model on the base weights the adapter was made for; `name` stands for the adapter in errors.
  /// - Throws: `AdaptationError.otherNetwork` for an adapter whose network is another.
  public func model(
    on base: Checkpoint, decoderHeads: Int? = nil, name: String
  ) throws -> AdaptedModel {
    guard plan.method.adaptsModel else {
      throw AdaptationError.otherNetwork(adapter: name, method: plan.method.rawValue)
    }
    try check(base, name: name)
    let model = try AdaptedModel(
      base: base, plan: plan, decoderHeads: decoderHeads, using: Random(seed: 0))
    try fill(model, name: name)
    return model
  }

  /// Refuses other base weights than those the adapter was made for; `name` stands for the adapter in errors.
  public func check(_ base: Checkpoint, name: String) throws(AdaptationError) {
    guard base.sha256 == baseSHA256 else {
      throw .foreignBase(
        adapter: name, expected: baseSHA256, weights: base.source, found: base.sha256)
    }
  }

  /// Puts the tensors into a network of the plan, all of whose changes they must be, and freezes it.
  public func fill(_ segmenter: any LearningSegmenter, name: String) throws {
    let given = Set(tensors.map(\.0))
    if let missing = segmenter.changes.first(where: { !given.contains($0.0) }) {
      throw AdaptationError.incomplete(adapter: name, key: missing.0)
    }
    try segmenter.fill(from: Checkpoint(tensors, source: name))
    segmenter.freeze()
  }
}
