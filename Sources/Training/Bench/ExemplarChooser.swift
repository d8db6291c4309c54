import Checkpoints
import Exemplars
import Tensors

/// Chooses the exemplars of a bench's cells, each choice once for all methods and seeds.
final class ExemplarChooser {
  private let bench: Bench
  private let encodes: Bool
  private var orders: [String: [String]] = [:]
  private var points: [String: [Float]] = [:]
  private var embedding: CaseEmbedding?

  /// Chooses for a bench; where nothing may be encoded, cases whose points are not stored stay as they are.
  init(_ bench: Bench, encodes: Bool) {
    self.bench = bench
    self.encodes = encodes
  }

  /// The exemplars of a cell, in the order of their choice: the first ones of an order that all numbers share.
  func exemplars(of cell: BenchCell) throws -> [String] {
    guard let rule = rule(of: cell) else { return [] }
    let name = "\(rule.name) \(cell.choice) \(cell.centre ?? "")"
    let order = try orders[name] ?? self.order(rule, cell)
    orders[name] = order
    return Array(order.prefix(cell.exemplars))
  }

  /// The exemplars of each test case; nil where the method or the rule takes the same for all.
  func byQuery(_ cell: BenchCell) throws -> [String: [String]]? {
    guard let rule = rule(of: cell), rule.selection == .nearest,
      case .direct(let method)? = BenchMethod(bench.method(cell.method).name),
      method.choosesByQuery
    else { return nil }
    let (candidates, tests) = (bench.candidates(of: cell), bench.tests(of: cell))
    guard let space = try space(of: candidates), let queries = try place(tests)
    else { return nil }
    var found: [String: [String]] = [:]
    for test in tests {
      found[test] = ExemplarSelection.nearest.order(
        of: candidates, count: cell.exemplars, choice: cell.choice - 1,
        random: Random(seed: rule.seed), space: space, query: queries[test])
    }
    return found
  }

  private func rule(of cell: BenchCell) -> BenchPlan.Choices? {
    bench.plan.choices.first { $0.name == cell.selection }
  }

  /// The order of one choice, as long as the largest number of exemplars.
  private func order(_ rule: BenchPlan.Choices, _ cell: BenchCell) throws -> [String] {
    let choice = cell.choice - 1
    guard let selection = rule.selection else { return rule.lists[choice] }
    let (candidates, tests) = (bench.candidates(of: cell), bench.tests(of: cell))
    var (space, query): (CaseSpace?, [Float]?) = (nil, nil)
    if selection != .random {
      guard let found = try self.space(of: candidates) else { return candidates }
      space = found
    }
    if selection == .nearest {
      guard let queries = try place(tests) else { return candidates }
      query = CaseSpace.mean(of: tests.compactMap { queries[$0] })
    }
    return selection.order(
      of: candidates, count: bench.plan.exemplars.last ?? 1, choice: choice,
      random: Random(seed: rule.seed), space: space, query: query)
  }

  private func space(of cases: [String]) throws -> CaseSpace? {
    try place(cases).map { points in CaseSpace(cases.compactMap { points[$0] }) }
  }

  /// The points of cases, those that are not stored after encoding; nil where there are any and nothing may be encoded.
  private func place(_ cases: [String]) throws -> [String: [Float]]? {
    let fresh = cases.filter { points[$0] == nil }
    if fresh.isEmpty { return points }
    let embedding =
      try embedding
      ?? CaseEmbedding(
        bench.plan.imageRecipe(), pack: bench.pack, decoderHeads: bench.decoderHeads)
    self.embedding = embedding
    let pack = bench.pack
    guard try encodes || fresh.allSatisfy({ try embedding.isStored(pack.image($0)) }) else {
      return nil
    }
    let found = try embedding.points(of: fresh, image: pack.image) { done in
      if bench.isInterrupted() {
        throw BenchError.interrupted(
          cell: "choosing exemplars", done: 0, total: bench.plan.cells.count)
      }
      bench.report(.placed(done, of: fresh.count))
    }
    points.merge(found) { first, _ in first }
    return points
  }
}
