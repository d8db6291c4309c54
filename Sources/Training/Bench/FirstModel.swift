import Adaptation
import Archives
import Checkpoints
import Foundation

/// The model of the old centres, from which the cells of a comparison across centres start.
///
/// It is trained once, merged into whole weights, and kept in a folder beside the cells with the fingerprint of all that
/// decides it; programs that run parts of a bench wait for the one that makes it.
struct FirstModel {
  /// Where it lies.
  let folder: String
  /// How it is made.
  let recipe: Recipe
  /// The SHA-256 of everything that decides it.
  let fingerprint: String

  /// The path of the whole weights.
  var weights: String { "\(folder)/weights.safetensors" }
  private var mark: String { "\(folder)/fingerprint" }

  /// The SHA-256 of what decides a first model.
  static func fingerprint(
    _ recipe: Recipe, weights: String, pack: String, version: String
  ) throws -> String {
    let parts = [version, weights, pack, try recipe.withoutPaths().yaml()]
    return Digest.sha256(Data(parts.joined(separator: "\n").utf8))
  }

  /// Whether it is there.
  var isMade: Bool {
    guard let text = try? String(contentsOfFile: mark, encoding: .utf8) else { return false }
    return text == fingerprint && FileManager.default.fileExists(atPath: weights)
  }

  /// Makes it where it is not there; what comes of training is told.
  func make(
    decoderHeads: Int?, version: String, isInterrupted: @escaping () -> Bool,
    report: @escaping (TrainingEvent) -> Void
  ) throws {
    try AtomicFile.makeFolder(folder)
    let lock = try FolderLock(folder)
    defer { lock.release() }
    guard !isMade else { return }
    for path in [mark, recipe.out] where FileManager.default.fileExists(atPath: path) {
      try FileManager.default.removeItem(atPath: path)
    }
    let trainer = try Trainer(
      recipe, decoderHeads: decoderHeads, version: version, isInterrupted: isInterrupted,
      report: report)
    try trainer.run()
    let base = try Checkpoint(contentsOf: recipe.weights).withOfficialNames()
    let adapter = try Checkpoint(contentsOf: "\(recipe.out)/adapter.safetensors")
    let conversion = Conversion(
      target: .official, weights: base, merges: true, preprocessing: "{}",
      promptedPreprocessing: "{}")
    _ = try conversion(adapter, to: weights)
    try AtomicFile.write(Data(fingerprint.utf8), to: mark)
  }
}
