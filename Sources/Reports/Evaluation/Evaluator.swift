import Archives
import Foundation
public import Metrics
public import Volumes

/// Compares predictions with a reference, two cases at a time, so that memory does not grow with their number.
public struct Evaluator: Sendable {
  /// The scores.
  public let evaluation: Evaluation
  /// Where the files are.
  public let record: EvaluationRecord
  /// What the user should know, in sentences.
  public let warnings: [String]

  /// Compares the cases; `names` are the predictions' names where there are several.
  ///
  /// `done` is called after each case with how many are done. The first case in their order that fails decides the error.
  public static func compared(
    _ cases: [CaseFiles], names: [String]?, map: LabelMap?, convention: Convention,
    done: (Int) -> Void = { _ in }
  ) async throws -> Evaluator {
    typealias Outcome = (index: Int, result: Result<CaseComparison, any Error>)
    var outcomes: [Int: Result<CaseComparison, any Error>] = [:]
    await withTaskGroup(of: Outcome.self) { group in
      var next = 0
      func start() {
        guard next < cases.count else { return }
        let (index, files) = (next, cases[next])
        next += 1
        group.addTask {
          let result = Result {
            try CaseComparison(files, names: names, map: map, convention: convention)
          }
          return (index, result)
        }
      }
      start()
      start()
      for await outcome in group {
        outcomes[outcome.index] = outcome.result
        done(outcomes.count)
        if case .success = outcome.result { start() }
      }
    }
    let compared = try outcomes.sorted { $0.key < $1.key }.map { try $0.value.get() }
    return try Evaluator(compared, map: map, convention: convention)
  }

  private init(_ compared: [CaseComparison], map: LabelMap?, convention: Convention) throws {
    let units = unique(compared.map(\.spacingUnit))
    if units.count > 1, let odd = compared.first(where: { $0.spacingUnit != units[0] }) {
      throw ReportError.incomparable(
        case: odd.record.name,
        reason: "its distances are in \(odd.spacingUnit), those of the first case in \(units[0]); "
          + "evaluate pictures and volumes apart")
    }
    evaluation = Evaluation(
      convention: convention, spacingUnit: units.first ?? "mm", rows: compared.flatMap(\.rows))
    record = EvaluationRecord(map: map, cases: compared.map(\.record))
    warnings = compared.filter { !$0.unmapped.isEmpty }.map { comparison in
      let values = comparison.unmapped.map { "\($0)" }.joined(separator: ", ")
      return "case \(comparison.record.name): the label map has no class for \(values); "
        + "these voxels count as background."
    }
  }

  /// Writes `cases.json`, `metrics.csv` and, last, `metrics.json` into a folder.
  public func write(to folder: String) throws {
    let url = URL(fileURLWithPath: folder)
    try AtomicFile.makeFolder(folder)
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    try AtomicFile.write(try record.json(), to: path("cases.json"))
    try AtomicFile.write(Data(evaluation.csv.utf8), to: path("metrics.csv"))
    try AtomicFile.write(Data(evaluation.json.utf8), to: path("metrics.json"))
  }
}
