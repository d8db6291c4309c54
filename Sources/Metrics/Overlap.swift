/// How many voxels two masks have and share, from which every overlap measure is read.
public struct Overlap: Sendable, Equatable {
  /// Voxels of the prediction.
  public let prediction: Int
  /// Voxels of the reference.
  public let reference: Int
  /// Voxels of both.
  public let intersection: Int

  /// Counts the voxels of two masks on one grid.
  public init(prediction: Mask, reference: Mask) {
    intersection = prediction.intersectionCount(with: reference)
    self.prediction = prediction.count
    self.reference = reference.count
  }

  init(prediction: Int, reference: Int, intersection: Int) {
    self.prediction = prediction
    self.reference = reference
    self.intersection = intersection
  }

  /// Dice: 2 |P ∩ R| / (|P| + |R|); 0 when one mask is empty, nil when both are.
  public var dice: Double? { share(2 * intersection, of: prediction + reference) }

  /// Intersection over union: |P ∩ R| / |P ∪ R|; 0 when one mask is empty, nil when both are.
  public var intersectionOverUnion: Double? {
    share(intersection, of: prediction + reference - intersection)
  }

  /// The share of the prediction that is right: |P ∩ R| / |P|; nil when the prediction is empty.
  public var precision: Double? { share(intersection, of: prediction) }

  /// The share of the reference that is found: |P ∩ R| / |R|; nil when the reference is empty.
  public var recall: Double? { share(intersection, of: reference) }

  /// Which of the masks are empty.
  public var status: Status {
    switch (prediction, reference) {
    case (0, 0): .bothEmpty
    case (0, _): .predictionEmpty
    case (_, 0): .referenceEmpty
    default: .ok
    }
  }

  private func share(_ part: Int, of whole: Int) -> Double? {
    whole == 0 ? nil : Double(part) / Double(whole)
  }
}

/// Whether a comparison of two masks has every measure, or which mask is empty.
public enum Status: String, Sendable, Codable, CaseIterable {
  /// Both masks have voxels: every measure is defined.
  case ok
  /// Both masks are empty: no measure is defined.
  case bothEmpty = "both_empty"
  /// Only the prediction is empty: Dice is 0, distances are undefined.
  case predictionEmpty = "prediction_empty"
  /// Only the reference is empty: Dice is 0, distances are undefined.
  case referenceEmpty = "reference_empty"
}
