import Archives
import Foundation
public import Metrics
import Tensors
public import Volumes

/// Compares predictions with a reference, two cases at a time, so that memory does not grow with their number.
public struct Evaluator: Sendable {
  /// The scores.
  public let evaluation: Evaluation
  /// Where the files are.
  public let record: EvaluationRecord
  /// What the user should know, in sentences.
  public let warnings: [String]

  /// How many cases may be done ahead of the first one that is not.
  private static let reach = 16

  /// Compares the cases; `names` are the predictions' names where there are several.
  ///
  /// `details` gets the lines of the tables the scoring asks for, in the order of the cases. `done` is called
  /// after each case with how many are done. The first case in their order that fails decides the error.
  public static func compared(
    _ cases: [CaseFiles], names: [String]?, map: LabelMap?, scoring: Scoring = Scoring(),
    details: (DetailTable, String) throws -> Void = { _, _ in },
    done: (Int) throws -> Void = { _ in }
  ) async throws -> Evaluator {
    var outcomes = Outcomes()
    try await withThrowingTaskGroup(of: Outcomes.Element.self) { group in
      var (next, running) = (0, 0)
      func start() {
        while running < min(2, Threads.count), next < min(cases.count, outcomes.told + reach),
          !outcomes.hasFailed
        {
          let (index, files) = (next, cases[next])
          group.addTask {
            (
              index,
              Result {
                try CaseComparison(files, names: names, map: map, scoring: scoring)
              }
            )
          }
          (next, running) = (next + 1, running + 1)
        }
      }
      start()
      while let outcome = try await group.next() {
        running -= 1
        try outcomes.take(outcome, details: details)
        try done(outcomes.results.count)
        start()
      }
    }
    let compared = try outcomes.results.sorted { $0.key < $1.key }.map { try $0.value.get() }
    return try Evaluator(compared, map: map, scoring: scoring)
  }

  private init(_ compared: [CaseComparison], map: LabelMap?, scoring: Scoring) throws {
    let units = unique(compared.map(\.spacingUnit))
    if units.count > 1, let odd = compared.first(where: { $0.spacingUnit != units[0] }) {
      throw ReportError.incomparable(
        case: odd.record.name,
        reason: "its distances are in \(odd.spacingUnit), those of the first case in \(units[0]); "
          + "evaluate pictures and volumes apart")
    }
    evaluation = Evaluation(
      scoring: scoring, spacingUnit: units.first ?? "mm", rows: compared.flatMap(\.rows))
    record = EvaluationRecord(map: map, cases: compared.map(\.record))
    warnings = compared.filter { !$0.unmapped.isEmpty }.map { comparison in
      let values = comparison.unmapped.map { "\($0)" }.joined(separator: ", ")
      return "case \(comparison.record.name): the label map has no class for \(values); "
        + "these voxels count as background."
    }
  }
}

extension Findings {
  /// Writes `cases.json` where there is a record, `metrics.csv`, `metrics.md` and, last, `metrics.json` into a folder.
  public func write(to folder: String, record: EvaluationRecord?) throws {
    let url = URL(fileURLWithPath: folder)
    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    if let record { try AtomicFile.write(try record.json(), to: path("cases.json")) }
    try AtomicFile.write(Data(csv.utf8), to: path("metrics.csv"))
    try AtomicFile.write(Data(markdown.utf8), to: path("metrics.md"))
    try AtomicFile.write(Data(json.utf8), to: path("metrics.json"))
  }
}

/// What has come of the cases, as they end.
private struct Outcomes {
  typealias Element = (index: Int, result: Result<CaseComparison, any Error>)

  /// What came of each case that is done.
  var results: [Int: Result<CaseComparison, any Error>] = [:]
  /// How many cases of the first ones on have told their details, which are then let go.
  var told = 0
  /// Whether any case has failed.
  var hasFailed = false

  /// Keeps what came of a case, and tells the details of all whose turn it is.
  mutating func take(
    _ outcome: Element, details: (DetailTable, String) throws -> Void
  ) throws {
    results[outcome.index] = outcome.result
    if case .failure = outcome.result { hasFailed = true }
    while case .success(var comparison) = results[told] {
      for (table, lines) in comparison.details { try details(table, lines) }
      comparison.details = [:]
      results[told] = .success(comparison)
      told += 1
    }
  }
}
