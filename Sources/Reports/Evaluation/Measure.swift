public import Metrics

/// A measure as files and tables name it.
public enum Measure: String, Sendable, CaseIterable {
  /// Dice.
  case dice
  /// Intersection over union.
  case intersectionOverUnion = "iou"
  /// Hausdorff distance.
  case hausdorff = "hd"
  /// The larger of the two directed 95th percentiles.
  case hausdorff95Maximum = "hd95_max"
  /// The 95th percentile of both directions together.
  case hausdorff95Pooled = "hd95_pooled"
  /// Average symmetric surface distance.
  case averageSymmetric = "assd"
  /// Normalised surface distance within 1 mm.
  case normalisedWithin1 = "nsd_1mm"
  /// Normalised surface distance within 2 mm.
  case normalisedWithin2 = "nsd_2mm"

  /// Where the scores of a pair hold it.
  public var path: WritableKeyPath<Scores, Double?> {
    switch self {
    case .dice: \.dice
    case .intersectionOverUnion: \.intersectionOverUnion
    case .hausdorff: \.hausdorff
    case .hausdorff95Maximum: \.hausdorff95Maximum
    case .hausdorff95Pooled: \.hausdorff95Pooled
    case .averageSymmetric: \.averageSymmetric
    case .normalisedWithin1: \.normalisedWithin1
    case .normalisedWithin2: \.normalisedWithin2
    }
  }

  /// What a table's head says.
  var title: String {
    switch self {
    case .dice: "Dice"
    case .intersectionOverUnion: "IoU"
    case .hausdorff: "HD"
    case .hausdorff95Maximum: "HD95 max"
    case .hausdorff95Pooled: "HD95 pooled"
    case .averageSymmetric: "ASSD"
    case .normalisedWithin1: "NSD 1 mm"
    case .normalisedWithin2: "NSD 2 mm"
    }
  }

  /// How many decimals a table shows.
  var decimals: Int { isDistance ? 2 : 4 }

  /// Whether it is a distance, where less is better.
  var isDistance: Bool {
    switch self {
    case .hausdorff, .hausdorff95Maximum, .hausdorff95Pooled, .averageSymmetric: true
    case .dice, .intersectionOverUnion, .normalisedWithin1, .normalisedWithin2: false
    }
  }
}
