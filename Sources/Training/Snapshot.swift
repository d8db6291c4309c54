import Archives
import Checkpoints
import Failures
import Foundation
import Tensors

/// The state of a run after a number of steps: all it takes to go on in the same bits.
///
/// The order of samples and all other random numbers are functions of the seed and the step, so the state holds what
/// learns, what the optimizer remembers, and the counts.
struct Snapshot {
  /// The steps taken.
  var step: Int
  /// How many steps in a row had predicted only background.
  var backgroundSteps: Int
  /// The seconds the steps took.
  var seconds: Double
  /// What learns, by name.
  var parameters: [String: Tensor]
  /// What the optimizer remembers, by name.
  var memory: [String: Tensor]
}

/// The snapshots of a run in its folder `snapshot/`, of which the last few stay.
///
/// `step-N.safetensors` holds the tensors; `step-N.json`, written after it, says that it is whole: its SHA-256, and the
/// fingerprint of the run it belongs to.
struct SnapshotFolder {
  /// The folder.
  let path: String
  /// What a run must have in common with the one that wrote a snapshot: weights, pack, recipe.
  let fingerprint: [String: String]
  /// How many of the last snapshots stay.
  let keep: Int

  private struct Note: Codable {
    var step: Int
    var backgroundSteps: Int
    var seconds: Double
    var sha256: String
    var run: [String: String]
  }

  /// The steps of the snapshots there are, ascending.
  var steps: [Int] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.compactMap { name in
      guard name.hasPrefix("step-"), name.hasSuffix(".json") else { return nil }
      return Int(name.dropFirst("step-".count).dropLast(".json".count))
    }.sorted()
  }

  /// The path of the last snapshot.
  var last: String? { steps.last.map { file($0, "safetensors") } }

  private func file(_ step: Int, _ ending: String) -> String { "\(path)/step-\(step).\(ending)" }

  /// Writes a snapshot and removes those before the last `keep`; returns its path.
  @discardableResult
  func write(_ snapshot: Snapshot) throws -> String {
    try AtomicFile.makeFolder(path)
    let tensors =
      snapshot.parameters.map { ("parameter.\($0)", $1) }
      + snapshot.memory.map { ("memory.\($0)", $1) }
    let target = file(snapshot.step, "safetensors")
    try Checkpoint(tensors, source: target).writeSafetensors(to: target)
    let note = Note(
      step: snapshot.step, backgroundSteps: snapshot.backgroundSteps, seconds: snapshot.seconds,
      sha256: try Digest.sha256(ofFile: target), run: fingerprint)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try AtomicFile.write(try encoder.encode(note), to: file(snapshot.step, "json"))
    for old in steps.dropLast(keep) {
      try? FileManager.default.removeItem(atPath: file(old, "json"))
      try? FileManager.default.removeItem(atPath: file(old, "safetensors"))
    }
    return target
  }

  /// Reads the last snapshot, after checking that it is whole and of the same run.
  func read() throws -> Snapshot {
    guard let step = steps.last else { throw TrainingError.noSnapshot(path) }
    let (noteFile, target) = (file(step, "json"), file(step, "safetensors"))
    guard
      let data = FileManager.default.contents(atPath: noteFile),
      let note = try? JSONDecoder().decode(Note.self, from: data), note.step == step
    else { throw TrainingError.damagedSnapshot(noteFile, reason: "it is not what was written") }
    for (key, expected) in fingerprint.sorted(by: { $0.key < $1.key }) {
      guard note.run[key] == expected else {
        throw TrainingError.foreignSnapshot(
          noteFile, reason: "its \(key) is \(note.run[key] ?? "missing"), this run's is \(expected)"
        )
      }
    }
    let digest = try Digest.sha256(ofFile: target)
    guard digest == note.sha256 else {
      throw TrainingError.damagedSnapshot(
        target, reason: "its SHA-256 is \(digest), and \(note.sha256) was written")
    }
    let tensors = try Checkpoint(contentsOf: target)
    func part(_ prefix: String) throws -> [String: Tensor] {
      var part: [String: Tensor] = [:]
      for name in tensors.names where name.hasPrefix(prefix) {
        part[String(name.dropFirst(prefix.count))] = try tensors.tensor(name)
      }
      return part
    }
    return Snapshot(
      step: step, backgroundSteps: note.backgroundSteps, seconds: note.seconds,
      parameters: try part("parameter."), memory: try part("memory."))
  }
}
