import Metrics

/// One set of predictions on the page: a run's, or one of several of an evaluation.
struct Contender {
  /// What it is called.
  let name: String
  /// The run it belongs to, and which of the runs that is.
  let run: Run
  let index: Int
  /// The scores of all predictions of the evaluation.
  let evaluation: Evaluation
  /// Which of the predictions it is.
  let prediction: String?

  /// The contenders of some runs, in their order.
  static func all(of runs: [Run]) -> [Contender] {
    runs.enumerated().flatMap { index, run in
      guard let evaluation = run.evaluation else { return [Contender]() }
      return evaluation.predictions.map { prediction in
        let name = prediction.map { runs.count > 1 ? "\(run.name): \($0)" : $0 } ?? run.name
        return Contender(
          name: name, run: run, index: index, evaluation: evaluation, prediction: prediction)
      }
    }
  }

  var rows: [Evaluation.Row] { evaluation.rows.filter { $0.prediction == prediction } }

  /// The statistics of a measure over one label, or all.
  func statistics(_ measure: Measure, _ label: Evaluation.Label? = nil) -> Statistics {
    evaluation.statistics(measure, prediction: prediction, label: label)
  }

  /// The cases with the best, median and worst mean Dice of their labels; fewer where there are fewer cases.
  var telling: [(title: String, name: String, dice: Double)] {
    let scored = evaluation.cases.compactMap { name -> (name: String, dice: Double)? in
      let rows = rows.filter { $0.name == name }
      return Statistics(rows.map(\.scores.dice)).mean.map { (name, $0) }
    }.sorted { ($1.dice, $0.name) < ($0.dice, $1.name) }
    guard let best = scored.first, let worst = scored.last else { return [] }
    let median = scored[scored.count / 2]
    let chosen = [
      ("Best case", best.name, best.dice), ("Median case", median.name, median.dice),
      ("Worst case", worst.name, worst.dice),
    ]
    switch scored.count {
    case 1: return [("The case", best.name, best.dice)]
    case 2: return [chosen[0], chosen[2]]
    default: return chosen
    }
  }

  /// The pictures of the telling cases.
  var pictures: [HTML] {
    guard let record = run.record else { return [] }
    return telling.map { title, name, dice in
      let files = record.cases.first { $0.name == name }
      let drawn = files.map { files in
        SlicePicture.drawn(
          files,
          prediction: files.predictions.firstIndex { $0.name == prediction } ?? 0,
          classes: record.classes)
      }
      let body: HTML
      switch drawn {
      case .success(let picture):
        body = "\(picture.svg)<p class=\"small\">\(picture.caption)</p>"
      case .failure(let error):
        body = "<p class=\"absent\">No picture. \(error.description)</p>"
      case nil:
        body = "<p class=\"absent\">No picture: the evaluation kept no files of this case.</p>"
      }
      return """
        <figure><figcaption><b>\(title)</b> <span class="id">\(name)</span> \
        <span class="value">Dice \(decimals(dice, 4))</span></figcaption>\(body)</figure>
        """
    }
  }
}
