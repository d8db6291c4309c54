import Metrics

extension Evaluation {
  /// The unit of distances in a sentence.
  var unitWords: String { spacingUnit == "mm" ? "mm" : "\(spacingUnit)s" }

  /// The unit of volumes.
  var volumeUnit: String { spacingUnit == "pixel" ? "pixels" : "mm³" }

  /// How undefined values count, in a sentence.
  public var note: String {
    switch policy {
    case .strict:
      "Policy strict: undefined values are left out; every mean says over how many it is."
    case .penalise:
      "Policy penalise: where one mask is empty, distances count the image's diagonal and NSD 0; "
        + "where both are, the pair is left out."
    case .transunet:
      "Policy transunet (the rule of the published tables): distances in voxels; Dice 1 and distance 0 where "
        + "only the prediction has the label, 0 and 0 where the prediction has none. HD95 pooled is the HD95 "
        + "of these tables."
    case .brats2023:
      "Policy brats2023\(scoring.lesions.map { " (rules of \($0.rawValue.uppercased()))" } ?? ""): a lesion "
        + "missed or invented counts Dice 0 and HD95 374; of whole masks, where one is empty distances "
        + "count 374, where both are Dice counts 1 and distances 0."
    }
  }

  /// What the measures are, in a sentence.
  public var definitions: String {
    let grid = scoring.convention == .transunet ? "" : " in its own spacing"
    return
      "Measured on the whole case\(grid); distances in \(unitWords). HD95 max: the larger of the two "
      + "directed 95th percentiles (as MONAI); HD95 pooled: of both directions together (as MedPy); "
      + "ASSD: the mean of both together; NSD: the share of both surfaces within the tolerance; surfel: surface "
      + "elements weighed by area (as DeepMind's surface-distance)."
  }

  /// How intervals and tests are made, in a sentence.
  public var inference: String {
    "Intervals hold 95 % of 10,000 bootstrap means over cases (seed \(seed)); the labels of a case are drawn "
      + "together."
  }
}
