/// How values that are undefined for some cases come into means and tests.
public enum Policy: String, Sendable, Codable, CaseIterable {
  /// What is undefined is left out, and every mean says over how many values it is.
  case strict
  /// Where one mask is empty, distances count the image's diagonal and normalised surface distances 0.
  ///
  /// Where both are empty nothing was missed and nothing invented; such a pair is left out, so that labels which are
  /// absent do not raise the mean.
  case penalise
  /// The rule of TransUNet's published tables: the values are those of the convention of that name.
  case transunet
  /// The rule of BraTS 2023: where one mask is empty distances count 374, where both are Dice counts 1 and distances 0.
  ///
  /// The lesion-wise measures are the challenge's; those of whole masks are what it calls legacy.
  case brats2023

  /// How pairs of masks are to be measured.
  public var convention: Convention { self == .transunet ? .transunet : .standard }

  /// What a measure of a pair counts; nil is left out.
  public func value(of measure: Measure, in scores: Scores) -> Double? {
    if let value = scores[measure] { return value }
    switch (self, scores.status) {
    case (.penalise, .predictionEmpty), (.penalise, .referenceEmpty):
      if measure.isDistance { return scores.diagonal }
      return measure.isAgreement ? 0 : nil
    case (.brats2023, .bothEmpty):
      if measure.isDistance { return 0 }
      return measure.isAgreement ? 1 : nil
    case (.brats2023, .predictionEmpty), (.brats2023, .referenceEmpty):
      if measure.isDistance { return LesionRules.penalty }
      return measure.isAgreement ? 0 : nil
    default: return nil
    }
  }
}

/// A task of BraTS 2023, which fixes the rules lesions are scored by.
public enum LesionTask: String, Sendable, Codable, CaseIterable {
  /// Adult gliomas.
  case gli
  /// Gliomas of sub-Saharan Africa.
  case ssa
  /// Paediatric gliomas.
  case ped
  /// Meningiomas.
  case men
  /// Metastases.
  case met

  /// The rules.
  public var rules: LesionRules {
    switch self {
    case .gli, .ssa, .ped: .glioma
    case .men: .meningioma
    case .met: .metastases
    }
  }
}
