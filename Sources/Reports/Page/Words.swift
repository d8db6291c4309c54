import Metrics

/// A number and its noun.
func plural(_ count: Int, _ noun: String) -> String {
  count == 1 ? "1 \(noun)" : "\(count) \(noun)s"
}

/// Up to five names in a sentence, and how many more there are.
func listed(_ names: [String]) -> String {
  let shown = names.prefix(5).joined(separator: ", ")
  return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
}

/// A span of time as people say it.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "–" }
  if seconds < 100 { return "\(decimals(seconds, seconds < 10 ? 1 : 0)) s" }
  let minutes = Int((seconds / 60).rounded())
  return minutes < 100 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
}

/// A size in memory as people say it.
func memory(_ bytes: Double) -> String {
  guard bytes.isFinite, bytes >= 0 else { return "–" }
  return bytes < 1e9 ? "\(decimals(bytes / 1e6, 0)) MB" : "\(decimals(bytes / 1e9, 2)) GB"
}

extension Measure {
  /// The unit beside a value; empty for shares.
  func unit(_ evaluation: Evaluation) -> String {
    isDistance ? evaluation.unitWords : self == .volumeError ? evaluation.volumeUnit : ""
  }

  /// The title with the unit.
  func head(_ evaluation: Evaluation) -> String {
    let unit = unit(evaluation)
    return unit.isEmpty ? title : "\(title), \(unit)"
  }

  /// How many decimals a headline shows.
  var headlineDecimals: Int { isAgreement ? 3 : min(decimals, 2) }
}

extension Findings.Summary {
  /// The ends of the interval, or a dash.
  func intervalWords(_ places: Int) -> String {
    interval.map { "\(decimals($0.lowerBound, places)) to \(decimals($0.upperBound, places))" }
      ?? "–"
  }
}
