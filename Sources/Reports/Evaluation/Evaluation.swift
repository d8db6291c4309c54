public import Metrics

/// The scores of cases and labels and how they are to be put together: what `metrics.json` holds.
///
/// `Findings` are what they come to.
public struct Evaluation: Sendable, Equatable {
  /// A label: its name under a label map, else its value.
  public enum Label: Sendable, Hashable, CustomStringConvertible {
    /// The name of a class of the label map.
    case name(String)
    /// The value in the masks.
    case value(Int32)

    /// The label as tables show it.
    public var description: String {
      switch self {
      case .name(let name): name
      case .value(let value): "\(value)"
      }
    }
  }

  /// The scores of one label of one case.
  public struct Row: Sendable, Equatable {
    /// Which prediction it is; nil where there is only one.
    public let prediction: String?
    /// The case: the file's name without its ending.
    public let name: String
    /// The label.
    public let label: Label
    /// The scores.
    public let scores: Scores

    /// The scores of a label of a case.
    public init(prediction: String? = nil, name: String, label: Label, scores: Scores) {
      self.prediction = prediction
      self.name = name
      self.label = label
      self.scores = scores
    }
  }

  /// What was computed of each pair of masks.
  public let scoring: Scoring
  /// The unit of distances: mm, pixel (pictures) or voxel (the convention transunet).
  public let spacingUnit: String
  /// One row for every prediction, case and label.
  public let rows: [Row]
  /// The measures the rows have, in the order of the files' columns.
  public let measures: [Measure]
  /// How undefined values count.
  public private(set) var policy: Policy
  /// The seed of the intervals.
  public var seed: UInt64
  /// The centres of cases, where they are known.
  public var centres: [String: String]
  /// How sure the predictions were of their cases, where they say it.
  public var confidences: [Confidence]

  /// The seed without another being asked for.
  public static let defaultSeed: UInt64 = 1

  /// An evaluation of the given rows under the policy that goes with the scoring's convention.
  public init(
    scoring: Scoring = Scoring(), spacingUnit: String, rows: [Row], measures: [Measure]? = nil,
    seed: UInt64 = defaultSeed, centres: [String: String] = [:], confidences: [Confidence] = []
  ) {
    self.scoring = scoring
    self.spacingUnit = spacingUnit
    self.rows = rows
    self.measures = measures ?? scoring.measures
    policy = scoring.convention == .transunet ? .transunet : .strict
    self.seed = seed
    self.centres = centres
    self.confidences = confidences
  }

  /// The same scores under a policy; refused where they lack what it needs.
  public func under(_ policy: Policy) throws(ReportError) -> Evaluation {
    func refuse(_ reason: String) -> ReportError {
      .unfit(policy: policy.rawValue, reason: reason)
    }
    if policy.convention != scoring.convention {
      throw refuse(
        scoring.convention == .transunet
          ? "the scores were taken in voxels, by the rule of the published tables; evaluate the masks again"
          : "it takes distances in voxels and these are in \(spacingUnit); evaluate the masks again"
      )
    }
    if policy == .brats2023, scoring.lesions == nil {
      throw refuse("the scores are not lesion by lesion; evaluate the masks with --lesions")
    }
    let oneEmpty = rows.first {
      $0.scores.diagonal == nil
        && ($0.scores.status == .predictionEmpty || $0.scores.status == .referenceEmpty)
    }
    if policy == .penalise, let oneEmpty {
      throw refuse(
        "the scores do not say how large the image of the case \(oneEmpty.name) is; "
          + "evaluate the masks again")
    }
    var evaluation = self
    evaluation.policy = policy
    return evaluation
  }

  /// What a measure of a row counts under the policy; nil is left out.
  public func value(_ measure: Measure, of row: Row) -> Double? {
    policy.value(of: measure, in: row.scores)
  }

  /// The predictions in the order of the rows; one nil where there is only one.
  public var predictions: [String?] { unique(rows.map(\.prediction)) }

  /// The labels in the order of the rows.
  public var labels: [Label] {
    let all = unique(rows.map(\.label))
    let values = all.compactMap { label in
      if case .value(let value) = label { value } else { nil }
    }
    return values.count == all.count ? values.sorted().map { .value($0) } : all
  }

  /// The labels and, where there are several, nil for all of them together.
  public var groups: [Label?] {
    let labels = labels
    return labels.count > 1 ? labels + [nil] : labels
  }

  /// The cases in the order of the rows.
  public var cases: [String] { unique(rows.map(\.name)) }

  /// The statistics of one measure over the rows of a prediction and a label; nil stands for all labels.
  public func statistics(
    _ measure: Measure, prediction: String?, label: Label?
  ) -> Statistics {
    let chosen = rows.filter { $0.prediction == prediction && (label == nil || $0.label == label) }
    return Statistics(chosen.map { value(measure, of: $0) })
  }

  /// The overlap by which cases are put in order.
  public var leadingOverlap: Measure { policy == .brats2023 ? .lesionDice : .dice }

  /// The distance that stands beside it.
  public var leadingDistance: Measure {
    switch policy {
    case .strict, .penalise: .hausdorff95Maximum
    case .transunet: .hausdorff95Pooled
    case .brats2023: .lesionHausdorff95
    }
  }

  /// The measures of narrow tables: the leading ones and what was asked for beside them.
  ///
  /// In voxels there are no tolerances in mm, so that NSD has no place there.
  public var telling: [Measure] {
    let normalised =
      scoring.convention == .transunet
      ? nil
      : measures.first {
        if case .normalised = $0 { true } else { false }
      }
    let lesions: [Measure] =
      scoring.lesions == nil
      ? [.hausdorff95Elements, .averageSymmetric] : [.lesionDice, .lesionHausdorff95]
    let wanted = unique(
      [leadingOverlap, .dice, leadingDistance] + lesions
        + [normalised, .sliceDice].compactMap(\.self))
    return wanted.filter(measures.contains)
  }
}

/// The different elements in the order of their first occurrence.
func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
  var seen: Set<Element> = []
  return elements.filter { seen.insert($0).inserted }
}
