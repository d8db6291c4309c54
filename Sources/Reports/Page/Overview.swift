import Metrics

/// The first screen: what was asked, the answer, what to be careful about, and what was run.
struct Overview {
  let runs: [Run]
  let results: [Results]
  let warnings: [String]

  /// The markup below the title.
  var markup: HTML {
    let answers = results.map { results -> HTML in
      let heading = results.title.map { title -> HTML in "<h2 class=\"run\">\(title)</h2>" } ?? ""
      return "\(heading)\(answer(results))"
    }
    return "\(results.isEmpty ? unevaluated : HTML(answers))\(list)\(facts)"
  }

  /// What is asked of some scores, and what they say.
  private func answer(_ results: Results) -> HTML {
    let evaluation = results.evaluation
    let labels = evaluation.labels.map(\.words).joined(separator: ", ")
    let cases = plural(evaluation.cases.count, "case")
    let asked =
      results.isComparison
      ? "Which of \(evaluation.predictions.count) predictions agrees best with the reference, in \(cases), for \(labels)?"
      : "How well do the masks of \(results.name(of: evaluation.predictions.first ?? nil)) agree with the reference, in \(cases), for \(labels)?"
    let body: HTML =
      results.isComparison
      ? "\(ranking(results))\(ComparisonTables.means(results))"
      : "\(sentence(results))\(tiles(results))"
    return
      "<p class=\"asked\">\(asked)</p>\(body)<p class=\"fine\">\(evaluation.note)</p>"
  }

  /// The leading measures of the only prediction, in a sentence.
  private func sentence(_ results: Results) -> HTML {
    let evaluation = results.evaluation
    let prediction = evaluation.predictions.first ?? nil
    let parts = [evaluation.leadingOverlap, evaluation.leadingDistance].compactMap {
      measure -> HTML? in
      guard let summary = results.summary(measure, prediction),
        let mean = summary.statistics.mean
      else { return nil }
      let places = measure.headlineDecimals
      let interval = summary.interval.map { _ -> HTML in
        " (95 % interval \(summary.intervalWords(places)))"
      }
      return """
        \(measure.title) <b>\(decimals(mean, places))</b> \(measure.unit(evaluation))\(interval ?? "")
        """
    }
    if parts.isEmpty {
      return
        "<p class=\"answer\">No measure is defined: see the warnings and the status of each case.</p>"
    }
    let joined = parts.count == 1 ? parts[0] : "\(parts[0]); \(parts[1])"
    return "<p class=\"answer\">On average \(joined).</p>"
  }

  /// The prediction with the best mean, and how it stands to the next one.
  private func ranking(_ results: Results) -> HTML {
    let measure = results.evaluation.leadingOverlap
    let order = results.evaluation.predictions.compactMap { prediction in
      results.summary(measure, prediction)?.statistics.mean.map {
        (name: results.name(of: prediction), mean: $0)
      }
    }.sorted { $0.mean > $1.mean }
    guard order.count > 1 else { return "" }
    let (first, second) = (order[0], order[1])
    if decimals(first.mean, 3) == decimals(second.mean, 3) {
      return """
        <p class="answer">None alone: <b>\(first.name)</b> and <b>\(second.name)</b> share the highest mean \
        \(measure.title), <b>\(decimals(first.mean, 3))</b>.</p>
        """
    }
    let pair = results.findings.comparisons.first { comparison in
      comparison.measure == measure && comparison.label == nil
        && Set([comparison.first, comparison.second]) == Set([first.name, second.name])
    }
    let test = pair.flatMap { pair -> HTML? in
      guard let p = pair.corrected, let median = pair.medianDifference else { return nil }
      let sign: Double = pair.first == first.name ? 1 : -1
      return """
        ; case by case the median difference to <b>\(second.name)</b> is \
        \(decimals(sign * median, 4)) over \(pair.pairs) pairs (p \(p < 0.001 ? "" : "= ")\(probability(p)) after Holm)
        """
    }
    return """
      <p class="answer"><b>\(first.name)</b> has the highest mean \(measure.title), \
      <b>\(decimals(first.mean, 3))</b>, before <b>\(second.name)</b> with \
      <b>\(decimals(second.mean, 3))</b>\(test ?? "").</p>
      """
  }

  private func tiles(_ results: Results) -> HTML {
    let evaluation = results.evaluation
    let prediction = evaluation.predictions.first ?? nil
    let tiles = evaluation.telling.prefix(4).map { measure -> HTML in
      let summary = results.summary(measure, prediction)
      let places = measure.headlineDecimals
      let statistics = summary?.statistics
      let unit = statistics?.mean == nil ? "" : measure.unit(evaluation)
      let interval =
        summary?.interval == nil ? "no interval" : "95 %: \(summary?.intervalWords(places) ?? "")"
      return """
        <div class="tile"><span class="what">\(measure.title)</span><strong>\
        \(decimals(statistics?.mean, places)) <small>\(unit)</small></strong>\
        <span>\(interval)</span><span>n = \(statistics?.used ?? 0) of \(statistics?.total ?? 0)</span></div>
        """
    }
    return "<div class=\"tiles\">\(tiles)</div>"
  }

  /// What there is to say where nothing has been scored.
  private var unevaluated: HTML {
    let steps = runs.map { run -> HTML in
      guard let first = run.steps.first?.loss, let last = run.steps.last?.loss else {
        return "<p class=\"answer\">\(run.name) holds a recipe and no training yet.</p>"
      }
      return """
        <p class="answer">\(run.name) was trained for <b>\(run.steps.count)</b> steps; the loss went from \
        <b>\(decimals(first, 3))</b> to <b>\(decimals(last, 3))</b>.</p>
        """
    }
    return """
      <p class="asked">What was trained? How good the masks are is not known: nothing has been evaluated yet.</p>\(steps)
      """
  }

  private var list: HTML {
    guard !warnings.isEmpty else { return "" }
    let items = warnings.map { warning -> HTML in "<li>\(warning)</li>" }
    return """
      <section class="warnings" aria-labelledby="warnings"><h2 id="warnings">\
      \(plural(warnings.count, "warning"))</h2><ul>\(items)</ul></section>
      """
  }

  /// What was run, in a few words, where there is one run.
  private var facts: HTML { runs.count == 1 ? FactList.markup(runs[0].facts) : "" }
}

/// Names and values on the first screen.
enum FactList {
  /// The list, of a SHA-256 the first digits; nothing where it is empty.
  static func markup(_ facts: [(name: String, value: String)]) -> HTML {
    guard !facts.isEmpty else { return "" }
    let entries = facts.map { fact -> HTML in
      let isHash = fact.value.count == 64 && fact.value.allSatisfy(\.isHexDigit)
      let value: HTML =
        isHash
        ? "<span class=\"code\" title=\"SHA-256 \(fact.value)\">\(String(fact.value.prefix(12)))…</span>"
        : "\(fact.value)"
      return "<div><dt>\(fact.name)</dt><dd>\(value)</dd></div>"
    }
    return "<dl class=\"facts\">\(entries)</dl>"
  }
}

/// A p-value as it is read: three decimals, or below what.
func probability(_ value: Double?) -> String {
  guard let value else { return "–" }
  return value < 0.001 ? "< 0.001" : decimals(value, 3)
}

extension Evaluation.Label {
  /// The label in a sentence.
  fileprivate var words: String {
    switch self {
    case .name(let name): name
    case .value(let value): "label \(value)"
    }
  }
}
