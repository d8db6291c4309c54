import Archives
import Foundation
import Metrics
import TestKit
import Testing

/// The values of several libraries for one pair of masks, as `Goldens/metrics/expected.json` holds them.
private struct Expected: Decodable {
  let `case`: String
  let shape: [Int]
  let spacing: [Double]
  let medpy: [String: Value]
  let monai: [String: Value]
  let surfaceDistance: [String: Value]
  let perCase: [String: Value]
  let bruteForce: [String: Value]?

  enum CodingKeys: String, CodingKey {
    case `case`, shape, spacing, medpy, monai
    case surfaceDistance = "surface_distance"
    case perCase = "per_case"
    case bruteForce = "brute_force"
  }

  /// A number, or nil where the library says nan or inf or raises an error.
  struct Value: Decodable {
    let number: Double?

    init(from decoder: any Decoder) throws {
      number = try? decoder.singleValueContainer().decode(Double.self)
    }
  }
}

private struct ExpectedFile: Decodable {
  let cases: [Expected]
}

struct GoldenTests {
  @Test
  func
    `all pairs have the values of MedPy, MONAI, surface-distance, the search over pairs and the published rule`()
    throws
  {
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("metrics/expected.json")))
    let file = try JSONDecoder().decode(ExpectedFile.self, from: data)
    let masks = try NPZ(contentsOf: Goldens.path("metrics/masks.npz"))
    #expect(file.cases.count == 50)
    for expected in file.cases {
      func mask(_ side: String) throws -> Mask {
        let array = try masks.array("\(expected.case)__\(side)")
        #expect(array.shape == expected.shape)
        return Mask(
          of: 1, in: [UInt8](array.bytes), extents: expected.shape, spacing: expected.spacing)
      }
      let (prediction, reference) = (try mask("pred"), try mask("gt"))
      check(expected, prediction: prediction, reference: reference)
      checkElements(expected, prediction: prediction, reference: reference)
    }
  }

  private func check(_ expected: Expected, prediction: Mask, reference: Mask) {
    let units = expected.spacing.map { _ in 1.0 }
    let distances = SurfaceDistances(prediction: prediction, reference: reference)
    let voxels = SurfaceDistances(
      prediction: prediction.spaced(units), reference: reference.spaced(units))
    let scores = Scores(prediction: prediction, reference: reference)
    let published = Scores(
      prediction: prediction, reference: reference, scoring: Scoring(convention: .transunet))
    let bothEmpty = scores.status == .bothEmpty
    let medpy: [String: Double?] = [
      "dc": scores.dice, "jc": bothEmpty ? 1 : scores[.intersectionOverUnion],
      "precision": scores[.precision], "recall": scores[.recall],
      "hd": scores[.hausdorff], "hd_unit_spacing": voxels?.hausdorff,
      "hd95": scores[.hausdorff95Pooled], "hd95_unit_spacing": voxels?.hausdorff95Pooled,
      "asd": distances?.averageFromPrediction, "asd_unit_spacing": voxels?.averageFromPrediction,
      "assd": scores[.averageSymmetric], "assd_unit_spacing": voxels?.averageSymmetric,
    ]
    expect(medpy, expected.medpy, in: "medpy \(expected.case)", within: 1e-9)
    let monai = [
      "hausdorff": scores[.hausdorff], "hausdorff95": scores[.hausdorff95Maximum],
    ]
    expect(monai, expected.monai, in: "monai \(expected.case)", within: 1e-5)
    expect(
      ["dice": published.dice, "hd95": published[.hausdorff95Pooled]], expected.perCase,
      in: "per_case \(expected.case)", within: 1e-9)
    guard let bruteForce = expected.bruteForce, let distances else { return }
    let searched: [String: Double?] = [
      "hd": distances.hausdorff, "hd95_pooled": distances.hausdorff95Pooled,
      "hd95_max_of_directed": distances.hausdorff95Maximum,
      "asd_pred_to_gt": distances.averageFromPrediction,
      "asd_gt_to_pred": distances.averageFromReference,
      "assd_pooled": distances.averageSymmetric,
      "assd_mean_of_means":
        (distances.averageFromPrediction + distances.averageFromReference) / 2,
      "surface_voxels_pred": Double(distances.fromPrediction.count),
      "surface_voxels_gt": Double(distances.fromReference.count),
    ]
    expect(searched, bruteForce, in: "brute force \(expected.case)", within: 1e-9)
  }

  /// The values of surface-distance where both masks have voxels; elsewhere graft's are undefined.
  private func checkElements(_ expected: Expected, prediction: Mask, reference: Mask) {
    guard let found = SurfaceElementDistances(prediction: prediction, reference: reference) else {
      #expect(prediction.count == 0 || reference.count == 0, "\(expected.case)")
      return
    }
    let values: [String: Double?] = [
      "robust_hausdorff_95": found.hausdorff95, "robust_hausdorff_100": found.hausdorff,
      "surface_dice_1mm": found.normalised(within: 1),
      "surface_dice_2mm": found.normalised(within: 2),
      "average_distance_gt_to_pred": found.averageFromReference,
      "average_distance_pred_to_gt": found.averageFromPrediction,
      "surface_area_gt": found.areaOfReference, "surface_area_pred": found.areaOfPrediction,
      "volumetric_dice": Overlap(prediction: prediction, reference: reference).dice,
    ]
    expect(
      values, expected.surfaceDistance, in: "surface-distance \(expected.case)", within: 1e-9)
  }

  /// Compares all columns; a relative tolerance, and the same absolutely below 1.
  private func expect(
    _ found: [String: Double?], _ expected: [String: Expected.Value], in place: String,
    within tolerance: Double
  ) {
    #expect(Set(found.keys) == Set(expected.keys), "\(place)")
    for (column, value) in expected {
      guard let number = value.number else {
        #expect(found[column] == .some(nil), "\(place) \(column)")
        continue
      }
      let agrees = found[column].flatMap { $0 }.map {
        abs($0 - number) <= tolerance * max(1, abs(number))
      }
      #expect(agrees == true, "\(place) \(column): \(String(describing: found[column])), \(number)")
    }
  }
}
