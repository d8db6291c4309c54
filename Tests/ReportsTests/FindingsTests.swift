import Foundation
import Metrics
import Reports
import TestKit
import Testing

/// The comparisons of three runs by SciPy, as `Goldens/metrics/comparisons.json` holds them.
private struct ExpectedRuns: Decodable {
  let runs: Runs

  struct Runs: Decodable {
    /// Dice of each prediction per case and label.
    let dice: [String: [[Double?]]]
    let tests: [Test]
  }

  struct Test: Decodable {
    let first: String
    let second: String
    let label: Int32?
    let pairs: Int
    let median: Double
    let lower: Double
    let upper: Double
    let p: Double
    let holm: Double
  }

  static func read() throws -> Runs {
    let path = Goldens.path("metrics/comparisons.json")
    let data = try Data(contentsOf: URL(fileURLWithPath: path))
    return try JSONDecoder().decode(ExpectedRuns.self, from: data).runs
  }
}

/// A row with a Dice and an HD95 of ten times what Dice lacks.
private func row(
  _ name: String, _ label: Int32 = 1, dice: Double?, prediction: String? = nil,
  status: Status = .ok, diagonal: Double? = 100
) -> Evaluation.Row {
  var scores = Scores(volumeOfPrediction: 12, volumeOfReference: 8, status: status)
  scores[.dice] = dice
  scores[.hausdorff95Maximum] = status == .ok ? dice.map { 10 * (1 - $0) } : nil
  scores.diagonal = diagonal
  return Evaluation.Row(prediction: prediction, name: name, label: .value(label), scores: scores)
}

struct FindingsTests {
  @Test func `comparisons of three runs are SciPy's, with Holm's correction over the pairs`() throws
  {
    let expected = try ExpectedRuns.read()
    let rows = expected.dice.sorted { $0.key < $1.key }.flatMap { prediction, cases in
      cases.enumerated().flatMap { index, labels in
        labels.enumerated().map { label, dice in
          row("case \(index)", Int32(label + 1), dice: dice, prediction: prediction)
        }
      }
    }
    let found = Findings(Evaluation(spacingUnit: "mm", rows: rows)).comparisons
    #expect(expected.tests.count == 9)
    for test in expected.tests {
      let match = found.first {
        $0.first == test.first && $0.second == test.second && $0.measure == .dice
          && $0.label == test.label.map { .value($0) }
      }
      let comparison = try #require(match)
      #expect(comparison.pairs == test.pairs && comparison.total == 13)
      let pairs = [
        (comparison.medianDifference, test.median), (comparison.interval?.lowerBound, test.lower),
        (comparison.interval?.upperBound, test.upper), (comparison.test.pValue, test.p),
        (comparison.corrected, test.holm),
      ]
      for (value, expected) in pairs {
        #expect(value.map { abs($0 - expected) <= 1e-9 } == true, "\(comparison), \(test)")
      }
    }
  }

  @Test func `a mean says what the policy put in, and keeps a case's labels together`() throws {
    let rows = [
      row("a", 1, dice: 0.8), row("a", 2, dice: 0.6),
      row("b", 1, dice: 0, status: .predictionEmpty),
      row("b", 2, dice: nil, status: .bothEmpty), row("c", 1, dice: 0.5), row("c", 2, dice: 0.9),
    ]
    let strict = Evaluation(spacingUnit: "mm", rows: rows)
    func summary(_ policy: Policy, _ label: Evaluation.Label?) throws -> Findings.Summary {
      let findings = Findings(try strict.under(policy))
      return try #require(findings.summary(.hausdorff95Maximum, prediction: nil, label: label))
    }
    let left = try summary(.strict, .value(1))
    #expect(left.statistics.used == 2 && left.statistics.total == 3 && left.filled == 0)
    #expect(left.statistics.mean == 3.5)
    let filled = try summary(.penalise, .value(1))
    #expect(filled.statistics.used == 3 && filled.filled == 1)
    #expect(filled.statistics.mean == Double(107) / 3)
    #expect(filled.interval?.upperBound == 100)
    let all = try summary(.penalise, nil)
    #expect(all.statistics.used == 5 && all.statistics.total == 6)
    let groups: [[Double]] = [[2, 4], [100], [5, 1]]
    let interval = Bootstrap(seed: 1).intervals(forMeansOf: [groups])[0]
    #expect(all.interval == interval)
  }

