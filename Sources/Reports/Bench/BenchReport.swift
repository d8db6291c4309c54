import Metrics

/// What a bench found: its arms on the same test cases, for each number of exemplars.
///
/// Of the cells of an arm and a number of exemplars, which differ in the choice of exemplars and the seed, every case and
/// class counts with the mean over the cells; intervals and tests are over cases, and the spread over choices and seeds
/// stands beside them.
public struct BenchReport: Sendable {
  /// What the comparison is about, in words for the page.
  public struct Subject: Sendable {
    /// The heading.
    public var title: String
    /// Sentences about the data.
    public var lead: String
    /// What it was made with.
    public var facts: [(name: String, value: String)]
    /// The plan's text.
    public var plan: String
    /// Recipes of arms, resolved.
    public var recipes: [(name: String, text: String)]
    /// The test cases.
    public var tests: [String]
    /// The unit of distances.
    public var unit: String
    /// How many cells the plan has.
    public var planned: Int
    /// Cells that failed, with the reason.
    public var failures: [(id: String, reason: String)]
    /// The program's version.
    public var version: String
    /// The centre of each case that has one.
    public var centres: [String: String] = [:]

    /// A subject.
    public init(
      title: String, lead: String, facts: [(name: String, value: String)], plan: String,
      recipes: [(name: String, text: String)], tests: [String], unit: String, planned: Int,
      failures: [(id: String, reason: String)], version: String
    ) {
      self.title = title
      self.lead = lead
      self.facts = facts
      self.plan = plan
      self.recipes = recipes
      self.tests = tests
      self.unit = unit
      self.planned = planned
      self.failures = failures
      self.version = version
    }
  }

  /// What is said of the whole.
  public let subject: Subject
  /// The cells.
  public let cells: [BenchCellScores]
  /// The arms in the order of the cells.
  let arms: [String]
  /// The numbers of exemplars, ascending.
  let counts: [Int]
  /// The comparisons, one for each number of exemplars.
  let rounds: [BenchRound]
  /// The comparisons across centres; none in a bench without.
  let centreRounds: [CentreRound]

  /// Computes everything; there is at least one cell.
  public init(_ subject: Subject, _ cells: [BenchCellScores]) {
    precondition(!cells.isEmpty, "bench: no cell has a result")
    self.subject = subject
    self.cells = cells
    let namer = ArmNamer(cells)
    arms = unique(cells.map(namer.name))
    counts = Set(cells.map(\.exemplars)).sorted()
    centreRounds = CentreRound.rounds(cells, centres: subject.centres)
    let arms = arms
    rounds = counts.map { count in
      let own = cells.filter { $0.exemplars == count }
      let grouped = Dictionary(grouping: own, by: namer.name)
      return BenchRound(
        count, arms.compactMap { arm in grouped[arm].map { (arm, $0) } }, unit: subject.unit)
    }
  }

  /// The comparison the page leads with: that of the most exemplars at which arms can be compared.
  var leading: BenchRound {
    rounds.last { $0.groups.count > 1 } ?? rounds[rounds.count - 1]
  }

  /// The case in the middle of the leading comparison by Dice, for a picture; nil where no Dice is defined.
  public var medianCase: String? {
    let ranked = leading.results().ranked
    return ranked.isEmpty ? nil : ranked[ranked.count / 2].name
  }

  /// The time training counts by.
  var clock: BenchCellScores.Clock { cells[0].clock }

  /// The place of an arm, which its colour and sign follow.
  func place(_ arm: String) -> Int { arms.firstIndex(of: arm) ?? 0 }
}

/// Names arms by what tells them apart: the method, and the synthesis and the selection where there are several.
private struct ArmNamer {
  private let hasSyntheses: Bool
  private let hasSelections: Bool
  private let hasCentres: Bool

  init(_ cells: [BenchCellScores]) {
    hasSyntheses = cells.contains { $0.synthesis != nil }
    hasSelections = Set(cells.map(\.selection)).count > 1
    hasCentres = Set(cells.map { $0.centres?.new }).count > 1
  }

  func name(_ cell: BenchCellScores) -> String {
    let more = [
      hasSyntheses ? cell.synthesis.map { "synthesis \($0)" } : nil,
      hasSelections ? cell.selection : nil,
      hasCentres ? cell.centres.map { "to \($0.new)" } : nil,
    ]
    return ([cell.method] + more.compactMap(\.self)).joined(separator: ", ")
  }
}
