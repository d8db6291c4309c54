public import Metrics

extension Measure {
  /// What a table's head says.
  public var title: String {
    switch self {
    case .dice: "Dice"
    case .intersectionOverUnion: "IoU"
    case .precision: "precision"
    case .recall: "recall"
    case .hausdorff: "HD"
    case .hausdorff95Maximum: "HD95 max"
    case .hausdorff95Pooled: "HD95 pooled"
    case .hausdorff95Elements: "HD95 surfel"
    case .averageSymmetric: "ASSD"
    case .normalised(let tolerance): "NSD \(shortest(tolerance)) mm"
    case .normalisedElements(let tolerance): "NSD surfel \(shortest(tolerance)) mm"
    case .volumeError: "volume error"
    case .relativeVolumeError: "relative volume error"
    case .sliceDice: "Dice of slices"
    case .lesionDice: "lesion Dice"
    case .lesionHausdorff95: "lesion HD95"
    case .lesionTruePositives: "lesions found"
    case .lesionFalsePositives: "lesions invented"
    case .lesionFalseNegatives: "lesions missed"
    }
  }

  /// How many decimals a table shows.
  public var decimals: Int {
    switch self {
    case .volumeError, .lesionTruePositives, .lesionFalsePositives, .lesionFalseNegatives: 1
    case _ where isDistance: 2
    default: 4
    }
  }
}

/// A number without a fraction that is zero.
func shortest(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
