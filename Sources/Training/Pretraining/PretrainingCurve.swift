import Archives
import Foundation

/// The table of what a pretraining run reached on tasks it is never trained on, a row each time it was judged.
struct PretrainingCurve {
  private let path: String
  private var rows: [String]

  private static let columns =
    ["step", "parts_dice", "classes_dice"] + SimulatedPrompt.allCases.map { "\($0)_iou" }

  /// The table of a run that has taken so many steps: the rows up to there stay where the file exists.
  init(path: String, steps: Int) {
    self.path = path
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    rows = text.split(separator: "\n").dropFirst().map(String.init).filter { row in
      row.split(separator: ",").first.flatMap { Int($0) }.map { $0 <= steps } ?? false
    }
  }

  /// Adds what was reached after so many steps and writes the table.
  mutating func add(_ scores: Pretrainer.Scores, steps: Int) throws {
    let numbers =
      [scores.parts, scores.classes]
      + SimulatedPrompt.allCases.map { scores.prompts[$0] ?? .init() }
    let texts = numbers.map { String(format: "%.4f", $0.agreement) }
    rows.append((["\(steps)"] + texts).joined(separator: ","))
    let lines = [Self.columns.joined(separator: ",")] + rows
    try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }
}