  @Test func `a policy that the scores do not bear is refused`() throws {
    let old = Evaluation(
      spacingUnit: "mm", rows: [row("a", dice: 0, status: .predictionEmpty, diagonal: nil)])
    let published = Evaluation(
      scoring: Scoring(convention: .transunet), spacingUnit: "voxel", rows: [row("a", dice: 1)])
    #expect(throws: ReportError.self) { try old.under(.penalise) }
    #expect(throws: ReportError.self) { try old.under(.brats2023) }
    #expect(throws: ReportError.self) { try old.under(.transunet) }
    #expect(throws: ReportError.self) { try published.under(.strict) }
    #expect(try published.under(.transunet).policy == .transunet)
  }

  @Test func `centres have their own means, and the worst cases are named`() {
    let rows = (0..<8).map { row("case \($0)", dice: 1 - Double($0) / 10) }
    let centres = ["case 0": "B", "case 1": "B", "case 2": "A", "other": "C"]
    let findings = Findings(Evaluation(spacingUnit: "mm", rows: rows, centres: centres))
    #expect(findings.centres.map(\.name) == ["A", "B"])
    #expect(findings.centres.map(\.cases) == [1, 2])
    let dice = findings.centres[1].summaries.first { $0.measure == .dice }
    #expect(dice?.statistics.mean == 0.95)
    #expect(findings.worst.map(\.name) == (3...7).reversed().map { "case \($0)" })
    #expect(findings.table.contains("Worst cases by Dice: case 7 (0.3000), case 6 (0.4000)"))
    #expect(findings.markdown.contains("5 cases have no centre."))
    #expect(findings.csv.contains("status,centre\n"))
  }

  @Test func `confidence is judged by the cases it finds, over labels together and apart`() throws {
    let dice = [0.9, 0.8, 0.85, 0.3, 0.7, 0.95, 0.2, 0.88]
    let sure = [0.9, 0.7, 0.8, 0.4, 0.75, 0.99, 0.6, 0.85]
    let rows = dice.enumerated().flatMap { index, dice in
      [row("\(index)", 1, dice: dice), row("\(index)", 2, dice: dice - 0.1)]
    }
    let confidences = sure.enumerated().flatMap { index, sure in
      [1, 2].map {
        Confidence(
          name: "\(index)", label: .value($0), value: index == 1 && $0 == 2 ? nil : sure,
          isFlagged: index == 3 && $0 == 2)
      }
    }
    let findings = Findings(
      Evaluation(spacingUnit: "mm", rows: rows, confidences: confidences))
    #expect(findings.flags.map(\.label) == [.value(1), .value(2), nil])
    let whole = findings.flags[2]
    #expect(whole.used == 8 && whole.total == 8 && whole.worst == 2)
    #expect(whole.correlation == rankCorrelation(sure, dice))
    #expect(whole.areaUnderCurve == 1 && whole.flagged == 1)
    #expect(whole.precision == 1 && whole.recall == 0.5)
    #expect(findings.flags[0].flagged == 0 && findings.flags[0].precision == nil)
    #expect(findings.flags[1].used == 7)
    #expect(findings.table.contains("Confidence over 8 of 8 cases"))
    let equal = Findings(
      Evaluation(
        spacingUnit: "mm", rows: [row("a", dice: 0.5)],
        confidences: [Confidence(name: "a", label: nil, value: 0.5, isFlagged: true)]))
    #expect(equal.flags.map(\.correlation) == [nil] && equal.flags[0].areaUnderCurve == nil)
    #expect(equal.flags[0].precision == 0 && equal.flags[0].recall == nil)
  }

  @Test func `evaluations merge on what they have in common`() throws {
    let first = Evaluation(
      spacingUnit: "mm", rows: [row("a", dice: 0.5), row("b", dice: 0.7), row("c", dice: 0.7)])
    let second = Evaluation(
      scoring: Scoring(tolerances: [2]), spacingUnit: "mm",
      rows: [
        row("b", dice: 0.6, prediction: "x"), row("b", dice: 0.5, prediction: "y"),
        row("a", dice: 0.4, prediction: "x"), row("a", dice: 0.3, prediction: "y"),
      ])
    let merged = try Evaluation(merging: [("one", first), ("two", second)])
    #expect(merged.predictions == ["one", "two: x", "two: y"])
    #expect(merged.rows.count == 6 && merged.cases == ["a", "b"])
    #expect(!merged.measures.contains(.normalised(within: 1)))
    #expect(Findings(merged).comparisons.count { $0.measure == .dice } == 3)
    let apart = Evaluation(spacingUnit: "mm", rows: [row("z", dice: 0.5)])
    #expect(throws: ReportError.self) { try Evaluation(merging: [("one", first), ("z", apart)]) }
    #expect(throws: ReportError.self) {
      try Evaluation(merging: [("one", first), ("two", try second.under(.penalise))])
    }
  }
}
