import Metrics

/// The arms of a bench at one number of exemplars.
struct BenchRound: Sendable {
  /// The number of exemplars.
  let exemplars: Int
  /// The arms that have cells.
  let groups: [BenchGroup]
  /// The scores, each arm a prediction, and what they come to.
  let findings: Findings
  /// The arm with the highest mean of the leading overlap; nil where no mean is defined.
  let best: String?

  /// The measures whose means stand in the report.
  static let measures: [Measure] = [.dice, .hausdorff95Maximum, .averageSymmetric]

  /// The comparison of the cells of arms.
  init(_ exemplars: Int, _ arms: [(name: String, cells: [BenchCellScores])], unit: String) {
    self.exemplars = exemplars
    groups = arms.map { BenchGroup(arm: $0.name, cells: $0.cells) }
    let evaluation = Evaluation(
      spacingUnit: unit, rows: groups.flatMap(\.rows), measures: Self.measures)
    let arms = groups.map(\.arm)
    var best: String?
    findings = Findings.comparing(evaluation, measures: [.dice, .hausdorff95Maximum]) { findings in
      best =
        arms.compactMap { arm in
          findings.summary(.dice, prediction: arm, label: nil)?.statistics.mean.map { (arm, $0) }
        }.max { $0.1 < $1.1 }?.0
      return best
    }
    self.best = best
  }

  /// The scores.
  var evaluation: Evaluation { findings.evaluation }

  /// An arm's cells and what they took.
  func group(_ arm: String) -> BenchGroup? { groups.first { $0.arm == arm } }

  /// What a measure comes to for an arm over a label, or all.
  func summary(
    _ measure: Measure, _ arm: String, _ label: Evaluation.Label? = nil
  ) -> Findings.Summary? {
    findings.summary(measure, prediction: arm, label: label)
  }

  /// In how many of the cells of the best arm, each beside an arm's cell of the same choice and seed, the best is ahead.
  func lead(over arm: String) -> (ahead: Int, pairs: Int)? {
    guard let best, arm != best, let own = group(arm), let other = group(best) else { return nil }
    let pairs = other.cells.compactMap { cell -> (Double, Double)? in
      let partner = own.cells.first { $0.choice == cell.choice && $0.seed == cell.seed }
      return cell.dice.flatMap { dice in partner?.dice.map { (dice, $0) } }
    }
    return pairs.isEmpty ? nil : (pairs.count { $0.0 > $0.1 }, pairs.count)
  }

  /// An arm's mean of a measure.
  func mean(_ measure: Measure, _ arm: String) -> Double? {
    summary(measure, arm)?.statistics.mean
  }

  /// The scores as the page's figures take them.
  func results(_ picture: BenchPicture? = nil) -> Results {
    Results(
      title: nil, findings: findings,
      sources: picture?.sources(groups)
        ?? groups.map { Results.Source(name: $0.arm, prediction: $0.arm, record: nil) })
  }

  /// How an arm stands to the best over all labels, after Holm over the other arms; nil for the best.
  func difference(_ arm: String, _ measure: Measure = .dice) -> Comparison? {
    findings.comparisons.first {
      $0.first == arm && $0.measure == measure && $0.label == evaluation.groups.last
    }
  }
}

/// The cells of an arm at one number of exemplars.
struct BenchGroup: Sendable {
  /// The arm.
  let arm: String
  /// Its cells.
  let cells: [BenchCellScores]
  /// Every case and class with the means over the cells; the arm is the prediction.
  let rows: [Evaluation.Row]

  init(arm: String, cells: [BenchCellScores]) {
    self.arm = arm
    self.cells = cells
    struct Key: Hashable {
      let name: String
      let label: Evaluation.Label
    }
    let all = cells.flatMap(\.rows)
    let grouped = Dictionary(grouping: all) { Key(name: $0.name, label: $0.label) }
    rows = unique(all.map { Key(name: $0.name, label: $0.label) }).map { key in
      Evaluation.Row(
        prediction: arm, name: key.name, label: key.label,
        scores: Self.mean(of: (grouped[key] ?? []).map(\.scores)))
    }
  }

  /// The means of measures over the pairs of masks in which they are defined.
  private static func mean(of scores: [Scores]) -> Scores {
    func mean(_ values: [Double?]) -> Double? { Statistics(values).mean }
    let statuses = Set(scores.map(\.status))
    var found = Scores(
      volumeOfPrediction: mean(scores.map(\.volumeOfPrediction)) ?? 0,
      volumeOfReference: mean(scores.map(\.volumeOfReference)) ?? 0,
      status: statuses.count == 1 ? scores[0].status : .ok)
    found.diagonal = scores.first?.diagonal
    for measure in BenchRound.measures { found[measure] = mean(scores.map { $0[measure] }) }
    return found
  }

  /// The mean Dice of each choice of exemplars, over cases, classes and seeds, in the order of the choices.
  var choices: [(choice: Int, dice: Double)] {
    Dictionary(grouping: cells, by: \.choice).sorted { $0.key < $1.key }.compactMap {
      choice, cells in
      Statistics(cells.map(\.dice)).mean.map { (choice, $0) }
    }
  }

  /// The standard deviation of the mean Dice over the choices of exemplars; nil below two.
  var spreadOverChoices: Double? { Statistics(choices.map(\.dice)).standardDeviation }

  /// The standard deviation of the mean Dice over seeds with the same exemplars; nil below two seeds.
  var spreadOverSeeds: Double? {
    let variances = Dictionary(grouping: cells, by: \.choice).values.compactMap { cells in
      Statistics(cells.map(\.dice)).standardDeviation.map { $0 * $0 }
    }
    return Statistics(variances).mean.map { $0.squareRoot() }
  }

  /// How many predictions have no distance though there is something to find, of how many.
  var undefined: (count: Int, total: Int) {
    let rows = cells.flatMap(\.rows).filter { $0.scores.status != .bothEmpty }
    return (rows.count { $0.scores[.hausdorff95Maximum] == nil }, rows.count)
  }

  /// The mean of something over the cells.
  func mean(_ value: (BenchCellScores) -> Double?) -> Double? { Statistics(cells.map(value)).mean }

  /// The seconds from exemplars that the store holds to what predicts.
  var trainingSeconds: Double? { mean { $0.trainingSeconds } }

  /// The seconds a test case takes.
  var predictionSeconds: Double? {
    mean { cell in
      let cases = Set(cell.rows.map(\.name)).count
      return cases == 0 ? nil : cell.prediction.wall / Double(cases)
    }
  }

  /// The numbers trained.
  var trainedParameters: Int { cells.map(\.trainedParameters).max() ?? 0 }

  /// The most memory any of the cells held, in bytes.
  var peakMemory: Int? { cells.compactMap(\.peakMemory).max() }
}
