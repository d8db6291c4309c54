import Metrics
import Testing

/// A pair of masks on which libraries disagree, with the values of the voxel-surface definition.
struct TrickyCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let prediction: Mask
  let reference: Mask
  var dice: Double
  var hausdorff: Double
  var pooled: Double
  var maximum: Double
  var average: Double
  var normalised: Double
  /// HD95 and NSD of surface elements.
  var elements95: Double
  var elementsNormalised: Double
  var tolerance = 1.0

  static let all = planar + volumes

  private static let square = mask([64, 64], [[10..<20, 10..<20]])

  private static let planar = [
    TrickyCase(
      testDescription: "three far pixels", prediction: far(58..<61), reference: square,
      dice: 200.0 / 203, hausdorff: 41, pooled: 0, maximum: 39.1, average: 1.6, normalised: 0.96,
      elements95: 40, elementsNormalised: 0.9192),
    TrickyCase(
      testDescription: "one far pixel", prediction: far(60..<61), reference: square,
      dice: 200.0 / 201, hausdorff: 41, pooled: 0, maximum: 0, average: 41.0 / 73,
      normalised: 72.0 / 73,
      elements95: 40, elementsNormalised: 0.9649),
    TrickyCase(
      testDescription: "a pixel in a line", prediction: mask([12, 12], [[2..<3, 2..<6]]),
      reference: mask([12, 12], [[2..<3, 2..<3]]),
      dice: 0.4, hausdorff: 3, pooled: 2.8, maximum: 2.85, average: 1.2, normalised: 0.6,
      elements95: 3, elementsNormalised: 0.7071),
    TrickyCase(
      testDescription: "a corner of a square", prediction: mask([30, 30], [[5..<6, 5..<6]]),
      reference: mask([30, 30], [[5..<25, 5..<25]]),
      dice: 2.0 / 401, hausdorff: 19 * 2.0.squareRoot(), pooled: 650.0.squareRoot(),
      maximum: 650.0.squareRoot(), average: 15.4523, normalised: 4.0 / 77,
      elements95: 650.0.squareRoot(), elementsNormalised: 0.0923),
    TrickyCase(
      testDescription: "a hole",
      prediction: mask([20, 20], [[2..<17, 2..<17]], minus: [[6..<13, 6..<13]]),
      reference: mask([20, 20], [[2..<17, 2..<17]]),
      dice: 0.877805, hausdorff: 3, pooled: 3, maximum: 3, average: 0.6, normalised: 0.8,
      elements95: 4, elementsNormalised: 0.8143),
    TrickyCase(
      testDescription: "one slice in two dimensions",
      prediction: mask([20, 20], [[3..<13, 3..<13]]),
      reference: mask([20, 20], [[3..<13, 6..<16]]),
      dice: 0.7, hausdorff: 3, pooled: 3, maximum: 3, average: 1.5, normalised: 0.5,
      elements95: 3, elementsNormalised: 0.5),
    TrickyCase(
      testDescription: "the border is surface", prediction: mask([10, 10], [[0..<10, 0..<8]]),
      reference: mask([10, 10], [[0..<10, 0..<10]]),
      dice: 8.0 / 9, hausdorff: 2, pooled: 2, maximum: 2, average: 0.5294, normalised: 0.7647,
      elements95: 2, elementsNormalised: 0.7636),
    TrickyCase(
      testDescription: "a missing quarter", prediction: mask([16, 16], [[3..<13, 3..<13]]),
      reference: mask([16, 16], [[3..<13, 3..<13]], minus: [[3..<8, 8..<13]]),
      dice: 6.0 / 7, hausdorff: 5, pooled: 4, maximum: 4, average: 0.6338, normalised: 0.8169,
      elements95: 4, elementsNormalised: 0.826),
    TrickyCase(
      testDescription: "three tenths of a millimetre",
      prediction: mask([9, 9], [[4..<5, 1..<2]], spacing: [0.1, 0.1]),
      reference: mask([9, 9], [[4..<5, 4..<5]], spacing: [0.1, 0.1]),
      dice: 0, hausdorff: 0.3, pooled: 0.3, maximum: 0.3, average: 0.3, normalised: 1,
      elements95: 0.3, elementsNormalised: 1,
      tolerance: 0.3),
    TrickyCase(
      testDescription: "a hole of one voxel is no surface",
      prediction: mask([7, 7], [[2..<5, 2..<5]], minus: [[3..<4, 3..<4]]),
      reference: mask([7, 7], [[2..<5, 2..<5]]),
      dice: 16.0 / 17, hausdorff: 0, pooled: 0, maximum: 0, average: 0, normalised: 1,
      elements95: 1, elementsNormalised: 1),
  ]

  private static let volumes = [
    TrickyCase(
      testDescription: "thick slices",
      prediction: mask([8, 12, 12], [[3..<6, 3..<8, 3..<8]], spacing: [5, 1, 1]),
      reference: mask([8, 12, 12], [[2..<5, 3..<8, 3..<8]], spacing: [5, 1, 1]),
      dice: 2.0 / 3, hausdorff: 5, pooled: 5, maximum: 5, average: 45.0 / 22, normalised: 0.6061,
      elements95: 5, elementsNormalised: 0.7917),
    TrickyCase(
      testDescription: "one slice in three dimensions",
      prediction: mask([1, 20, 20], [[0..<1, 3..<13, 3..<13]]),
      reference: mask([1, 20, 20], [[0..<1, 3..<13, 6..<16]]),
      dice: 0.7, hausdorff: 3, pooled: 3, maximum: 3, average: 0.6, normalised: 0.8,
      elements95: 3, elementsNormalised: 0.8396),
    TrickyCase(
      testDescription: "a cube around a cube",
      prediction: mask([14, 14, 14], [[3..<11, 3..<11, 3..<11]]),
      reference: mask([14, 14, 14], [[4..<10, 4..<10, 4..<10]]),
      dice: 0.593407, hausdorff: 3.0.squareRoot(), pooled: 2.0.squareRoot(),
      maximum: 2.0.squareRoot(), average: 1.0796, normalised: 0.8214,
      elements95: 2.0.squareRoot(), elementsNormalised: 0.8887),
  ]

  private static func far(_ columns: Range<Int>) -> Mask {
    mask([64, 64], [[10..<20, 10..<20], [15..<16, columns]])
  }
}

