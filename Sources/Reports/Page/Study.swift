import Metrics

/// One question that several runs answer on the same cases, the last of them as a control.
public struct Study: Sendable {
  /// A run of the study.
  public struct Arm: Sendable {
    /// The run, evaluated.
    public let run: Run
    /// What it is, in a few words.
    public let words: String
    /// How long the tuning took, from the pack to the adapter, in seconds.
    public let seconds: Double
    /// The address of the run's own report, as seen from the study's page.
    public let report: String

    /// A run with what is said of it.
    public init(_ run: Run, words: String, seconds: Double, report: String) {
      self.run = run
      self.words = words
      self.seconds = seconds
      self.report = report
    }
  }

  /// What the scans show.
  public let title: String
  /// What is asked, in a sentence or two.
  public let question: String
  let arms: [Arm]
  let results: Results
  /// The place of the arm that differs from the control in nothing but what the control leaves out.
  let counterpart: Int

  /// Puts runs side by side; the last one is the control of the one at `counterpart`.
  /// - Throws: `ReportError` where they are not evaluated on the same cases and labels.
  public init(
    title: String, question: String, arms: [Arm], counterpart: Int = 0
  ) throws(ReportError) {
    precondition(
      arms.count > 1 && arms.indices.dropLast().contains(counterpart), "study: no control")
    let results = Results.all(of: arms.map(\.run))
    guard let first = results.first, results.count == 1,
      first.evaluation.predictions.count == arms.count
    else {
      throw .incompatible(
        evaluations: arms.map(\.run.name),
        reason: "a study needs one evaluation of each on the same cases")
    }
    self.title = title
    self.question = question
    self.arms = arms
    self.counterpart = counterpart
    self.results = first
  }

  private var evaluation: Evaluation { results.evaluation }

  /// What the arms are called, in their order; the last one is the control.
  var names: [String] { evaluation.predictions.map { results.name(of: $0) } }

  /// The name of the control.
  var control: String { names[names.count - 1] }

  /// What a measure comes to over all labels, for the arm at a place.
  func summary(_ measure: Measure, _ place: Int) -> Findings.Summary? {
    results.summary(measure, evaluation.predictions[place])
  }

  /// How the arm at a place differs from the control in the leading overlap; nil for the control.
  func difference(_ place: Int) -> Comparison? {
    results.findings.comparisons.first {
      $0.measure == evaluation.leadingOverlap && $0.label == evaluation.groups.last
        && $0.first == names[place] && $0.second == control
    }
  }

  /// The place of the arm with the highest mean of the leading overlap, the control left out; nil where no mean is
  /// defined.
  var best: Int? {
    names.indices.dropLast().filter { mean($0) != nil }.max { (mean($0) ?? 0) < (mean($1) ?? 0) }
  }

  /// The mean of the leading overlap of the arm at a place.
  func mean(_ place: Int) -> Double? {
    summary(evaluation.leadingOverlap, place)?.statistics.mean
  }

  /// The case in the middle by the leading overlap.
  var medianCase: String? {
    let ranked = results.ranked
    return ranked.isEmpty ? evaluation.cases.first : ranked[ranked.count / 2].name
  }

  /// What the runs say, in two sentences.
  var answer: HTML {
    let measure = evaluation.leadingOverlap.title
    guard let best, let top = mean(best) else { return "No mean \(measure) is defined." }
    let lead: HTML =
      "Of the methods <b>\(names[best])</b> has the highest mean \(measure), <b>\(decimals(top, 3))</b>."
    guard let difference = difference(counterpart), let median = difference.medianDifference else {
      return lead
    }
    let isClear = (difference.corrected ?? 1) < 0.05
    let verdict =
      isClear
      ? median > 0
        ? "what the weights learned before helps" : "what the weights learned before hinders"
      : "these cases do not tell whether what the weights learned before helps"
    return """
      \(lead) From the same weights, never trained, \(names[counterpart]) reaches <b>\(decimals(mean(names.count - 1), 3))</b> \
      instead of <b>\(decimals(mean(counterpart), 3))</b>: case by case the median difference is \
      <b>\(signed(median, 3))</b> (p \(equation(difference.corrected))), so \(verdict).
      """
  }
}

/// A number with its sign.
func signed(_ value: Double?, _ places: Int) -> String {
  guard let value, value.isFinite else { return "–" }
  let text = decimals(value, places)
  return value > 0 ? "+\(text)" : text.replacing("-", with: "−")
}

/// A p-value in a sentence.
private func equation(_ value: Double?) -> String {
  let words = probability(value)
  return words.hasPrefix("<") ? words : "= \(words)"
}
