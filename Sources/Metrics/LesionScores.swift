/// How lesions are told apart and what a missed or invented one costs.
public struct LesionRules: Sendable, Equatable {
  /// How often a lesion is grown by its 18 neighbours.
  ///
  /// Lesions that then touch are one; a region of the prediction that then touches belongs to it.
  public var dilations: Int
  /// Lesions of the reference up to this volume are left out, in mm³.
  public var neglectedVolume: Double
  /// The HD95 of a missed lesion and of a false positive, in mm.
  public var penalty: Double

  /// BraTS 2023's penalty, in mm.
  public static let penalty = 374.0

  /// Rules of one's own.
  public init(
    dilations: Int, neglectedVolume: Double, penalty: Double = LesionRules.penalty
  ) {
    precondition(dilations >= 0, "lesion rules: \(dilations) dilations are less than 0")
    self.dilations = dilations
    self.neglectedVolume = neglectedVolume
    self.penalty = penalty
  }

  /// BraTS 2023's adult, sub-Saharan and paediatric gliomas (GLI, SSA, PED).
  public static let glioma = LesionRules(dilations: 3, neglectedVolume: 50)
  /// BraTS 2023's meningiomas (MEN).
  public static let meningioma = LesionRules(dilations: 1, neglectedVolume: 50)
  /// BraTS 2023's metastases (MET).
  public static let metastases = LesionRules(dilations: 1, neglectedVolume: 2)
}

/// The comparison of two masks lesion by lesion, by the rules of BraTS 2023.
///
/// The reference's lesions are its 26-connected regions, those merged that touch once grown. A lesion is compared with
/// all regions of the prediction that reach into the grown lesion, whole, each of which may serve several lesions; with
/// none it is missed and scores Dice 0 and the penalty. A region that reaches no lesion, not even a neglected one, is a
/// false positive with the same score, whatever its size. HD95 is that of `SurfaceElementDistances`. Unlike elsewhere
/// nothing is undefined here: without any lesion and any false positive Dice is 1 and HD95 0, as the challenge counts it.
public struct LesionScores: Sendable, Equatable {
  /// One lesion of the reference.
  public struct Lesion: Sendable, Equatable {
    /// In mm³.
    public let volume: Double
    /// Whether a region of the prediction reaches it.
    public let isFound: Bool
    /// Whether it counts: its volume is more than the neglected one.
    public let counts: Bool
    /// Dice with the regions that reach it; 0 when it is missed.
    public let dice: Double
    /// HD95 to the regions that reach it, in mm; the penalty when it is missed.
    public let hausdorff95: Double
  }

  /// The reference's lesions after merging, those that do not count included.
  public let lesions: [Lesion]
  /// How many regions of the prediction reach no lesion.
  public let falsePositives: Int
  /// The mean Dice over the lesions that count and the false positives; 1 where there are none.
  public let dice: Double
  /// The mean HD95 over the lesions that count and the false positives, in mm; 0 where there are none.
  public let hausdorff95: Double
  /// Dice of the whole masks; 1 when both are empty.
  public let wholeDice: Double
  /// HD95 of the whole masks, in mm; 0 when both are empty, the penalty when one is.
  public let wholeHausdorff95: Double

  /// How many lesions count and are found.
  public var truePositives: Int { lesions.count { $0.counts && $0.isFound } }
  /// How many lesions count and are missed.
  public var falseNegatives: Int { lesions.count { $0.counts && !$0.isFound } }

  /// Compares a prediction with its reference on one grid with spacing in mm.
  public init(prediction: Mask, reference: Mask, rules: LesionRules) {
    let predicted = Regions(of: prediction)
    var reached = Set<Int>()
    let merged = Regions(of: reference.dilated(times: rules.dilations))
    let lesions = merged.voxels.map { grown in
      let lesion = reference.holding(grown.lazy.filter { reference[$0] })
      let reach = lesion.dilated(times: rules.dilations)
      let found = predicted.voxels.indices.filter { region in
        predicted.voxels[region].contains { reach[$0] }
      }
      reached.formUnion(found)
      return Lesion(
        lesion, foundBy: prediction.holding(found.lazy.flatMap { predicted.voxels[$0] }),
        rules: rules)
    }
    falsePositives = predicted.voxels.count - reached.count
    self.lesions = lesions
    let counted = lesions.filter(\.counts)
    let total = Double(counted.count + falsePositives)
    let farthest = Double(falsePositives) * rules.penalty
    dice = total == 0 ? 1 : counted.reduce(0) { $0 + $1.dice } / total
    hausdorff95 = total == 0 ? 0 : counted.reduce(farthest) { $0 + $1.hausdorff95 } / total
    let overlap = Overlap(prediction: prediction, reference: reference)
    wholeDice = overlap.dice ?? 1
    wholeHausdorff95 =
      overlap.status == .bothEmpty
      ? 0
      : SurfaceElementDistances(prediction: prediction, reference: reference)?.hausdorff95
        ?? rules.penalty
  }
}

extension LesionScores.Lesion {
  fileprivate init(_ lesion: Mask, foundBy prediction: Mask, rules: LesionRules) {
    volume = lesion.volume
    counts = lesion.volume > rules.neglectedVolume
    isFound = prediction.count > 0
    dice = Overlap(prediction: prediction, reference: lesion).dice ?? 0
    hausdorff95 =
      SurfaceElementDistances(prediction: prediction, reference: lesion)?.hausdorff95
      ?? rules.penalty
  }
}
