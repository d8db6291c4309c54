import Adaptation
import Archives
import Checkpoints
import Foundation
import SegmentAnything
import Training

extension Inspection {
  /// The facts of a checkpoint or an adapter.
  static func checkpoint(_ path: String) throws -> [Fact.Entry] {
    let checkpoint = try Checkpoint(contentsOf: path)
    var facts: [Fact.Entry] = []
    let isAdapter = checkpoint.metadata["graft_adapter"] != nil
    let configuration = isAdapter ? nil : try model(in: checkpoint)
    facts.add("kind", isAdapter ? "adapter" : configuration == nil ? "tensors" : "model")
    facts.add("sha256", checkpoint.sha256)
    facts.add("tensors", .integer(checkpoint.names.count))
    // The directions of the positional encoding are a constant of the model, no parameter.
    let parameters = checkpoint.names.filter {
      !$0.hasSuffix("positional_encoding_gaussian_matrix")
    }
    let counts = parameters.map { checkpoint.shape(of: $0)?.reduce(1, *) ?? 0 }
    facts.add("parameters", .integer(counts.reduce(0, +)))
    let types = Set(checkpoint.names.compactMap { checkpoint.elementType(of: $0) }.map { "\($0)" })
    facts.add("datatypes", .list(types.sorted().map { .text($0) }))
    if let configuration { facts.add("configuration", configuration) }
    if isAdapter, let adapter = try? Adapter(checkpoint) {
      facts.add("method", adapter.plan.method.rawValue)
    }
    if !checkpoint.metadata.isEmpty {
      let entries = checkpoint.metadata.sorted { $0.key < $1.key }.map { key, value in
        Fact.Entry(name: key, value: structured(value))
      }
      facts.add("metadata", .facts(entries))
    }
    facts.add(
      "shapes",
      .facts(
        checkpoint.names.map { name in
          Fact.Entry(
            name: name, value: .list((checkpoint.shape(of: name) ?? []).map { .integer($0) }))
        }))
    return facts
  }

  /// The configuration of a Segment Anything model under the official or Hugging Face's names; nil where the tensors are
  /// no such model.
  private static func model(in checkpoint: Checkpoint) throws -> Fact? {
    guard let found = try? Configuration(of: checkpoint.withOfficialNames()) else { return nil }
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return try JSONDecoder().decode(Fact.self, from: encoder.encode(found))
  }

  /// The metadata's texts that are JSON objects or lists are shown as such.
  private static func structured(_ text: String) -> Fact {
    guard text.hasPrefix("{") || text.hasPrefix("[") else { return .text(text) }
    return (try? JSONDecoder().decode(Fact.self, from: Data(text.utf8))) ?? .text(text)
  }

  /// The facts of a run's folder.
  static func run(_ folder: String) throws -> [Fact.Entry] {
    guard let yaml = FileManager.default.contents(atPath: "\(folder)/recipe.yaml") else {
      throw InspectError.unknown(path: folder)
    }
    var facts: [Fact.Entry] = []
    facts.add("kind", "run")
    let recipe = try Recipe(
      yaml: String(decoding: yaml, as: UTF8.self), name: "\(folder)/recipe.yaml")
    facts.add("recipe", try JSONDecoder().decode(Fact.self, from: JSONEncoder().encode(recipe)))
    if let text = FileManager.default.contents(atPath: "\(folder)/environment.json") {
      facts.add("environment", structured(String(decoding: text, as: UTF8.self)))
    }
    let log = FileManager.default.contents(atPath: "\(folder)/metrics.jsonl") ?? Data()
    let lines = log.split(separator: UInt8(ascii: "\n"))
    facts.add("steps", .integer(lines.count))
    if let last = lines.last {
      facts.add("last_step", structured(String(decoding: last, as: UTF8.self)))
    }
    let adapter = "\(folder)/adapter.safetensors"
    if FileManager.default.fileExists(atPath: adapter) {
      facts.add("adapter_sha256", try Digest.sha256(ofFile: adapter))
    }
    facts.add(
      "state",
      FileManager.default.fileExists(atPath: adapter)
        ? "finished" : "not finished; tune --resume goes on")
    return facts
  }
}
