/// The measures of one pair of masks; an undefined one is nil.
public struct Scores: Sendable, Equatable {
  /// The prediction's volume.
  public let volumeOfPrediction: Double
  /// The reference's volume.
  public let volumeOfReference: Double
  /// Which of the masks are empty.
  public let status: Status
  /// The length of the image's diagonal, voxels times spacing along each axis; nil where a file does not say it.
  public var diagonal: Double?
  private var values: [Measure: Double] = [:]

  /// The value of a measure; nil where it is undefined or was not computed.
  public subscript(measure: Measure) -> Double? {
    get { values[measure] }
    set { values[measure] = newValue }
  }

  /// Dice.
  public var dice: Double? { self[.dice] }

  /// Scores with the volumes' errors and no other measure yet, as they are read from a file.
  public init(volumeOfPrediction: Double, volumeOfReference: Double, status: Status) {
    self.volumeOfPrediction = volumeOfPrediction
    self.volumeOfReference = volumeOfReference
    self.status = status
    let error = volumeOfPrediction - volumeOfReference
    self[.volumeError] = error
    self[.relativeVolumeError] = volumeOfReference > 0 ? error / volumeOfReference : nil
  }

  /// Compares a prediction with its reference on one grid.
  ///
  /// `slices` and `lesions` are those of the pair where the scoring asks for them.
  public init(
    prediction: Mask, reference: Mask, scoring: Scoring = Scoring(), slices: SliceOverlaps? = nil,
    lesions: LesionScores? = nil
  ) {
    let overlap = Overlap(prediction: prediction, reference: reference)
    self.init(
      volumeOfPrediction: prediction.volume, volumeOfReference: reference.volume,
      status: overlap.status)
    diagonal = reference.diagonal
    self[.dice] = overlap.dice
    self[.intersectionOverUnion] = overlap.intersectionOverUnion
    self[.precision] = overlap.precision
    self[.recall] = overlap.recall
    self[.sliceDice] = slices?.meanDice
    switch scoring.convention {
    case .standard:
      addDistances(prediction, reference, within: scoring.tolerances)
      if scoring.surfaceElements { addElements(prediction, reference, scoring) }
      if let lesions { addLesions(lesions) }
    case .transunet:
      let units = prediction.spacing.map { _ in 1.0 }
      addDistances(prediction.spaced(units), reference.spaced(units), within: [])
      guard status != .ok else { return }
      self[.dice] = status == .referenceEmpty ? 1 : 0
      for measure: Measure in [.hausdorff, .hausdorff95Maximum, .hausdorff95Pooled] {
        self[measure] = 0
      }
    }
  }

  private mutating func addDistances(
    _ prediction: Mask, _ reference: Mask, within tolerances: [Double]
  ) {
    let found = SurfaceDistances(prediction: prediction, reference: reference)
    guard let distances = found else { return }
    self[.hausdorff] = distances.hausdorff
    self[.hausdorff95Maximum] = distances.hausdorff95Maximum
    self[.hausdorff95Pooled] = distances.hausdorff95Pooled
    self[.averageSymmetric] = distances.averageSymmetric
    for tolerance in tolerances {
      self[.normalised(within: tolerance)] = distances.normalised(within: tolerance)
    }
  }

  private mutating func addElements(_ prediction: Mask, _ reference: Mask, _ scoring: Scoring) {
    let elements = SurfaceElementDistances(prediction: prediction, reference: reference)
    self[.hausdorff95Elements] = elements?.hausdorff95
    for tolerance in scoring.tolerances {
      self[.normalisedElements(within: tolerance)] = elements?.normalised(within: tolerance)
    }
  }

  private mutating func addLesions(_ lesions: LesionScores) {
    self[.lesionDice] = lesions.dice
    self[.lesionHausdorff95] = lesions.hausdorff95
    self[.lesionTruePositives] = Double(lesions.truePositives)
    self[.lesionFalsePositives] = Double(lesions.falsePositives)
    self[.lesionFalseNegatives] = Double(lesions.falseNegatives)
  }
}

extension Mask {
  /// The length of the grid's diagonal: the root of the sum of (voxels · spacing)² over the axes.
  var diagonal: Double {
    zip(extents, spacing).reduce(0) { $0 + Double($1.0) * $1.1 * (Double($1.0) * $1.1) }
      .squareRoot()
  }
}
