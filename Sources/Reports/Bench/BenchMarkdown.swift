import Metrics

extension BenchReport {
  /// `summary.md`: tables for a paper or an issue, with what they are of.
  public var markdown: String {
    var parts = ["# \(subject.title)\n", "\(subject.lead)\n", "\(howMany)\n"]
    for round in centreRounds {
      parts.append("## \(round.title)\n")
      parts.append(markdownTable(round.header, round.arms.map(round.row)))
    }
    if !centreRounds.isEmpty { parts.append("\(CentreRound.explanation)\n") }
    for round in rounds {
      parts.append("## \(plural(round.exemplars, "exemplar"))\n")
      parts.append(
        markdownTable(
          BenchReport.head(round), round.groups.map { BenchReport.cells(of: $0, in: round) }))
    }
    parts.append("## What it was made with\n")
    parts.append(subject.facts.map { "- \($0.name): \($0.value)\n" }.joined())
    parts.append("## Definitions\n")
    parts.append(
      "\(explanation) \(leading.evaluation.definitions) \(leading.evaluation.inference) Not a medical device.\n"
    )
    return parts.joined(separator: "\n")
  }

  /// The leading comparison as a table for a terminal.
  public var table: String {
    let across = centreRounds.map { round in
      "\(round.title)\n"
        + textTable(header: round.header, rows: round.arms.map(round.row), leading: 1)
    }
    let within = rounds.map { round in
      textTable(
        header: ["k = \(round.exemplars)"] + BenchReport.head(round).dropFirst(),
        rows: round.groups.map { BenchReport.cells(of: $0, in: round) }, leading: 1)
    }
    return (across + within).joined(separator: "\n")
  }

  /// How much of the plan the report is of.
  var howMany: String {
    let missing = subject.planned - cells.count
    let words = "\(plural(cells.count, "cell")) of \(subject.planned)"
    let failed = subject.failures.count
    if missing == 0 { return "\(words): everything the plan asks for." }
    return "\(words); \(missing - failed) not run yet, \(failed) failed."
  }

  /// What the columns mean.
  var explanation: String {
    "Every case and class counts with the mean over the cells of an arm, which differ in exemplars and seed; means and "
      + "95 % intervals are over cases. ± over choices and seeds are standard deviations of the mean Dice. "
      + "p: signed-rank test of the cases' differences to the best arm, after Holm; that arm was picked by the same cases."
  }

  private static func head(_ round: BenchRound) -> [String] {
    [
      "method", "Dice", "95 % interval", "± choices", "± seeds",
      Measure.hausdorff95Maximum.head(round.evaluation), "against best", "p", "trained",
      "training", "per case", "memory",
    ]
  }

  private static func cells(of group: BenchGroup, in round: BenchRound) -> [String] {
    let dice = round.summary(.dice, group.arm)
    let difference = round.difference(group.arm)
    return [
      group.arm, decimals(dice?.statistics.mean, 3), dice?.intervalWords(3) ?? "–",
      decimals(group.spreadOverChoices, 3), decimals(group.spreadOverSeeds, 3),
      decimals(round.mean(.hausdorff95Maximum, group.arm), 2),
      group.arm == round.best ? "best" : signed(difference?.medianDifference, 3),
      probability(difference?.corrected), grouped(group.trainedParameters),
      group.trainingSeconds.map(duration) ?? "–", group.predictionSeconds.map(duration) ?? "–",
      group.peakMemory.map { memory(Double($0)) } ?? "–",
    ]
  }
}
