import Metrics
import Testing

/// A pair of masks with what the challenge's own code makes of it (glioma rules).
struct LesionCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let prediction: Mask
  let reference: Mask
  var whole: (dice: Double, hausdorff95: Double)
  var lesionwise: (dice: Double, hausdorff95: Double)
  var counts: [Int]

  private static let extents = [60, 60, 40]
  private static let big = [40..<50, 40..<50, 20..<30]
  private static let small = [5..<10, 5..<10, 5..<10]
  private static let beside = [13..<18, 5..<10, 5..<10]

  static let all = [
    LesionCase(
      testDescription: "one of two lesions missed", prediction: mask(extents, [big]),
      reference: mask(extents, [small, big]),
      whole: (0.941176, 49.1019), lesionwise: (0.5, 187), counts: [1, 0, 1]),
    LesionCase(
      testDescription: "a speck invented",
      prediction: mask(extents, [big, [5..<7, 5..<7, 5..<7]]), reference: mask(extents, [big]),
      whole: (0.996016, 0), lesionwise: (0.5, 187), counts: [1, 1, 0]),
    LesionCase(
      testDescription: "a neglected lesion missed", prediction: mask(extents, [big]),
      reference: mask(extents, [big, [5..<8, 5..<8, 5..<8]]),
      whole: (0.98668, 48.4665), lesionwise: (1, 0), counts: [1, 0, 0]),
    LesionCase(
      testDescription: "nothing there, nothing predicted", prediction: mask(extents, []),
      reference: mask(extents, []),
      whole: (1, 0), lesionwise: (1, 0), counts: [0, 0, 0]),
    LesionCase(
      testDescription: "nothing there, something predicted",
      prediction: mask(extents, [[5..<8, 5..<8, 5..<8]]), reference: mask(extents, []),
      whole: (0, 374), lesionwise: (0, 374), counts: [0, 1, 0]),
    LesionCase(
      testDescription: "two lesions that are one once grown", prediction: mask(extents, [small]),
      reference: mask(extents, [small, beside]),
      whole: (0.666667, 8), lesionwise: (0.666667, 8), counts: [1, 0, 0]),
    LesionCase(
      testDescription: "all of it predicted under a label of another scheme",
      prediction: mask(extents, []), reference: mask(extents, [small]),
      whole: (0, 374), lesionwise: (0, 374), counts: [0, 0, 1]),
  ]
}

struct LesionTests {
  @Test(arguments: LesionCase.all)
  func `a hand-checked pair scores as in the challenge`(pair: LesionCase) {
    let found = LesionScores(
      prediction: pair.prediction, reference: pair.reference, rules: .glioma)
    let rounding = 6e-5  // the distances are known to four decimals
    #expect(abs(found.wholeDice - pair.whole.dice) < 1e-6)
    #expect(abs(found.wholeHausdorff95 - pair.whole.hausdorff95) < rounding)
    #expect(abs(found.dice - pair.lesionwise.dice) < 1e-6)
    #expect(abs(found.hausdorff95 - pair.lesionwise.hausdorff95) < rounding)
    #expect([found.truePositives, found.falsePositives, found.falseNegatives] == pair.counts)
  }

  /// The number of lesions that are left after merging.
  private func merged(
    _ rules: LesionRules, _ extents: [Int], _ boxes: [[Range<Int>]], spacing: [Double]? = nil
  ) -> Int {
    let reference = mask(extents, boxes, spacing: spacing)
    return LesionScores(prediction: reference, reference: reference, rules: rules).lesions.count
  }

  @Test(arguments: [(LesionRules.glioma, 6), (.meningioma, 2), (.metastases, 2)])
  func `lesions are one up to twice the dilations apart, across words and along every axis`(
    rules: LesionRules, gap: Int
  ) {
    for axis in 0..<3 {
      var extents = [9, 9, 9]
      extents[axis] = 140
      for end in [5, 58, 62, 63, 64, 65] {
        var boxes = [[4..<5, 4..<5, 4..<5], [4..<5, 4..<5, 4..<5]]
        boxes[0][axis] = 0..<end
        boxes[1][axis] = end + gap..<140
        #expect(merged(rules, extents, boxes) == 1)
        boxes[1][axis] = end + gap + 1..<140
        #expect(merged(rules, extents, boxes) == 2)
      }
    }
  }

  @Test func `growth reaches neighbours over edges, not over corners`() {
    let corner = [[2..<3, 2..<3, 2..<3], [5..<6, 5..<6, 5..<6]]
    let edge = [[2..<3, 2..<3, 2..<3], [2..<3, 5..<6, 5..<6]]
    #expect(merged(.meningioma, [8, 8, 8], corner) == 2)
    #expect(merged(.meningioma, [8, 8, 8], edge) == 1)
    #expect(merged(.meningioma, [8, 8], edge.map { Array($0.dropFirst()) }) == 1)
  }

  @Test func `a lesion counts above the neglected volume, in cubic millimetres`() {
    let empty = mask([9, 9, 9], [], spacing: [2, 1, 1])
    let box = mask([9, 9, 9], [[4..<5, 2..<7, 2..<7]], spacing: [2, 1, 1])
    let neglected = LesionScores(prediction: empty, reference: box, rules: .glioma)
    #expect(neglected.lesions.map(\.volume) == [50] && neglected.lesions.map(\.counts) == [false])
    #expect(neglected.dice == 1 && neglected.hausdorff95 == 0 && neglected.falseNegatives == 0)
    let counted = LesionScores(prediction: empty, reference: box, rules: .metastases)
    #expect(counted.dice == 0 && counted.hausdorff95 == 374 && counted.falseNegatives == 1)
    let found = LesionScores(prediction: box, reference: box, rules: .glioma)
    #expect(found.truePositives == 0 && found.falsePositives == 0)
  }

  @Test func `a region may serve several lesions, and is compared whole`() {
    let boxes = [[2..<7, 2..<7, 2..<7], [2..<7, 2..<7, 33..<38]]
    let reference = mask([9, 9, 40], boxes)
    let bar = mask([9, 9, 40], [[2..<7, 2..<7, 2..<38]])
    let found = LesionScores(prediction: bar, reference: reference, rules: .glioma)
    #expect(found.truePositives == 2 && found.falsePositives == 0 && found.falseNegatives == 0)
    #expect(abs(found.dice - 250.0 / (900 + 125)) < 1e-12)
    #expect(found.lesions.map(\.hausdorff95) == [30, 30])
  }

  @Test func `a region beside a lesion finds it without sharing a voxel`() {
    let reference = mask([20, 20, 20], [[5..<10, 5..<10, 5..<10]])
    let beside = mask([20, 20, 20], [[5..<10, 5..<10, 12..<17]])
    let found = LesionScores(prediction: beside, reference: reference, rules: .glioma)
    #expect(found.truePositives == 1 && found.falsePositives == 0)
    #expect(found.dice == 0 && found.hausdorff95 == 7)
    let far = LesionScores(prediction: beside, reference: reference, rules: .meningioma)
    #expect(far.truePositives == 0 && far.falsePositives == 1 && far.falseNegatives == 1)
    #expect(far.dice == 0 && far.hausdorff95 == 374)
  }
}
