import Archives
import Foundation
import Metrics
import TestKit
import Testing

/// The values of the challenge's rules in SciPy and surface-distance, as `Goldens/metrics/lesions.json` holds them.
private struct ExpectedLesions: Decodable {
  let name: String
  let shape: [Int]
  let spacing: [Double]
  let glioma: Values
  let meningioma: Values
  let metastases: Values

  struct Values: Decodable {
    let lesions: Int
    let counts: [Int]
    let dice: Double
    let hd95: Double
    let wholeDice: Double
    let wholeHausdorff95: Double

    enum CodingKeys: String, CodingKey {
      case lesions, counts, dice, hd95
      case wholeDice = "whole_dice"
      case wholeHausdorff95 = "whole_hd95"
    }
  }
}

struct LesionGoldenTests {
  @Test func `volumes of many lesions score as the rules written in SciPy`() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: Goldens.path("metrics/lesions.json")))
    let cases = try JSONDecoder().decode([ExpectedLesions].self, from: data)
    let masks = try NPZ(contentsOf: Goldens.path("metrics/lesions.npz"))
    #expect(cases.count == 8)
    for expected in cases {
      func mask(_ side: String) throws -> Mask {
        let array = try masks.array("\(expected.name)__\(side)")
        return Mask(
          of: 1, in: [UInt8](array.bytes), extents: expected.shape, spacing: expected.spacing)
      }
      let (prediction, reference) = (try mask("pred"), try mask("gt"))
      let rules: [(LesionRules, ExpectedLesions.Values)] = [
        (.glioma, expected.glioma), (.meningioma, expected.meningioma),
        (.metastases, expected.metastases),
      ]
      for (rules, values) in rules {
        check(
          LesionScores(prediction: prediction, reference: reference, rules: rules), values,
          in: "\(expected.name) \(rules)")
      }
    }
  }

  private func check(
    _ found: LesionScores, _ expected: ExpectedLesions.Values, in place: String
  ) {
    #expect(found.lesions.count == expected.lesions, "\(place)")
    #expect(
      [found.truePositives, found.falsePositives, found.falseNegatives] == expected.counts,
      "\(place)")
    #expect(abs(found.dice - expected.dice) < 1e-9, "\(place)")
    #expect(abs(found.hausdorff95 - expected.hd95) < 1e-9 * expected.hd95, "\(place)")
    #expect(abs(found.wholeDice - expected.wholeDice) < 1e-9, "\(place)")
    #expect(
      abs(found.wholeHausdorff95 - expected.wholeHausdorff95) <= 1e-9 * expected.wholeHausdorff95,
      "\(place)")
  }
}
