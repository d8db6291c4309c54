import Checkpoints
import Foundation
import Tensors

/// The conversation with the script that compares: it asks for one run at a time, so that runs of both sides alternate.
///
/// Lines of standard input are `run`, `save PATH` and the end; answers are one JSON object a line: `ready` once, then the
/// wall and processor seconds, the peak memory and the facts of each run.
struct Session {
  private let outputs: () -> [(String, Tensor)]

  /// Says that everything is set up; `outputs` are what `save` writes.
  init(outputs: @escaping () -> [(String, Tensor)] = { [] }) {
    self.outputs = outputs
    answer(["ready": true])
  }

  /// Waits for a run to be asked for and returns the state before it; nil at the end.
  func next() throws -> Usage? {
    while let line = readLine() {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      switch words.first {
      case "run": return Usage.now
      case "save":
        try Checkpoint(outputs(), source: "outputs").writeSafetensors(to: words.last ?? "")
        answer(["saved": true])
      default: return nil
      }
    }
    return nil
  }

  /// Answers what the run since `start` took.
  func report(since start: Usage, _ facts: [String: Double] = [:]) {
    let end = Usage.now
    var object: [String: Any] = facts
    object["wall"] = end.wall - start.wall
    object["cpu"] = end.cpu - start.cpu
    object["peak"] = Usage.peakBytes
    answer(object)
  }

  private func answer(_ object: [String: Any]) {
    let data = try? JSONSerialization.data(withJSONObject: object, options: .sortedKeys)
    FileHandle.standardOutput.write((data ?? Data("{}".utf8)) + Data("\n".utf8))
  }
}
