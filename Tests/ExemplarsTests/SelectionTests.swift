import Exemplars
import Tensors
import Testing

/// Which cases each rule chooses, on points laid out by hand.
struct SelectionTests {
  /// Two groups on a line and one far point: 0, 1, 2 | 10, 11 | 30.
  private let line = CaseSpace([[0], [1], [2], [10], [11], [30]])
  private let names = ["a", "b", "c", "d", "e", "f"]

  @Test func `spread begins in the middle and goes on to the farthest`() {
    #expect(line.medoid == 2)
    #expect(line.spread(4) == [2, 5, 4, 0])
    #expect(line.spread(99) == [2, 5, 4, 0, 1, 3])
  }

  @Test func `no case is farther from its exemplar than twice the least that is possible`() {
    var random = Random(seed: 7)
    let points = (0..<12).map { _ in [random.uniform(), random.uniform()] }
    let space = CaseSpace(points)
    func radius(_ chosen: [Int]) -> Float {
      points.map { point in
        chosen.map { other in
          zip(point, points[other]).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }.min() ?? 0
      }.max() ?? 0
    }
    var best = Float.infinity
    for one in 0..<12 {
      for two in one..<12 {
        for three in two..<12 { best = min(best, radius([one, two, three])) }
      }
    }
    #expect(radius(space.spread(3)).squareRoot() <= 2 * best.squareRoot())
  }

  @Test func `representative covers the groups, the largest saving first`() {
    #expect(line.representative(3) == [2, 5, 3])
    #expect(CaseSpace([[0], [0], [0], [9], [9]]).representative(2) == [0, 3])
  }

  @Test func `nearest goes by the distance to the query`() {
    #expect(line.nearest(3, to: [9]) == [3, 4, 2])
  }

  @Test(arguments: ExemplarSelection.allCases)
  func `fewer exemplars are the first of more, and choices are repeatable`(
    selection: ExemplarSelection
  ) {
    for choice in 0..<3 {
      func order(_ count: Int) -> [String] {
        selection.order(
          of: names, count: count, choice: choice, random: Random(seed: 5), space: line,
          query: [4])
      }
      // A further choice's pool depends on the largest number, as a bench asks for it once.
      let whole = order(4)
      #expect(Set(whole).count == 4)
      #expect(whole == order(4))
      if choice == 0 || selection == .random { #expect(order(2) == Array(whole.prefix(2))) }
    }
  }

  @Test func `choices by chance differ, and further choices of a rule see other cases`() {
    func orders(_ selection: ExemplarSelection) -> Set<[String]> {
      Set(
        (0..<6).map {
          selection.order(
            of: names, count: 3, choice: $0, random: Random(seed: 5), space: line)
        })
    }
    #expect(orders(.random).count > 3)
    #expect(orders(.spread).count > 1)
  }
}