struct TrickyCaseTests {
  @Test(arguments: TrickyCase.all)
  func `pairs on which libraries disagree have the voxel surface's values`(
    pair: TrickyCase
  ) throws {
    let dice = try #require(Overlap(prediction: pair.prediction, reference: pair.reference).dice)
    let distances = try #require(
      SurfaceDistances(prediction: pair.prediction, reference: pair.reference))
    let rounding = 6e-5  // the averages are known to four decimals
    #expect(abs(dice - pair.dice) < 1e-6)
    #expect(abs(distances.hausdorff - pair.hausdorff) < 1e-9)
    #expect(abs(distances.hausdorff95Pooled - pair.pooled) < 1e-9)
    #expect(abs(distances.hausdorff95Maximum - pair.maximum) < 1e-9)
    #expect(abs(distances.averageSymmetric - pair.average) < rounding)
    #expect(abs(distances.normalised(within: pair.tolerance) - pair.normalised) < rounding)
  }

  @Test func `surface is where a face neighbour is missing, not an edge neighbour`() throws {
    func rows(_ text: [String]) -> Mask {
      let pixels = Array(text.joined())
      return Mask(extents: [4, 4], spacing: [1, 1]) { pixels[$0] == "1" }
    }
    let distances = try #require(
      SurfaceDistances(
        prediction: rows(["1011", "1101", "1111", "1101"]),
        reference: rows(["1111", "0011", "0000", "1010"])))
    #expect(distances.hausdorff == 1)
  }

  @Test func `five voxels of 0.2 mm lie within 1 mm, also where a file keeps 0.2 in 32 bits`()
    throws
  {
    for spacing in [0.2, Double(Float(0.2))] {
      let ends = [0, 5].map { at in
        Mask(extents: [1, 6], spacing: [1, spacing]) { $0 == at }
      }
      let distances = try #require(SurfaceDistances(prediction: ends[0], reference: ends[1]))
      #expect(distances.normalised(within: 1) == 1)
      #expect(distances.normalised(within: 0.9999) == 0)
    }
  }

  @Test(arguments: [
    (false, false, Status.bothEmpty, nil, 0.0), (false, true, .predictionEmpty, 0.0, 0.0),
    (true, false, .referenceEmpty, 0.0, 1.0),
  ])
  func `an empty mask leaves distances undefined, and the published rule fills them in`(
    predicts: Bool, refers: Bool, status: Status, dice: Double?, publishedDice: Double
  ) {
    let empty = mask([8, 8], [])
    let full = mask([8, 8], [[2..<5, 2..<5]])
    let pair = (predicts ? full : empty, refers ? full : empty)
    let scores = Scores(prediction: pair.0, reference: pair.1)
    #expect(scores.status == status)
    #expect(scores.dice == dice)
    #expect(scores[.intersectionOverUnion] == dice)
    #expect(scores[.hausdorff] == nil && scores[.hausdorff95Pooled] == nil)
    #expect(scores[.averageSymmetric] == nil && scores[.normalised(within: 1)] == nil)
    let published = Scores(
      prediction: pair.0, reference: pair.1, scoring: Scoring(convention: .transunet))
    #expect(published.status == status)
    #expect(published.dice == publishedDice)
    #expect(published[.hausdorff95Pooled] == 0 && published[.hausdorff] == 0)
    #expect(published[.averageSymmetric] == nil && published[.normalised(within: 1)] == nil)
  }
}
