import Metrics

/// The axis of a chart: round ticks over a range of values.
struct Axis {
  let ticks: [Double]
  let range: ClosedRange<Double>
  private let places: Int

  /// Takes about `count` ticks of 1, 2 or 5 times a power of ten; the range is widened to whole ticks.
  init(_ values: ClosedRange<Double>, count: Int) {
    let width = max(values.upperBound - values.lowerBound, 1e-9)
    var step = 1.0
    while step * Double(count) < width { step *= 10 }
    while step * Double(count) / 10 >= width { step /= 10 }
    if step * Double(count) / 5 >= width {
      step /= 5
    } else if step * Double(count) / 2 >= width {
      step /= 2
    }
    let first = (values.lowerBound / step).rounded(.down)
    let last = max((values.upperBound / step).rounded(.up), first + 1)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
    range = first * step...last * step
    var places = 0
    var unit = step
    while unit < 0.999, places < 9 {
      unit *= 10
      places += 1
    }
    self.places = places
  }

  /// The words beside a tick.
  func label(_ tick: Double) -> String { decimals(tick, places) }

  /// Where a value lies between 0 and 1.
  func share(_ value: Double) -> Double {
    (value - range.lowerBound) / (range.upperBound - range.lowerBound)
  }
}

/// A coordinate in a drawing, with two decimals.
func coordinate(_ value: Double) -> String { decimals(value, 2) }

/// The curves of a training: loss with its spread, and its parts.
struct LossChart {
  private static let width = 960.0
  private static let height = 300.0
  private static let plot = (left: 56.0, right: 944.0, top: 14.0, bottom: 262.0)

  let steps: [Run.Step]

  /// The drawing; nil when no step has a loss.
  var svg: HTML? {
    let losses = steps.compactMap { step in
      step.loss.flatMap { $0.isFinite ? (step.step, $0) : nil }
    }
    guard let first = losses.first, let last = losses.last else { return nil }
    let curves = Self.parts.compactMap { part -> Curve? in
      let points = steps.compactMap { step in
        step[keyPath: part.path].flatMap { $0.isFinite ? (step.step, $0) : nil }
      }
      return points.isEmpty ? nil : Curve(name: part.name, style: part.style, points: points)
    }
    let values = curves.flatMap { $0.buckets.flatMap { [$0.low, $0.high] } }
    let across = Axis(Double(min(first.0, 0))...Double(max(last.0, 1)), count: 8)
    let up = Axis(min(0, values.min() ?? 0)...(values.max() ?? 1), count: 5)
    func place(_ step: Double, _ value: Double) -> (x: Double, y: Double) {
      (
        Self.plot.left + across.share(step) * (Self.plot.right - Self.plot.left),
        Self.plot.bottom - up.share(value) * (Self.plot.bottom - Self.plot.top)
      )
    }
    return """
      <svg class="chart" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" role="img" \
      aria-label="Loss over training steps">\(grid(across, up, place))\
      \(curves.map { $0.drawing(place) })</svg>
      <p class="legend">\(curves.map(\.legend))</p>
      """
  }

  private static var parts: [(name: String, style: String, path: KeyPath<Run.Step, Double?>)] {
    [("cross entropy", "c2", \.ce), ("Dice loss", "c3", \.dice), ("loss", "c1", \.loss)]
  }

  private func grid(
    _ across: Axis, _ up: Axis, _ place: (Double, Double) -> (x: Double, y: Double)
  ) -> [HTML] {
    let (left, right, bottom) = (Self.plot.left, Self.plot.right, Self.plot.bottom)
    let rows = up.ticks.map { tick -> HTML in
      let y = place(across.range.lowerBound, tick).y
      return """
        <path class="grid" d="M\(coordinate(left)) \(coordinate(y))H\(coordinate(right))"/>\
        <text x="\(coordinate(left - 8))" y="\(coordinate(y + 4))" text-anchor="end">\
        \(up.label(tick))</text>
        """
    }
    let columns = across.ticks.map { tick -> HTML in
      let x = place(tick, up.range.lowerBound).x
      return """
        <text x="\(coordinate(x))" y="\(coordinate(bottom + 18))" text-anchor="middle">\
        \(across.label(tick))</text>
        """
    }
    let title: HTML = """
      <text x="\(coordinate((left + right) / 2))" y="\(coordinate(bottom + 34))" \
      text-anchor="middle">step</text>
      """
    return rows + columns + [title]
  }
}

