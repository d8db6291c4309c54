import Metrics
import Testing

struct StatisticsTests {
  @Test func `undefined values are left out and counted`() throws {
    let found = Statistics([4, nil, 1, 3, 2])
    #expect(found.used == 4 && found.total == 5)
    #expect(found.mean == 2.5)
    #expect(abs(try #require(found.standardDeviation) - (5.0 / 3).squareRoot()) < 1e-15)
    #expect(found.median == 2.5)
    let quartiles = try #require(found.quartiles)
    #expect(quartiles == (1.75, 3.25))
  }

  @Test func `nothing defined has no mean, one value no deviation`() {
    let none = Statistics([nil, nil])
    #expect(none.mean == nil && none.median == nil && none.quartiles == nil)
    #expect(none.used == 0 && none.total == 2)
    let one = Statistics([0.5])
    #expect(one.mean == 0.5 && one.standardDeviation == nil && one.median == 0.5)
  }

  @Test func `a quantile lies between its neighbours`() {
    #expect(quantile(0.95, of: [3, 1, 0, 2]).map { abs($0 - 2.85) < 1e-12 } == true)
    #expect(quantile(1, of: [1, 0]) == 1)
    #expect(quantile(0, of: [5]) == 5)
    #expect(quantile(0.5, of: []) == nil)
  }

  @Test(arguments: [2, 3, 10, 101, 1000], [1.0, 4, 1e9])
  func `a quantile is the one of the sorted values, many of them equal or none`(
    count: Int, range: Double
  ) throws {
    var random = Numbers(state: UInt64(count))
    let values = (0..<count).map { _ in Double.random(in: 0..<range, using: &random).rounded() }
    for values in [values, values.sorted(), values.sorted().reversed()] {
      let sorted = values.sorted()
      for fraction in [0, 0.05, 0.5, 0.95, 1] {
        let place = fraction * Double(count - 1)
        let (lower, upper) = (sorted[Int(place)], sorted[Int(place.rounded(.up))])
        let expected = lower + (upper - lower) * (place - place.rounded(.down))
        #expect(quantile(fraction, of: values) == expected)
      }
    }
  }
}
