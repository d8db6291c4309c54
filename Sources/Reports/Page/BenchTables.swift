import Metrics

/// The tables of a bench's page.
struct BenchTables {
  let report: BenchReport

  private static let dice = Measure.dice
  private static let distance = Measure.hausdorff95Maximum

  /// The mean Dice of every arm at every number of exemplars.
  var matrix: HTML {
    let rows = report.arms.map { arm -> HTML in
      let cells = report.rounds.map { round in mean(Self.dice, arm, round) }
      return "<tr><th scope=\"row\">\(arm)</th>\(cells)</tr>"
    }
    let head =
      [Tables.Column("mean Dice", isWord: true)]
      + report.rounds.map { Tables.Column("k = \($0.exemplars)") }
    return """
      <div class="arms">\(Tables.table(head, rows, caption: Self.matrixCaption))</div>
      """
  }

  private static let matrixCaption =
    "With k exemplars, over cases and classes, choices of exemplars and seeds, and the 95 % interval over cases; in bold the best, and "
    + "what the test cases do not tell from it (p after Holm 0.05 or more) is marked ≈."

  /// A mean with its interval, bold where it is the best.
  private func mean(_ measure: Measure, _ arm: String, _ round: BenchRound) -> HTML {
    guard let summary = round.summary(measure, arm), summary.statistics.mean != nil else {
      return "<td>–</td>"
    }
    let places = measure.headlineDecimals
    let means = round.groups.compactMap { round.mean(measure, $0.arm) }
    let top = measure.isLessBetter == true ? means.min() : means.max()
    let isBest = top.map { decimals($0, places) } == decimals(summary.statistics.mean, places)
    let difference = round.difference(arm, measure)
    let isClose = measure == Self.dice && difference.map { ($0.corrected ?? 1) >= 0.05 } ?? false
    return """
      <td\(Tables.style("best", if: isBest))>\(isClose ? "≈ " : "")\(decimals(summary.statistics.mean, places))\
      <small>\(summary.intervalWords(places))</small></td>
      """
  }

  /// The arms at one number of exemplars.
  func arms(_ round: BenchRound) -> HTML {
    let rows = round.groups.map { group -> HTML in
      let undefined = group.undefined
      let share = undefined.count == 0 ? "" : "\(undefined.count) of \(undefined.total) empty"
      let spreads = [group.spreadOverChoices, group.spreadOverSeeds].map { spread -> HTML in
        "<td>\(decimals(spread, 3))</td>"
      }
      return """
        <tr><th scope="row">\(group.arm)<small>\(plural(group.cells.count, "cell"))</small></th>\
        \(mean(Self.dice, group.arm, round))\(spreads)\(mean(Self.distance, group.arm, round))\
        <td>\(share.isEmpty ? "–" : share)</td>\(difference(group.arm, round))</tr>
        """
    }
    let head =
      [Tables.Column("method", isWord: true)]
      + [
        "mean Dice", "± choices", "± seeds", "mean \(Self.distance.head(round.evaluation))",
        "no distance", "Dice against \(round.best ?? "the best")", "p", "behind it in",
      ].map { Tables.Column($0) }
    return
      "<div class=\"arms\">\(Tables.table(head, rows, caption: Self.armsCaption))</div>"
  }

  private static let armsCaption =
    "Means with 95 % intervals over cases; standard deviations of the mean Dice over choices of exemplars and over "
    + "seeds; masks that are empty on one side alone and so have no distance; the median difference case by case with "
    + "its interval, its p after Holm over these tests, and in how many cells of the same exemplars and seed the best is ahead."