/// One curve: the mean of each of up to 240 buckets of steps, smoothed, over the span from least to largest.
private struct Curve {
  struct Bucket {
    let step: Double
    let mean: Double
    let low: Double
    let high: Double
  }

  let name: String
  let style: String
  let buckets: [Bucket]

  init(name: String, style: String, points: [(Int, Double)]) {
    self.name = name
    self.style = style
    let size = (points.count + 239) / 240
    buckets = stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(start + size, points.count)]
      let values = part.map(\.1)
      return Bucket(
        step: part.map { Double($0.0) }.reduce(0, +) / Double(part.count),
        mean: values.reduce(0, +) / Double(part.count),
        low: values.min() ?? 0, high: values.max() ?? 0)
    }
  }

  func drawing(_ place: (Double, Double) -> (x: Double, y: Double)) -> HTML {
    func path(_ points: [(Double, Double)]) -> String {
      points.enumerated().map { index, point in
        let (x, y) = place(point.0, point.1)
        return "\(index == 0 ? "M" : "L")\(coordinate(x)) \(coordinate(y))"
      }.joined()
    }
    let band =
      path(buckets.map { ($0.step, $0.high) } + buckets.reversed().map { ($0.step, $0.low) }) + "Z"
    return """
      <path class="band \(style)" d="\(band)"/><path class="line \(style)" d="\(path(smoothed))"/>
      """
  }

  /// The means under a window of a thirtieth of the curve.
  private var smoothed: [(Double, Double)] {
    let reach = buckets.count / 60
    return buckets.indices.map { index in
      let window = buckets[max(0, index - reach)...min(buckets.count - 1, index + reach)]
      return (buckets[index].step, window.map(\.mean).reduce(0, +) / Double(window.count))
    }
  }

  var legend: HTML { "<span class=\"\(style)\">\(name)</span>" }
}

/// Dice of every case, a line of dots for each label.
struct DiceChart {
  let evaluation: Evaluation
  let prediction: String?

  private static let left = 170.0
  private static let right = 940.0

  var svg: HTML {
    let labels = evaluation.labels
    let height = 40 * labels.count + 30
    let ticks = stride(from: 0.0, through: 1.0, by: 0.2).map { tick -> HTML in
      """
      <path class="grid" d="M\(coordinate(x(tick))) 4V\(coordinate(Double(height - 26)))"/>\
      <text x="\(coordinate(x(tick)))" y="\(coordinate(Double(height - 8)))" \
      text-anchor="middle">\(decimals(tick, 1))</text>
      """
    }
    let lines = labels.enumerated().map { line($0.element, at: Double(40 * $0.offset + 24)) }
    return """
      <svg class="chart" viewBox="0 0 960 \(height)" role="img" aria-label="Dice of every case">\
      \(ticks)\(lines)</svg>
      <p class="legend">Dice per case; the bar is the median.</p>
      """
  }

  private func line(_ label: Evaluation.Label, at y: Double) -> HTML {
    let rows = evaluation.rows.filter { $0.prediction == prediction && $0.label == label }
    let dots = rows.compactMap { row in
      row.scores.dice.map { dice -> HTML in
        """
        <circle class="dot" cx="\(coordinate(x(dice)))" cy="\(coordinate(y))" r="5">\
        <title>\(row.name): \(decimals(dice, 4))</title></circle>
        """
      }
    }
    let median = evaluation.statistics(.dice, prediction: prediction, label: label).median
    let bar = median.map { median -> HTML in
      """
      <path class="median" d="M\(coordinate(x(median))) \(coordinate(y - 11))v22"/>
      """
    }
    return """
      <text class="name" x="\(coordinate(Self.left - 14))" y="\(coordinate(y + 4))" \
      text-anchor="end">\(shortened(label.description))</text>\(dots)\(bar ?? "")
      """
  }

  private func x(_ dice: Double) -> Double { Self.left + dice * (Self.right - Self.left) }

  private func shortened(_ name: String) -> String {
    name.count > 22 ? name.prefix(21) + "…" : name
  }
}
