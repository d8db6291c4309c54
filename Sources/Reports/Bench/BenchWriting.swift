import Metrics

extension BenchReport {
  /// `results.csv`: a row for every cell, case and class; an undefined value is an empty cell.
  public var csv: String {
    let measures = Scoring().measures
    let header =
      [
        "cell", "method", "synthesis", "exemplars", "selection", "choice", "seed", "case", "label",
      ] + measures.map(\.name) + ["volume_prediction", "volume_reference", "status"]
    let lines = cells.flatMap { cell in
      let head = [
        cell.id, cell.method, cell.synthesis ?? "none", "\(cell.exemplars)", cell.selection,
        "\(cell.choice)", "\(cell.seed)",
      ]
      return cell.rows.map { row in
        let numbers =
          measures.map { row.scores[$0] } + [
            row.scores.volumeOfPrediction, row.scores.volumeOfReference,
          ]
        return head + [row.name, row.label.description] + numbers.map { $0.map { "\($0)" } ?? "" }
          + [row.scores.status.rawValue]
      }
    }
    return ([header] + lines).map(csvLine).joined()
  }

  /// `results.json`: what the arms come to at each number of exemplars, and every cell with what it took.
  public var json: String {
    let facts = subject.facts.map { ($0.name, JSONText.string($0.value)) }
    let failures = subject.failures.map { failure -> JSONText in
      .object([("cell", .string(failure.id)), ("reason", .string(failure.reason))])
    }
    let parts: [(String, JSONText)] = [
      ("title", .string(subject.title)),
      ("version", .string(subject.version)),
      ("spacing_unit", .string(subject.unit)),
      ("facts", .object(facts)),
      ("plan", .string(subject.plan)),
      ("planned_cells", .integer(subject.planned)),
      ("failures", .lines(failures)),
      ("arms", .lines(rounds.flatMap { round in round.groups.map { round.json($0) } })),
      ("cells", .lines(cells.map(\.json))),
    ]
    return "{\n" + parts.map { "  \"\($0.0)\": \($0.1.text)" }.joined(separator: ",\n") + "\n}\n"
  }
}

extension BenchRound {
  /// What an arm comes to.
  fileprivate func json(_ group: BenchGroup) -> JSONText {
    func mean(_ measure: Measure) -> JSONText {
      let summary = summary(measure, group.arm)
      return .object([
        ("mean", .number(summary?.statistics.mean)), ("interval", .interval(summary?.interval)),
        ("used", .integer(summary?.statistics.used ?? 0)),
        ("total", .integer(summary?.statistics.total ?? 0)),
      ])
    }
    let difference = difference(group.arm)
    let labels = evaluation.labels.map { label in
      (label.description, JSONText.number(summary(.dice, group.arm, label)?.statistics.mean))
    }
    return .object(
      [
        ("arm", .string(group.arm)), ("exemplars", .integer(exemplars)),
        ("cells", .integer(group.cells.count)),
      ] + Self.measures.map { ($0.name, mean($0)) } + [
        ("dice_by_label", .object(labels)),
        ("spread_over_choices", .number(group.spreadOverChoices)),
        ("spread_over_seeds", .number(group.spreadOverSeeds)),
        ("best", .flag(group.arm == best)),
        ("median_difference_to_best", .number(difference?.medianDifference)),
        ("median_difference_interval", .interval(difference?.interval)),
        ("p", .number(difference?.test.pValue)), ("p_holm", .number(difference?.corrected)),
        ("trained_parameters", .integer(group.trainedParameters)),
        ("training_seconds", .number(group.mean { $0.training.wall })),
        ("training_processor_seconds", .number(group.mean { $0.training.processor })),
        ("encoding_seconds", .number(group.mean { $0.encoding.wall })),
        ("prediction_seconds_per_case", .number(group.predictionSeconds)),
        ("peak_memory_bytes", .number(group.peakMemory.map(Double.init))),
      ])
  }
}

extension BenchCellScores {
  fileprivate var json: JSONText {
    func cost(_ cost: Cost) -> JSONText {
      .object([("seconds", .number(cost.wall)), ("processor_seconds", .number(cost.processor))])
    }
    let points = curve.map { point -> JSONText in
      .array([.integer(point.step), .number(point.seconds), .number(point.loss)])
    }
    return .object([
      ("cell", .string(id)), ("method", .string(method)),
      ("synthesis", .string(synthesis ?? "none")), ("exemplars", .integer(exemplars)),
      ("selection", .string(selection)), ("choice", .integer(choice)),
      ("seed", .integer(Int(clamping: seed))), ("cases", .array(names.map { .string($0) })),
      ("dice", .number(dice)),
      ("hd95_max", .number(Statistics(rows.map { $0.scores[.hausdorff95Maximum] }).mean)),
      ("hd95_pooled", .number(Statistics(rows.map { $0.scores[.hausdorff95Pooled] }).mean)),
      ("trained_parameters", .integer(trainedParameters)),
      ("steps", steps.map { .integer($0) } ?? .number(nil)), ("encoding", cost(encoding)),
      ("training", cost(training)), ("prediction", cost(prediction)),
      ("peak_memory_bytes", .number(peakMemory.map(Double.init))), ("curve", .array(points)),
    ])
  }
}
