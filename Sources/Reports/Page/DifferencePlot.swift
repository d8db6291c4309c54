import Metrics

/// The paired differences of the leading measures: for every pair of predictions each case a dot, and the median with its
/// interval.
struct DifferencePlot {
  let results: Results
  /// Where given, only the differences to this prediction are drawn.
  var control: String?

  private static let (left, right) = (150.0, 456.0)
  private static let pitch = 38.0

  private struct Row {
    let comparison: Comparison
    let points: [(name: String, value: Double)]
  }

  /// A figure for the leading overlap and one for the leading distance.
  var markup: HTML { "<div class=\"charts\">\(figures)</div>" }

  /// The same without what holds figures.
  var figures: [HTML] {
    [results.evaluation.leadingOverlap, results.evaluation.leadingDistance].compactMap(figure)
  }

  private func figure(_ measure: Measure) -> HTML? {
    let rows = results.findings.comparisons.filter {
      $0.measure == measure && $0.label == results.evaluation.groups.last
        && (control == nil || $0.second == control)
    }.map { Row(comparison: $0, points: differences($0)) }
    let values = rows.flatMap { $0.points.map(\.value) }
    guard let least = values.min(), let most = values.max() else { return nil }
    let scale = Scale(
      axis: Axis(min(0, least)...max(0, most, least + 1e-9), count: 5), left: Self.left,
      right: Self.right)
    let height = Self.pitch * Double(rows.count) + 34
    let drawn = rows.enumerated().map { index, row in
      self.row(row, measure, at: 6 + Self.pitch * (Double(index) + 0.5), scale)
    }
    let better = measure.isLessBetter == true ? "below 0" : "above 0"
    return """
      <figure><figcaption>Difference of \(measure.title) <small>\(better) the first of the two is better</small>\
      </figcaption><svg class="chart" viewBox="0 0 \(Int(Scale.width)) \(Int(height))" role="img" \
      aria-label="\(words(rows, measure))">\(scale.ticks(height: height, marksZero: true))\(drawn)</svg></figure>
      """
  }

  /// The differences first - second of each case: of the means over labels that both have.
  private func differences(_ comparison: Comparison) -> [(name: String, value: Double)] {
    let evaluation = results.evaluation
    func values(_ prediction: String) -> [String: [Evaluation.Label: Double]] {
      var found: [String: [Evaluation.Label: Double]] = [:]
      for row in evaluation.rows where row.prediction == prediction {
        found[row.name, default: [:]][row.label] = evaluation.value(comparison.measure, of: row)
      }
      return found
    }
    let (first, second) = (values(comparison.first), values(comparison.second))
    return evaluation.cases.compactMap { name in
      let pairs = (first[name] ?? [:]).compactMap { label, one in
        second[name]?[label].map { one - $0 }
      }
      return pairs.isEmpty ? nil : (name, pairs.sorted().reduce(0, +) / Double(pairs.count))
    }
  }

  private func row(_ row: Row, _ measure: Measure, at y: Double, _ scale: Scale) -> HTML {
    let dots = row.points.enumerated().map { index, point in
      scale.dot(
        point.value, index, at: y, .circle,
        words: "\(point.name): \(decimals(point.value, measure.decimals))")
    }
    let median = scale.centre(
      row.comparison.medianDifference, row.comparison.interval, at: y + 13)
    let names = [row.comparison.first, row.comparison.second].map { name in
      name.count > 17 ? "\(name.prefix(6))…\(name.suffix(10))" : name
    }
    return """
      <g class="k1"><text class="name" x="\(coordinate(Self.left - 12))" y="\(coordinate(y - 3))" \
      text-anchor="end">\(names[0])</text><text class="name" x="\(coordinate(Self.left - 12))" \
      y="\(coordinate(y + 12))" text-anchor="end">− \(names[1])</text>\(dots)\
      \(median)</g>
      """
  }

  private func words(_ rows: [Row], _ measure: Measure) -> String {
    let parts = rows.map { row in
      "\(row.comparison.first) minus \(row.comparison.second): median "
        + decimals(row.comparison.medianDifference, measure.decimals)
    }
    return "Paired differences of \(measure.title). " + parts.joined(separator: "; ")
  }
}
