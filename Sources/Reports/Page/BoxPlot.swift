import Metrics

/// The spread of one measure: a box for each label and prediction, every case a dot.
///
/// The box goes from the first to the third quartile, its bar is the median, the whiskers end at the last values within
/// one and a half times the box's length of it (Tukey). The line below is the mean with its 95 % interval.
struct BoxPlot {
  let results: Results
  let measure: Measure

  private static let left = 118.0
  private static let right = 456.0
  private static let pitch = 34.0

  /// One row of the plot.
  private struct Row {
    let name: String
    let series: Int
    let points: [(name: String, value: Double)]
    let summary: Findings.Summary?
    let isFirst: Bool
  }

  /// The figure; nil where no value is defined.
  var markup: HTML? {
    let rows = rows
    let values = rows.flatMap { $0.points.map(\.value) }
    guard let least = values.min(), let most = values.max() else { return nil }
    let scale = Scale(axis: axis(least, most), left: Self.left, right: Self.right)
    let height = Self.pitch * Double(rows.count) + 34
    let drawn = rows.enumerated().map { index, row in
      self.row(row, at: 6 + Self.pitch * (Double(index) + 0.5), scale)
    }
    let unit = measure.unit(results.evaluation)
    let direction =
      measure.isLessBetter.map { $0 ? "less is better" : "more is better" }
      ?? "0 is best"
    return """
      <figure><figcaption>\(measure.title) <small>\(unit.isEmpty ? "" : "in \(unit), ")\(direction)</small></figcaption>\
      <svg class="chart" viewBox="0 0 \(Int(Scale.width)) \(Int(height))" role="img" \
      aria-label="\(words(rows))">\(scale.ticks(height: height))\(drawn)</svg></figure>
      """
  }

  private var rows: [Row] {
    let evaluation = results.evaluation
    let byLabel = Dictionary(grouping: evaluation.rows, by: \.label)
    return evaluation.labels.flatMap { label in
      evaluation.predictions.enumerated().map { series, prediction in
        let points = (byLabel[label] ?? []).filter { $0.prediction == prediction }
          .compactMap { row in
            evaluation.value(measure, of: row).flatMap { $0.isFinite ? (row.name, $0) : nil }
          }
        return Row(
          name: label.description, series: series, points: points,
          summary: results.summary(measure, prediction, label), isFirst: series == 0)
      }
    }
  }

  private func axis(_ least: Double, _ most: Double) -> Axis {
    if measure.isAgreement {
      return Axis((least < 0.5 ? 0 : least < 0.75 ? 0.5 : min(least, 0.9))...1, count: 5)
    }
    return Axis(min(0, least)...max(most, least + 1e-9), count: 5)
  }

  private func row(_ row: Row, at y: Double, _ scale: Scale) -> HTML {
    let name: HTML =
      row.isFirst
      ? """
      <text class="name" x="\(coordinate(Self.left - 12))" y="\(coordinate(y + 4))" \
      text-anchor="end">\(shortened(row.name))<title>\(row.name)</title></text>
      """ : ""
    let statistics = Statistics(row.points.map(\.value))
    let fences = fences(statistics)
    let absent: HTML =
      row.points.isEmpty
      ? """
      <text x="\(coordinate(Self.left + 6))" y="\(coordinate(y + 4))">undefined</text>
      """ : ""
    let dots = row.points.enumerated().map { index, point in
      scale.dot(
        point.value, index, at: y, Symbol(row.series),
        isFar: fences.map { !$0.contains(point.value) } ?? false,
        words: "\(point.name): \(decimals(point.value, measure.decimals))")
    }
    let mean = scale.centre(
      row.summary?.statistics.mean, row.summary?.interval, at: y + 13)
    return """
      <g class="k\(row.series % Symbol.count + 1)">\(name)\(absent)\(box(statistics, fences, y, scale))\(dots)\
      \(mean)</g>
      """
  }

  /// The range of values that are not far from the others; nil below five values.
  private func fences(_ statistics: Statistics) -> ClosedRange<Double>? {
    guard statistics.used >= 5, let (lower, upper) = statistics.quartiles else { return nil }
    let reach = 1.5 * (upper - lower)
    return lower - reach...upper + reach
  }

  private func box(
    _ statistics: Statistics, _ fences: ClosedRange<Double>?, _ y: Double, _ scale: Scale
  ) -> HTML {
    guard let fences, let (lower, upper) = statistics.quartiles, let median = statistics.median,
      let first = statistics.values.first(where: { fences.contains($0) }),
      let last = statistics.values.last(where: { fences.contains($0) })
    else { return "" }
    return """
      <path class="whisker" d="M\(scale.place(first)) \(coordinate(y))H\(scale.place(lower))\
      M\(scale.place(upper)) \(coordinate(y))H\(scale.place(last))"/>\
      <rect class="box" x="\(scale.place(lower))" y="\(coordinate(y - 9))" \
      width="\(coordinate(max(scale.x(upper) - scale.x(lower), 0.5)))" height="18" rx="2"/>\
      <path class="median" d="M\(scale.place(median)) \(coordinate(y - 9))v18"/>
      """
  }

  private func shortened(_ name: String) -> String {
    name.count > 15 ? name.prefix(14) + "…" : name
  }

  /// What the plot shows, for those who do not see it.
  private func words(_ rows: [Row]) -> String {
    let parts = rows.map { row in
      let statistics = Statistics(row.points.map(\.value))
      let name = results.isComparison ? "\(row.name), series \(row.series + 1)" : row.name
      return
        "\(name): median \(decimals(statistics.median, measure.decimals)) of \(statistics.used)"
    }
    return "Box plot of \(measure.title). " + parts.joined(separator: "; ")
  }
}
