/// A measure of how well a prediction fits its reference.
public enum Measure: Sendable, Hashable {
  /// Dice.
  case dice
  /// Intersection over union.
  case intersectionOverUnion
  /// The share of the prediction that is right.
  case precision
  /// The share of the reference that is found.
  case recall
  /// Hausdorff distance.
  case hausdorff
  /// The larger of the two directed 95th percentiles.
  case hausdorff95Maximum
  /// The 95th percentile of both directions together.
  case hausdorff95Pooled
  /// HD95 of surface elements (`SurfaceElementDistances.hausdorff95`).
  case hausdorff95Elements
  /// Average symmetric surface distance.
  case averageSymmetric
  /// Normalised surface distance of surface voxels within a tolerance.
  case normalised(within: Double)
  /// Normalised surface distance of surface elements within a tolerance.
  case normalisedElements(within: Double)
  /// The prediction's volume less the reference's.
  case volumeError
  /// The volume error as a share of the reference's volume.
  case relativeVolumeError
  /// The mean Dice of the slices in which either mask has voxels.
  case sliceDice
  /// The mean Dice over lesions (`LesionScores.dice`).
  case lesionDice
  /// The mean HD95 over lesions (`LesionScores.hausdorff95`).
  case lesionHausdorff95
  /// How many lesions are found.
  case lesionTruePositives
  /// How many regions of the prediction reach no lesion.
  case lesionFalsePositives
  /// How many lesions are missed.
  case lesionFalseNegatives

  /// The measures of one number each, all but those with a tolerance.
  private static let plain: [(measure: Measure, name: String)] = [
    (.dice, "dice"), (.intersectionOverUnion, "iou"), (.precision, "precision"),
    (.recall, "recall"), (.hausdorff, "hd"), (.hausdorff95Maximum, "hd95_max"),
    (.hausdorff95Pooled, "hd95_pooled"), (.hausdorff95Elements, "hd95_surfel"),
    (.averageSymmetric, "assd"), (.volumeError, "volume_error"),
    (.relativeVolumeError, "volume_error_relative"), (.sliceDice, "dice_slices"),
    (.lesionDice, "lesion_dice"), (.lesionHausdorff95, "lesion_hd95"),
    (.lesionTruePositives, "lesion_tp"), (.lesionFalsePositives, "lesion_fp"),
    (.lesionFalseNegatives, "lesion_fn"),
  ]

  /// The name in files, such as `hd95_max` or `nsd_1mm`.
  public var name: String {
    switch self {
    case .normalised(let tolerance): "nsd_\(Self.digits(tolerance))mm"
    case .normalisedElements(let tolerance): "nsd_surfel_\(Self.digits(tolerance))mm"
    default: Self.plain.first { $0.measure == self }?.name ?? ""
    }
  }

  /// The measure of a name in a file; nil for any other name.
  public init?(name: String) {
    if let found = Self.plain.first(where: { $0.name == name }) {
      self = found.measure
      return
    }
    func tolerance(after start: String) -> Double? {
      guard name.hasPrefix(start), name.hasSuffix("mm") else { return nil }
      return Double(name.dropFirst(start.count).dropLast(2)).flatMap {
        $0 >= 0 && $0.isFinite ? $0 : nil
      }
    }
    if let tolerance = tolerance(after: "nsd_surfel_") {
      self = .normalisedElements(within: tolerance)
    } else if let tolerance = tolerance(after: "nsd_") {
      self = .normalised(within: tolerance)
    } else {
      return nil
    }
  }

  /// Whether it is a distance, in the unit of the spacing.
  public var isDistance: Bool {
    switch self {
    case .hausdorff, .hausdorff95Maximum, .hausdorff95Pooled, .hausdorff95Elements,
      .averageSymmetric, .lesionHausdorff95:
      true
    default: false
    }
  }

  /// Whether it is a share of voxels or surface that both masks agree on: 0 at worst, 1 at best.
  public var isAgreement: Bool {
    switch self {
    case .dice, .intersectionOverUnion, .normalised, .normalisedElements, .sliceDice, .lesionDice:
      true
    default: false
    }
  }

  /// Whether it counts lesions.
  public var isCount: Bool {
    switch self {
    case .lesionTruePositives, .lesionFalsePositives, .lesionFalseNegatives: true
    default: false
    }
  }

  /// Whether less is better; nil where neither less nor more is.
  public var isLessBetter: Bool? {
    switch self {
    case .volumeError, .relativeVolumeError: nil
    case .lesionFalsePositives, .lesionFalseNegatives: true
    default: isDistance
    }
  }

  private static func digits(_ tolerance: Double) -> String {
    let text = "\(tolerance)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
