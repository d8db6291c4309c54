public import Metrics

/// The scores of cases and labels under one convention: what `metrics.json` holds.
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

  /// The statistics of one measure over the cases of one label, or over all rows.
  public struct Summary: Sendable, Equatable {
    /// Which prediction it is; nil where there is only one.
    public let prediction: String?
    /// The label; nil for the rows of all labels.
    public let label: Label?
    /// The measure.
    public let measure: Measure
    /// Its values' statistics.
    public let statistics: Statistics
  }

  /// The rule for empty masks and the unit.
  public let convention: Convention
  /// The unit of distances: mm, pixel (pictures) or voxel (the convention transunet).
  public let spacingUnit: String
  /// One row for every prediction, case and label.
  public let rows: [Row]

  /// An evaluation of the given rows.
  public init(convention: Convention, spacingUnit: String, rows: [Row]) {
    self.convention = convention
    self.spacingUnit = spacingUnit
    self.rows = rows
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

  /// The cases in the order of the rows.
  public var cases: [String] { unique(rows.map(\.name)) }

  /// The statistics of every measure per prediction and label, and over all labels where there are several.
  public var summaries: [Summary] {
    let groups: [Label?] = labels.count > 1 ? labels.map { $0 } + [nil] : labels
    return predictions.flatMap { prediction in
      groups.flatMap { label in
        Measure.allCases.map { summary($0, prediction: prediction, label: label) }
      }
    }
  }

  /// The statistics of one measure over the rows of a prediction and a label; nil stands for all labels.
  public func summary(_ measure: Measure, prediction: String?, label: Label?) -> Summary {
    let chosen = rows.filter { $0.prediction == prediction && (label == nil || $0.label == label) }
    return Summary(
      prediction: prediction, label: label, measure: measure,
      statistics: Statistics(chosen.map { $0.scores[keyPath: measure.path] }))
  }

  /// The unit of distances in a sentence.
  var unitWords: String { spacingUnit == "mm" ? "mm" : "\(spacingUnit)s" }

  /// What the convention means, in a sentence for a table's title; nil for the default.
  public var note: String? {
    guard convention == .transunet else { return nil }
    return "Convention transunet: distances in voxels; Dice 1 and distance 0 where only the "
      + "prediction has the label, 0 and 0 where the prediction has none. HD95 pooled is the "
      + "HD95 of the published tables."
  }
}

/// The different elements in the order of their first occurrence.
func unique<Element: Hashable>(_ elements: [Element]) -> [Element] {
  var seen: Set<Element> = []
  return elements.filter { seen.insert($0).inserted }
}
