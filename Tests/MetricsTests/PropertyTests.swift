import Metrics
import Tensors
import Testing

struct PropertyTests {
  static let grids: [([Int], [Double])] = [
    ([17, 90], [1, 1]), ([1, 70], [0.7, 1.3]), ([6, 9, 65], [2.5, 0.8, 0.8]),
    ([11, 1, 7], [0.5, 3, 1.1]), ([4, 40, 19], [0.3, 1.1, 5]),
  ]

  @Test(arguments: grids, 0..<8)
  func `distances are those of a search over all pairs of surface voxels`(
    grid: ([Int], [Double]), seed: Int
  ) throws {
    var random = Numbers(state: UInt64(seed))
    let first = randomMask(grid.0, spacing: grid.1, using: &random)
    let second = randomMask(grid.0, spacing: grid.1, using: &random)
    let found = try #require(SurfaceDistances(prediction: first, reference: second))
    let pairs = [
      (found.fromPrediction, searched(first, second)),
      (found.fromReference, searched(second, first)),
    ].map { ($0.sorted(), $1) }
    for (found, expected) in pairs {
      #expect(found.count == expected.count)
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-12 * max(1, $1) })
    }
  }

  @Test(arguments: [[5, 300, 333], [1, 64, 128], [40, 3, 700], [500, 600]])
  func `distances reach across the whole grid`(extents: [Int]) throws {
    let spacing = extents.indices.map { 0.7 + 0.9 * Double($0) }
    let last = extents.reduce(1, *) - 1
    let first = Mask(extents: extents, spacing: spacing) { $0 == 0 }
    let second = Mask(extents: extents, spacing: spacing) { $0 == last || $0 == last / 2 }
    let found = try #require(SurfaceDistances(prediction: first, reference: second))
    let expected = [searched(first, second), searched(second, first)]
    for (found, expected) in zip([found.fromPrediction, found.fromReference], expected) {
      #expect(zip(found.sorted(), expected).allSatisfy { abs($0 - $1) <= 1e-12 * $1 })
    }
  }

  @Test(arguments: grids, 0..<4)
  func `measures are symmetric and scale with the spacing`(
    grid: ([Int], [Double]), seed: Int
  ) throws {
    var random = Numbers(state: UInt64(100 + seed))
    let first = randomMask(grid.0, spacing: grid.1, using: &random)
    let second = randomMask(grid.0, spacing: grid.1, using: &random)
    let there = try #require(SurfaceDistances(prediction: first, reference: second))
    let back = try #require(SurfaceDistances(prediction: second, reference: first))
    #expect(there.fromPrediction == back.fromReference)
    #expect(there.hausdorff == back.hausdorff)
    #expect(there.hausdorff95Maximum == back.hausdorff95Maximum)
    #expect(there.hausdorff95Pooled == back.hausdorff95Pooled)
    #expect(there.normalised(within: 1) == back.normalised(within: 1))
    #expect(there.hausdorff95Maximum <= there.hausdorff)
    let doubled = grid.1.map { 2 * $0 }
    let wide = try #require(
      SurfaceDistances(prediction: first.spaced(doubled), reference: second.spaced(doubled)))
    #expect(wide.fromPrediction == there.fromPrediction.map { 2 * $0 })
    #expect(wide.normalised(within: 2) == there.normalised(within: 1))
    let overlap = Overlap(prediction: first, reference: second)
    let turned = Overlap(prediction: second, reference: first)
    #expect(overlap.dice == turned.dice && overlap.precision == turned.recall)
    if overlap.dice == 0 { #expect(there.hausdorff > 0) }
  }

  @Test(arguments: grids)
  func `a mask agrees with itself`(grid: ([Int], [Double])) {
    var random = Numbers(state: 7)
    let one = randomMask(grid.0, spacing: grid.1, using: &random)
    let scores = Scores(prediction: one, reference: one)
    #expect(scores.dice == 1 && scores[.intersectionOverUnion] == 1)
    #expect(scores[.hausdorff] == 0 && scores[.averageSymmetric] == 0)
    #expect(scores[.normalised(within: 1)] == 1)
    #expect(scores.volumeOfPrediction == Double(one.count) * grid.1.reduce(1, *))
  }

  @Test func `the number of threads changes no distance`() {
    var random = Numbers(state: 3)
    let extents = [20, 60, 70]
    let first = randomMask(extents, spacing: [3, 0.9, 1.1], using: &random)
    let second = randomMask(extents, spacing: [3, 0.9, 1.1], using: &random)
    let threads = Threads.count
    defer { Threads.use(threads) }
    let found = [1, 2, 5].map { count in
      Threads.use(count)
      return Scores(prediction: first, reference: second)
    }
    #expect(found[0] == found[1] && found[1] == found[2])
  }

  @Test(arguments: [1, 7, 8, 63, 64, 65, 130])
  func `a mask holds the voxels of its label`(width: Int) {
    var random = Numbers(state: UInt64(width))
    let labels: [UInt8] = (0..<3 * width).map { _ in
      [0, 1, 2, 4, 128, 255].randomElement(using: &random) ?? 0
    }
    let all = Mask.byLabel(labels.map { Int32($0) }, extents: [3, width], spacing: [1, 1]) ?? [:]
    #expect(Set(all.keys) == Set(labels.map { Int32($0) }).subtracting([0]))
    for label in Set(labels) {
      let one = Mask(of: label, in: labels, extents: [3, width], spacing: [1, 1])
      #expect(one == Mask(extents: [3, width], spacing: [1, 1]) { labels[$0] == label })
      #expect(labels.indices.allSatisfy { one[$0] == (labels[$0] == label) })
      if label != 0 { #expect(all[Int32(label)] == one) }
    }
  }

  @Test func `an image with too many values is no label image`() {
    let values = (0..<300).map { Int32($0) }
    #expect(Mask.byLabel(values, extents: [1, 300], spacing: [1, 1]) == nil)
    #expect(Mask.byLabel(values, extents: [1, 300], spacing: [1, 1], limit: 299)?.count == 299)
  }

  /// The distances from the surface of `from` to that of `to` by trying every pair.
  private func searched(_ from: Mask, _ to: Mask) -> [Double] {
    let targets = surface(of: to)
    return surface(of: from).map { place in
      targets.map { target in
        zip(zip(place, target), from.spacing)
          .reduce(0.0) { $0 + (Double($1.0.0 - $1.0.1) * $1.1) * (Double($1.0.0 - $1.0.1) * $1.1) }
      }.min().map { $0.squareRoot() } ?? .infinity
    }.sorted()
  }

  private func surface(of mask: Mask) -> [[Int]] {
    func index(_ place: [Int]) -> Int? {
      zip(place, mask.extents).allSatisfy { 0..<$0.1 ~= $0.0 }
        ? zip(place, mask.extents).reduce(0) { $0 * $1.1 + $1.0 } : nil
    }
    func holds(_ place: [Int]) -> Bool { index(place).map { mask[$0] } ?? false }
    return (0..<mask.extents.reduce(1, *)).compactMap { flat -> [Int]? in
      var rest = flat
      var place: [Int] = []
      for extent in mask.extents.reversed() {
        place.insert(rest % extent, at: 0)
        rest /= extent
      }
      let isInside = place.indices.allSatisfy { axis in
        [-1, 1].allSatisfy { step in
          var next = place
          next[axis] += step
          return holds(next)
        }
      }
      return holds(place) && !isInside ? place : nil
    }
  }
}
