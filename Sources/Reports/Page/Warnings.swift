import Metrics

/// What a reader should be careful about, in sentences: the gravest first.
enum Warnings {
  /// What some scores give reason to doubt.
  static func of(_ results: Results) -> [String] {
    let several = results.title.map { "\($0): " } ?? ""
    let found =
      results.sources.indices.flatMap { collapse(results, $0) }
      + empty(results) + undefined(results) + few(results)
    return found.map { several + $0 }
  }

  /// What a training's log gives reason to doubt.
  static func of(_ run: Run, named: Bool) -> [String] {
    let found = run.notes + falling(run) + (run.provenance?.warnings ?? [])
    return named ? found.map { "\(run.name): \($0)" } : found
  }

  /// Pictured cases whose organs lie outside of the intensities the run was made for, and pictures that are missing.
  static func of(_ gallery: Gallery, _ runs: [Run]) -> [String] {
    let ranges = runs.compactMap { $0.provenance?.intensities }
    guard let range = ranges.first else { return [] }
    let outside = gallery.entries.compactMap { entry -> String? in
      guard let exhibit = try? entry.exhibit.get(), let found = exhibit.intensity,
        !range.contains(found)
      else { return nil }
      return "\(entry.name) (\(significant(Double(found))))"
    }
    guard !outside.isEmpty else { return [] }
    let ends = [range.lowerBound, range.upperBound].map { significant(Double($0)) }
    return [
      "Intensities out of range: in the median what the reference holds lies outside of the window "
        + "\(ends[0]) to \(ends[1]) of the training in \(listed(outside))."
    ]
  }

  /// Predictions that are the same whatever the case, or empty, and labels that are never predicted.
  private static func collapse(_ results: Results, _ place: Int) -> [String] {
    let evaluation = results.evaluation
    guard evaluation.predictions.indices.contains(place) else { return [] }
    let prediction = evaluation.predictions[place]
    let rows = evaluation.rows.filter { $0.prediction == prediction }
    let name = results.isComparison ? " of \(results.name(of: prediction))" : ""
    let wanted = rows.filter { $0.scores.volumeOfReference > 0 }
    if !wanted.isEmpty, rows.allSatisfy({ $0.scores.volumeOfPrediction == 0 }) {
      return ["Collapse: every mask\(name) is empty, in all \(evaluation.cases.count) cases."]
    }
    var found: [String] = []
    let source = results.sources.indices.contains(place) ? results.sources[place] : nil
    let cases = source?.record?.cases ?? []
    let masks = cases.compactMap { files in
      files.predictions.first { $0.name == source?.prediction }?.mask.sha256
    }
    if masks.count > 2, Set(masks).count == 1, Set(cases.map(\.reference.sha256)).count > 1 {
      found.append(
        "Collapse: all \(masks.count) masks\(name) are the same file, though the references differ."
      )
    }
    let labels = evaluation.labels.filter { label in
      let own = wanted.filter { $0.label == label }
      return own.count > 1 && own.allSatisfy { $0.scores.volumeOfPrediction == 0 }
    }
    if !labels.isEmpty {
      found.append("Never predicted\(name): \(listed(labels.map(\.description))).")
    }
    return found
  }

  /// Masks with a label on one side only.
  private static func empty(_ results: Results) -> [String] {
    let evaluation = results.evaluation
    func sentence(_ status: Status, _ words: String) -> String? {
      let rows = evaluation.rows.filter { $0.scores.status == status }
      guard !rows.isEmpty else { return nil }
      let names = rows.map { row in
        let prediction = results.isComparison ? ", \(results.name(of: row.prediction))" : ""
        return "\(row.name) (\(row.label)\(prediction))"
      }
      return "\(words) in \(rows.count) of \(evaluation.rows.count) rows: \(listed(names))."
    }
    return [
      sentence(.predictionEmpty, "Empty predictions: the label is in the reference only"),
      sentence(.referenceEmpty, "Empty references: the label is in the prediction only"),
      sentence(.bothEmpty, "The label is in neither mask"),
    ].compactMap { $0 }
  }

  /// How many values of the telling measures are undefined, or were set by the policy.
  private static func undefined(_ results: Results) -> [String] {
    let evaluation = results.evaluation
    func counts(_ count: (Evaluation.Row, Measure) -> Bool) -> String? {
      let found = evaluation.telling.compactMap { measure -> String? in
        let rows = evaluation.rows.count { count($0, measure) }
        return rows > 0 ? "\(measure.title) \(rows)" : nil
      }
      return found.isEmpty
        ? nil : "\(found.joined(separator: ", ")) of \(evaluation.rows.count) values"
    }
    let missing = counts { evaluation.value($1, of: $0) == nil }
    let filled = counts { evaluation.value($1, of: $0) != nil && $0.scores[$1] == nil }
    return [
      missing.map { "Undefined, and left out of the means: \($0)." },
      filled.map { "Undefined, and set by the policy: \($0)." },
    ].compactMap { $0 }
  }

  /// So few cases that an interval means little.
  private static func few(_ results: Results) -> [String] {
    let count = results.evaluation.cases.count
    return count < 6
      ? ["Only \(plural(count, "case")): means and intervals say little about other cases."] : []
  }

  /// A loss that is not finite, did not fall, or rose again.
  private static func falling(_ run: Run) -> [String] {
    let losses = run.steps.compactMap(\.loss)
    guard losses.allSatisfy(\.isFinite) else {
      return ["The loss is not finite in \(losses.count { !$0.isFinite }) steps."]
    }
    guard losses.count >= 20 else { return [] }
    let size = losses.count / 10
    let means = stride(from: 0, through: losses.count - size, by: size).map { start in
      losses[start..<start + size].reduce(0, +) / Double(size)
    }
    guard let first = means.first, let last = means.last, let lowest = means.min() else {
      return []
    }
    if last > 0.95 * first {
      return [
        "The loss did not fall: \(decimals(first, 4)) in the first tenth of the steps, "
          + "\(decimals(last, 4)) in the last."
      ]
    }
    if last > 1.5 * lowest {
      return [
        "The loss rose again: its lowest tenth has \(decimals(lowest, 4)), the last \(decimals(last, 4))."
      ]
    }
    return []
  }
}
