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

/// All measures of one pair of masks; an undefined one is nil.
public struct Scores: Sendable, Equatable {
  /// Dice.
  public var dice: Double?
  /// Intersection over union.
  public var intersectionOverUnion: Double?
  /// The share of the prediction that is right.
  public var precision: Double?
  /// The share of the reference that is found.
  public var recall: Double?
  /// Hausdorff distance.
  public var hausdorff: Double?
  /// The larger of the two directed 95th percentiles.
  public var hausdorff95Maximum: Double?
  /// The 95th percentile of both directions together.
  public var hausdorff95Pooled: Double?
  /// Average symmetric surface distance.
  public var averageSymmetric: Double?
  /// Normalised surface distance within 1 unit (mm).
  public var normalisedWithin1: Double?
  /// Normalised surface distance within 2 units (mm).
  public var normalisedWithin2: Double?
  /// The prediction's volume.
  public var volumeOfPrediction: Double
  /// The reference's volume.
  public var volumeOfReference: Double
  /// Which of the masks are empty.
  public var status: Status

  /// Scores without any measure yet, as they are read from a file.
  public init(volumeOfPrediction: Double, volumeOfReference: Double, status: Status) {
    self.volumeOfPrediction = volumeOfPrediction
    self.volumeOfReference = volumeOfReference
    self.status = status
  }

  /// Compares a prediction with its reference on one grid.
  public init(prediction: Mask, reference: Mask, convention: Convention = .standard) {
    let overlap = Overlap(prediction: prediction, reference: reference)
    status = overlap.status
    dice = overlap.dice
    intersectionOverUnion = overlap.intersectionOverUnion
    precision = overlap.precision
    recall = overlap.recall
    volumeOfPrediction = prediction.volume
    volumeOfReference = reference.volume
    let spacing =
      convention == .transunet ? prediction.spacing.map { _ in 1 } : prediction.spacing
    let distances = SurfaceDistances(
      prediction: prediction.spaced(spacing), reference: reference.spaced(spacing))
    hausdorff = distances?.hausdorff
    hausdorff95Maximum = distances?.hausdorff95Maximum
    hausdorff95Pooled = distances?.hausdorff95Pooled
    averageSymmetric = distances?.averageSymmetric
    switch convention {
    case .standard:
      normalisedWithin1 = distances?.normalised(within: 1)
      normalisedWithin2 = distances?.normalised(within: 2)
    case .transunet:
      guard status != .ok else { return }
      dice = status == .referenceEmpty ? 1 : 0
      hausdorff = 0
      hausdorff95Maximum = 0
      hausdorff95Pooled = 0
    }
  }
}