  private func difference(_ arm: String, _ round: BenchRound) -> HTML {
    guard let difference = round.difference(arm) else {
      return "<td>\(arm == round.best ? "best" : "–")</td><td>–</td><td>–</td>"
    }
    let interval = difference.interval.map {
      "\(signed($0.lowerBound, 3)) to \(signed($0.upperBound, 3))"
    }
    let isClear = (difference.corrected ?? 1) < 0.05
    let lead = round.lead(over: arm).map { "\($0.ahead) of \($0.pairs)" }
    return """
      <td\(Tables.style("clear", if: isClear))>\(signed(difference.medianDifference, 3))\
      <small>\(interval ?? "–")</small></td>\
      <td\(Tables.style("clear", if: isClear))>\(probability(difference.corrected))</td><td>\(lead ?? "–")</td>
      """
  }

  /// The mean Dice of every class; nothing where there is one.
  func labels(_ round: BenchRound) -> HTML {
    let labels = round.evaluation.labels
    guard labels.count > 1 else { return "" }
    let rows = round.groups.map { group -> HTML in
      let cells = labels.map { label -> HTML in
        let mean = round.summary(Self.dice, group.arm, label)?.statistics.mean
        let all = round.groups.compactMap {
          round.summary(Self.dice, $0.arm, label)?.statistics.mean
        }
        let isBest = mean != nil && all.max().map { decimals($0, 3) } == decimals(mean, 3)
        return "<td\(Tables.style("best", if: isBest))>\(decimals(mean, 3))</td>"
      }
      return "<tr><th scope=\"row\">\(group.arm)</th>\(cells)</tr>"
    }
    let head =
      [Tables.Column("mean Dice", isWord: true)]
      + labels.map { Tables.Column($0.description) }
    return """
      <h3>Class by class</h3><div class="arms">\(Tables.table(head, rows))</div>
      """
  }

  /// The methods at a new centre and at the old ones.
  func centres(_ round: CentreRound) -> HTML {
    let rows = round.arms.map { arm -> HTML in
      let cells = round.row(arm).dropFirst().map { text -> HTML in "<td>\(text)</td>" }
      return "<tr><th scope=\"row\">\(arm.name)</th>\(cells)</tr>"
    }
    let head =
      [Tables.Column("method", isWord: true)] + round.header.dropFirst().map { Tables.Column($0) }
    return """
      <h3>\(round.title)</h3><div class="arms">\(Tables.table(head, rows))</div>
      """
  }

  /// What the arms take.
  func costs(_ round: BenchRound) -> HTML {
    let rows = round.groups.map { group -> HTML in
      let cells = [
        grouped(group.trainedParameters),
        group.mean { $0.steps.map(Double.init) }.map { decimals($0, 0) } ?? "–",
        words(group.mean { $0.training.wall }), words(group.mean { $0.training.processor }),
        words(group.mean { $0.encoding.wall }), words(group.predictionSeconds),
        group.peakMemory.map { memory(Double($0)) } ?? "–",
      ].map { text -> HTML in "<td>\(text)</td>" }
      return "<tr><th scope=\"row\">\(group.arm)</th>\(cells)</tr>"
    }
    let head =
      [Tables.Column("a cell takes", isWord: true)]
      + [
        "trained parameters", "steps", "training", "processor time", "encoding exemplars",
        "prediction per case", "peak memory",
      ].map { Tables.Column($0) }
    return """
      <h3>What it takes</h3><div class="arms">\(Tables.table(head, rows, caption: Self.costsCaption))</div>
      """
  }

  private static let costsCaption =
    "Means over the cells, and the most memory of any. Encoding is what the shared store lacked when a cell's turn came."

  private func words(_ seconds: Double?) -> String { seconds.map(duration) ?? "–" }

  /// The exemplars of every choice, in the order of their choice.
  var exemplars: HTML {
    var seen: Set<String> = []
    let longest = report.cells.sorted { $0.names.count > $1.names.count }
    let choices = longest.filter { seen.insert("\($0.selection) \($0.choice)").inserted }
      .sorted { ($0.selection, $0.choice) < ($1.selection, $1.choice) }
    return Tables.list(
      choices.map { cell in
        (
          name: "\(cell.selection) \(cell.choice)",
          value: cell.names.joined(separator: ", ")
        )
      })
  }
}
