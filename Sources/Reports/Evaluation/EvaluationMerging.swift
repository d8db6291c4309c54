import Metrics

extension Evaluation {
  /// One evaluation of several: every prediction of each, on the cases, labels and measures that all of them have.
  ///
  /// A prediction is called as its evaluation, with its own name after a colon where it has one. Policy and seed are the
  /// first one's; refused where units, policies or lesion rules differ, or no case and label is common.
  public init(merging parts: [(name: String, evaluation: Evaluation)]) throws(ReportError) {
    precondition(!parts.isEmpty, "evaluation: nothing to merge")
    let first = parts[0].evaluation
    func refuse(_ reason: String) -> ReportError {
      .incompatible(evaluations: parts.map(\.name), reason: reason)
    }
    for (name, other) in parts {
      guard
        other.spacingUnit == first.spacingUnit && other.policy == first.policy
          && other.scoring.lesions == first.scoring.lesions
      else {
        throw refuse(
          "\(parts[0].name) is in \(first.spacingUnit) under the policy \(first.policy.rawValue), \(name) in "
            + "\(other.spacingUnit) under \(other.policy.rawValue), or their rules for lesions differ"
        )
      }
    }
    struct Key: Hashable {
      let name: String
      let label: Label
    }
    let keys = parts.map { part in
      Set(part.evaluation.rows.map { Key(name: $0.name, label: $0.label) })
    }
    let common = keys.dropFirst().reduce(keys[0]) { $0.intersection($1) }
    guard !common.isEmpty else { throw refuse("they have no case and label in common") }
    func called(_ prediction: String?, _ name: String) -> String {
      prediction.map { "\(name): \($0)" } ?? name
    }
    var centres: [String: String] = [:]
    for part in parts { centres.merge(part.evaluation.centres) { first, _ in first } }
    let cases = Set(common.map(\.name))
    self.init(
      scoring: first.scoring, spacingUnit: first.spacingUnit,
      rows: parts.flatMap { part in
        part.evaluation.rows.filter { common.contains(Key(name: $0.name, label: $0.label)) }
          .map {
            Row(
              prediction: called($0.prediction, part.name), name: $0.name, label: $0.label,
              scores: $0.scores)
          }
      },
      measures: first.measures.filter { measure in
        parts.allSatisfy { $0.evaluation.measures.contains(measure) }
      }, seed: first.seed, centres: centres.filter { cases.contains($0.key) },
      confidences: parts.flatMap { part in
        part.evaluation.confidences.filter { cases.contains($0.name) }.map {
          Confidence(
            prediction: called($0.prediction, part.name), name: $0.name, label: $0.label,
            value: $0.value, parts: $0.parts, isFlagged: $0.isFlagged)
        }
      })
    self = try under(first.policy)
  }
}
