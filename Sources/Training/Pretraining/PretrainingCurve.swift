import Archives
import Foundation

/// The table of what a pretraining run reached on tasks it is never trained on, a row each time it was judged.
struct PretrainingCurve {
  private let path: String
  private var rows: [String]

  private let columns: [(name: String, score: (Pretrainer.Scores) -> Pretrainer.Score)]

  /// The table of a run that has taken so many steps: the rows up to there stay where the file exists.
  init(_ recipe: PretrainingRecipe, path: String, steps: Int) {
    columns =
      recipe.objective == .exampleSets
      ? ExampleSetTrainer.judgedCounts.map { count in
        ("dice_of_\(count)", { $0.sets[count] ?? .init() })
      }
      : [("parts_dice", \.parts), ("classes_dice", \.classes)]
        + SimulatedPrompt.allCases.map { kind in ("\(kind)_iou", { $0.prompts[kind] ?? .init() }) }
    self.path = path
    let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    rows = text.split(separator: "\n").dropFirst().map(String.init).filter { row in
      row.split(separator: ",").first.flatMap { Int($0) }.map { $0 <= steps } ?? false
    }
  }

  /// Adds what was reached after so many steps and writes the table.
  mutating func add(_ scores: Pretrainer.Scores, steps: Int) throws {
    let texts = columns.map { String(format: "%.4f", $0.score(scores).agreement) }
    rows.append((["\(steps)"] + texts).joined(separator: ","))
    let lines = [(["step"] + columns.map(\.name)).joined(separator: ",")] + rows
    try AtomicFile.write(Data((lines.joined(separator: "\n") + "\n").utf8), to: path)
  }
}
