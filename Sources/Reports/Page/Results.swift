import Metrics

/// One set of scores on the page: a run's evaluation, or those of several runs on their common cases.
struct Results {
  /// Where the masks of a prediction are known from.
  struct Source {
    /// What the prediction is called on the page.
    let name: String
    /// What its own evaluation calls it; nil where there is only one.
    let prediction: String?
    /// The files of its evaluation, where they are known.
    let record: EvaluationRecord?
  }

  /// What the scores are of; nil where the page has no others.
  let title: String?
  /// The scores and what they come to.
  let findings: Findings
  /// The predictions, in the order of the evaluation's.
  let sources: [Source]

  /// The scores.
  var evaluation: Evaluation { findings.evaluation }

  /// The scores of some runs: together where they can be compared, else one after the other.
  static func all(of runs: [Run]) -> [Results] {
    let names = numbered(runs.map(\.name))
    let scored = zip(names, runs).compactMap { name, run in
      run.evaluation.map { (name: name, run: run, evaluation: $0) }
    }
    guard scored.count > 1,
      let merged = try? Evaluation(merging: scored.map { ($0.name, $0.evaluation) })
    else {
      return scored.map { name, run, evaluation in
        Results(
          title: runs.count > 1 ? name : nil, findings: Findings(evaluation),
          sources: evaluation.predictions.map {
            Source(name: $0 ?? name, prediction: $0, record: run.record)
          })
      }
    }
    let sources = scored.flatMap { name, run, evaluation in
      evaluation.predictions.map {
        Source(
          name: $0.map { "\(name): \($0)" } ?? name, prediction: $0, record: run.record)
      }
    }
    return [Results(title: nil, findings: Findings(merged), sources: sources)]
  }

  /// Names that differ: the second of two alike becomes "name (2)".
  static func numbered(_ names: [String]) -> [String] {
    var seen: [String: Int] = [:]
    return names.map { name in
      seen[name, default: 0] += 1
      let count = seen[name] ?? 1
      return count == 1 ? name : "\(name) (\(count))"
    }
  }

  /// What a prediction is called on the page.
  func name(of prediction: String?) -> String { prediction ?? sources.first?.name ?? "prediction" }

  /// Whether several predictions are compared.
  var isComparison: Bool { evaluation.predictions.count > 1 }

  /// The summary of a measure over a label, or all.
  func summary(
    _ measure: Measure, _ prediction: String?, _ label: Evaluation.Label? = nil
  ) -> Findings.Summary? {
    findings.summary(measure, prediction: prediction, label: label)
  }

  /// The cases by the mean of the leading overlap over their labels and predictions, the best first.
  var ranked: [(name: String, overlap: Double)] {
    let rows = Dictionary(grouping: evaluation.rows, by: \.name)
    let scored = evaluation.cases.compactMap { name -> (name: String, overlap: Double)? in
      let values = (rows[name] ?? []).map { evaluation.value(evaluation.leadingOverlap, of: $0) }
      return Statistics(values).mean.map { (name, $0) }
    }
    return scored.sorted { ($1.overlap, $0.name) < ($0.overlap, $1.name) }
  }

  /// The cases whose pictures tell most: the best, the median and the worst; fewer where there are fewer.
  var telling: [(title: String, name: String)] {
    let ranked = ranked.map(\.name)
    guard let best = ranked.first, let worst = ranked.last else {
      return evaluation.cases.prefix(1).map { ("A case without any overlap to measure", $0) }
    }
    switch ranked.count {
    case 1: return [("The case", best)]
    case 2: return [("Best case", best), ("Worst case", worst)]
    default:
      return [
        ("Best case", best), ("Median case", ranked[ranked.count / 2]), ("Worst case", worst),
      ]
    }
  }
}
