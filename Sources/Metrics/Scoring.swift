/// The rule for what a pair of masks scores when one is empty, and in which unit distances are.
public enum Convention: String, Sendable, Codable, CaseIterable {
  /// Undefined is nil, distances are in the unit of the spacing.
  case standard = "default"
  /// The rule of TransUNet's and SAMed's published tables, which reproduces them and nothing else.
  ///
  /// Distances are in voxels. A prediction where the reference is empty scores Dice 1 and distance 0, an empty
  /// prediction Dice 0 and distance 0, whatever the reference. `hausdorff95Pooled` is the tables' HD95.
  case transunet
}

/// What is computed of a pair of masks, and by which convention.
public struct Scoring: Sendable, Equatable {
  /// The rule for empty masks and the unit.
  public let convention: Convention
  /// The tolerances of the normalised surface distance, in the unit of the spacing (mm), ascending.
  public let tolerances: [Double]
  /// Whether surface elements are measured too: HD95 and the normalised surface distances of DeepMind's definition.
  public let surfaceElements: Bool
  /// The challenge whose rules tell lesions apart; nil where lesions are not compared.
  public let lesions: LesionTask?
  /// Whether Dice of every slice is taken.
  public let perSlice: Bool

  /// The tolerances without others being asked for, in mm.
  public static let defaultTolerances = [1.0, 2.0]

  /// What is computed; lesions bring surface elements with them, and `transunet` knows neither these nor tolerances.
  public init(
    convention: Convention = .standard, tolerances: [Double] = defaultTolerances,
    surfaceElements: Bool = false, lesions: LesionTask? = nil, perSlice: Bool = false
  ) {
    precondition(
      tolerances.allSatisfy { $0 >= 0 && $0.isFinite },
      "scoring: tolerances \(tolerances) must be 0 or more")
    precondition(
      convention == .standard || (!surfaceElements && lesions == nil),
      "scoring: the convention transunet has neither surface elements nor lesions")
    self.convention = convention
    self.tolerances = Set(tolerances).sorted()
    self.surfaceElements = surfaceElements || lesions != nil
    self.lesions = lesions
    self.perSlice = perSlice
  }

  /// The measures in the order of the files' columns.
  public var measures: [Measure] {
    var measures: [Measure] = [
      .dice, .intersectionOverUnion, .hausdorff, .hausdorff95Maximum, .hausdorff95Pooled,
      .averageSymmetric,
    ]
    measures += tolerances.map { .normalised(within: $0) }
    measures += [.precision, .recall, .volumeError, .relativeVolumeError]
    if surfaceElements {
      measures += [.hausdorff95Elements] + tolerances.map { .normalisedElements(within: $0) }
    }
    if perSlice { measures.append(.sliceDice) }
    if lesions != nil {
      measures += [
        .lesionDice, .lesionHausdorff95, .lesionTruePositives, .lesionFalsePositives,
        .lesionFalseNegatives,
      ]
    }
    return measures
  }
}
