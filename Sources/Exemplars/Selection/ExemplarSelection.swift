public import Tensors

/// A rule by which exemplars are chosen from cases.
///
/// Every rule puts cases in an order, and k exemplars are its first k: the choice of three contains that of one, so that a
/// curve over k is one of more exemplars, not of others.
public enum ExemplarSelection: String, Sendable, Codable, CaseIterable {
  /// By chance.
  case random
  /// The most central case, then always the case farthest from all before it (greedy k-centre).
  ///
  /// Gonzalez, Clustering to minimize the maximum intercluster distance (1985): no case is then farther from its nearest
  /// exemplar than twice the least that k exemplars allow.
  case spread
  /// Always the case that brings all cases nearest to their exemplars in the mean (greedy facility location).
  case representative
  /// The cases nearest to given queries, or to one.
  case nearest

  /// The rule in words.
  public var words: String {
    switch self {
    case .random: "by chance"
    case .spread: "the most central case, then always the one farthest from those before it"
    case .representative: "always the case that brings all cases nearest to their exemplars"
    case .nearest: "the cases nearest to the queries"
    }
  }
}

/// Points of a space, one a case, in which similar cases lie near each other; distances are Euclidean.
public struct CaseSpace: Sendable {
  /// The points, all of one width.
  public let points: [[Float]]

  /// A space of points, of which there is at least one.
  public init(_ points: [[Float]]) {
    precondition(
      Set(points.map(\.count)).count == 1,
      "case space: points of \(Set(points.map(\.count))) numbers")
    self.points = points
  }

  /// The distance of each point to each.
  private func distances() -> [[Float]] {
    points.map { one in points.map { Self.distance(one, $0) } }
  }

  /// The case with the least mean distance to all, the first of equals.
  public var medoid: Int { Self.medoid(distances()) }

  private static func medoid(_ distances: [[Float]]) -> Int {
    let sums = distances.map { $0.reduce(0, +) }
    return sums.indices.min { (sums[$0], $0) < (sums[$1], $1) } ?? 0
  }

  /// The first `count` cases in the order of greedy k-centre, from the medoid on.
  public func spread(_ count: Int) -> [Int] {
    let distances = distances()
    var order = [Self.medoid(distances)]
    var gaps = distances[order[0]]
    while order.count < min(count, points.count) {
      let next = rest(order).max { (gaps[$0], -$0) < (gaps[$1], -$1) } ?? 0
      order.append(next)
      for (place, distance) in distances[next].enumerated() {
        gaps[place] = min(gaps[place], distance)
      }
    }
    return order
  }

  /// The first `count` cases in the order of greedy facility location: each lowers Σ min distance the most.
  public func representative(_ count: Int) -> [Int] {
    let distances = distances()
    var order: [Int] = []
    var gaps = [Float](repeating: .infinity, count: points.count)
    while order.count < min(count, points.count) {
      let costs = distances.map { own in zip(own, gaps).reduce(Float(0)) { $0 + min($1.0, $1.1) } }
      let next = rest(order).min { (costs[$0], $0) < (costs[$1], $1) } ?? 0
      order.append(next)
      for (place, distance) in distances[next].enumerated() {
        gaps[place] = min(gaps[place], distance)
      }
    }
    return order
  }

  /// The first `count` cases by their distance to a query's point.
  public func nearest(_ count: Int, to query: [Float]) -> [Int] {
    let gaps = points.map { Self.distance($0, query) }
    return Array(
      points.indices.sorted { (gaps[$0], $0) < (gaps[$1], $1) }.prefix(count))
  }

  /// The mean of some points.
  public static func mean(of points: [[Float]]) -> [Float] {
    guard let first = points.first else { return [] }
    let sum = points.dropFirst().reduce(first) { zip($0, $1).map(+) }
    return sum.map { $0 / Float(points.count) }
  }

  private func rest(_ order: [Int]) -> [Int] { points.indices.filter { !order.contains($0) } }

  private static func distance(_ one: [Float], _ other: [Float]) -> Float {
    zip(one, other).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }
}

extension ExemplarSelection {
  /// The first `count` of some cases in the order of the rule, for one of several choices, counted from 0.
  ///
  /// By chance, each choice is a permutation of its own. The other rules have one answer: choice 0 is that from all cases,
  /// every further choice that from a random half of them (or `count`, where that is more), so that the spread over
  /// choices is that over the cases one happens to have. `space` has a point for each case and is asked for where the
  /// rule looks at it, and `query` is where `nearest` looks from.
  public func order(
    of cases: [String], count: Int, choice: Int, random: Random, space: CaseSpace?,
    query: [Float]? = nil
  ) -> [String] {
    var random = random.split("exemplars \(rawValue)", choice)
    var pool = Array(cases.indices)
    if self == .random { return pool.shuffled(using: &random).prefix(count).map { cases[$0] } }
    guard let space else { preconditionFailure("selection: \(rawValue) needs the cases' points") }
    if choice > 0 {
      let half = max(count, (cases.count + 1) / 2)
      pool = pool.shuffled(using: &random).prefix(half).sorted()
    }
    let part = CaseSpace(pool.map { space.points[$0] })
    let places =
      switch self {
      case .random: Array(pool.indices)
      case .spread: part.spread(count)
      case .representative: part.representative(count)
      case .nearest: part.nearest(count, to: query ?? CaseSpace.mean(of: part.points))
      }
    return places.map { cases[pool[$0]] }
  }
}
