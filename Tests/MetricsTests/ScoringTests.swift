import Archives
import Foundation
import Metrics
import TestKit
import Testing

/// The values of MONAI and surface-distance at several tolerances, as `Goldens/metrics/tolerances.json` holds them.
private struct ExpectedTolerances: Decodable {
  let `case`: String
  let monai: [String: Double]
  let surfaceDistance: [String: Double]
  /// The mean Dice of the slices across each axis of a volume.
  let slices: [Double?]

  enum CodingKeys: String, CodingKey {
    case `case`, monai, slices
    case surfaceDistance = "surface_distance"
  }
}

/// The grids of the pairs, as `Goldens/metrics/expected.json` holds them.
private struct Grids: Decodable {
  struct Grid: Decodable {
    let `case`: String
    let shape: [Int]
    let spacing: [Double]
  }

  let cases: [Grid]
}

struct ScoringTests {
  private static func decoded<Value: Decodable>(_ path: String) throws -> Value {
    try JSONDecoder().decode(
      Value.self, from: Data(contentsOf: URL(fileURLWithPath: Goldens.path(path))))
  }

  @Test func `all pairs have MONAI's and surface-distance's shares at four tolerances`() throws {
    let expected: [ExpectedTolerances] = try Self.decoded("metrics/tolerances.json")
    let grids: Grids = try Self.decoded("metrics/expected.json")
    let masks = try NPZ(contentsOf: Goldens.path("metrics/masks.npz"))
    let scoring = Scoring(tolerances: [5, 1, 2, 0.5], surfaceElements: true)
    #expect(scoring.tolerances == [0.5, 1, 2, 5])
    #expect(expected.count == 50)
    for (values, grid) in zip(expected, grids.cases) {
      func mask(_ side: String) throws -> Mask {
        let array = try masks.array("\(grid.case)__\(side)")
        return Mask(
          of: 1, in: [UInt8](array.bytes), extents: grid.shape, spacing: grid.spacing)
      }
      let (prediction, reference) = (try mask("pred"), try mask("gt"))
      let found = Scores(prediction: prediction, reference: reference, scoring: scoring)
      for tolerance in scoring.tolerances {
        let key = tolerance == tolerance.rounded() ? "\(Int(tolerance))" : "\(tolerance)"
        expect(found[.normalised(within: tolerance)], values.monai[key], within: 1e-6)
        expect(
          found[.normalisedElements(within: tolerance)], values.surfaceDistance[key], within: 1e-9)
      }
      for (axis, dice) in values.slices.enumerated() {
        let slices = SliceOverlaps(prediction: prediction, reference: reference, axis: axis)
        #expect(slices.overlaps.count == grid.shape[axis])
        expect(slices.meanDice, dice, within: 1e-12)
      }
      let elements = SurfaceElementDistances(prediction: prediction, reference: reference)
      #expect(found[.hausdorff95Elements] == elements?.hausdorff95)
      #expect(found[.volumeError] == prediction.volume - reference.volume)
      let error = prediction.volume - reference.volume
      #expect(
        found[.relativeVolumeError] == (reference.count == 0 ? nil : error / reference.volume))
    }
  }

  private func expect(_ found: Double?, _ expected: Double?, within tolerance: Double) {
    guard let found, let expected else {
      #expect(found == expected)
      return
    }
    #expect(abs(found - expected) <= tolerance)
  }

  @Test func `every measure keeps its name`() {
    let scoring = Scoring(tolerances: [0.5, 2, 12], lesions: .met, perSlice: true)
    #expect(Set(scoring.measures).count == scoring.measures.count)
    for measure in scoring.measures { #expect(Measure(name: measure.name) == measure) }
    #expect(Measure.normalised(within: 2).name == "nsd_2mm")
    #expect(Measure.normalisedElements(within: 0.5).name == "nsd_surfel_0.5mm")
    for name in ["", "nsd", "nsd_mm", "nsd_xmm", "nsd_-1mm", "nsd_nanmm", "nsd_infmm", "Dice"] {
      #expect(Measure(name: name) == nil, "\(name)")
    }
    #expect(
      Scoring().measures.prefix(8).map(\.name) == [
        "dice", "iou", "hd", "hd95_max", "hd95_pooled", "assd", "nsd_1mm", "nsd_2mm",
      ])
  }

  @Test func `each policy fills in what it says, and nothing else`() {
    func scores(_ one: Int, _ other: Int) -> Scores {
      func mask(_ count: Int) -> Mask {
        Mask(extents: [4, 3], spacing: [3, 1]) { $0 < count }
      }
      return Scores(prediction: mask(one), reference: mask(other))
    }
    let (missed, absent) = (scores(0, 5), scores(0, 0))
    let diagonal = (Double(12 * 12 + 3 * 3)).squareRoot()
    func values(_ policy: Policy, _ scores: Scores) -> [Double?] {
      [.dice, .hausdorff95Maximum, .normalised(within: 1), .precision].map {
        policy.value(of: $0, in: scores)
      }
    }
    #expect(values(.strict, missed) == [0, nil, nil, nil])
    #expect(values(.strict, absent) == [nil, nil, nil, nil])
    #expect(values(.penalise, missed) == [0, diagonal, 0, nil])
    #expect(values(.penalise, absent) == [nil, nil, nil, nil])
    #expect(values(.brats2023, missed) == [0, 374, 0, nil])
    #expect(values(.brats2023, absent) == [1, 0, 1, nil])
    let found = scores(5, 5)
    for policy in Policy.allCases { #expect(values(policy, found) == [1, 0, 1, 1]) }
  }

  @Test func `a slice of a plane is the plane, and lesions bring surface elements`() {
    let mask = Mask(extents: [3, 4], spacing: [1, 1]) { $0 < 5 }
    let empty = Mask(empty: [3, 4], spacing: [1, 1])
    for axis in 0..<3 {
      let slices = SliceOverlaps(prediction: mask, reference: mask, axis: axis)
      #expect(slices.overlaps == [Overlap(prediction: mask, reference: mask)])
    }
    #expect(SliceOverlaps(prediction: empty, reference: empty, axis: 0).meanDice == nil)
    let scores = Scores(
      prediction: mask, reference: mask, scoring: Scoring(lesions: .met),
      lesions: LesionScores(prediction: mask, reference: mask, rules: .metastases))
    #expect(scores[.lesionDice] == 1 && scores[.hausdorff95Elements] == 0)
    #expect(scores[.lesionTruePositives] == 1 && scores[.lesionFalseNegatives] == 0)
  }
}
