/// The curves of a training: loss, its parts and the learning rate over the steps.
struct Curves {
  let steps: [Run.Step]

  /// The figures; none where no step has a number.
  var figures: [HTML] {
    let parts: [(name: String, path: KeyPath<Run.Step, Double?>, isSmoothed: Bool)] = [
      ("Loss", \.loss, true), ("Cross entropy", \.ce, true), ("Dice loss", \.dice, true),
      ("Learning rate", \.lr, false),
    ]
    return parts.enumerated().compactMap { index, part in
      let points = steps.compactMap { step in
        step[keyPath: part.path].flatMap { $0.isFinite ? (step: step.step, value: $0) : nil }
      }
      return points.isEmpty
        ? nil
        : Curve(
          name: part.name, style: "k\(index % Symbol.count + 1)", points: points,
          isSmoothed: part.isSmoothed
        ).figure
    }
  }
}

/// One curve: the mean of each of up to 240 buckets of steps, smoothed, over the span from least to largest.
private struct Curve {
  private static let width = 470.0
  private static let plot = (left: 52.0, right: 456.0, top: 10.0, bottom: 178.0)

  struct Bucket {
    let step: Double
    let mean: Double
    let low: Double
    let high: Double
  }

  let name: String
  let style: String
  let isSmoothed: Bool
  let buckets: [Bucket]
  let first: (step: Int, value: Double)
  let last: (step: Int, value: Double)

  /// The curve of points, of which there is at least one.
  init(name: String, style: String, points: [(step: Int, value: Double)], isSmoothed: Bool) {
    self.name = name
    self.style = style
    self.isSmoothed = isSmoothed
    first = points[0]
    last = points[points.count - 1]
    let size = (points.count + 239) / 240
    buckets = stride(from: 0, to: points.count, by: size).map { start in
      let part = points[start..<min(start + size, points.count)]
      let values = part.map(\.value)
      return Bucket(
        step: part.map { Double($0.step) }.reduce(0, +) / Double(part.count),
        mean: values.reduce(0, +) / Double(part.count),
        low: values.min() ?? 0, high: values.max() ?? 0)
    }
  }

  var figure: HTML {
    let across = Axis(Double(min(first.step, 0))...Double(max(last.step, 1)), count: 6)
    let lowest = buckets.map(\.low).min() ?? 0
    let highest = buckets.map(\.high).max() ?? 1
    let up = Axis(min(0, lowest)...max(highest, lowest + 1e-12), count: 5)
    func place(_ step: Double, _ value: Double) -> (x: Double, y: Double) {
      (
        Self.plot.left + across.share(step) * (Self.plot.right - Self.plot.left),
        Self.plot.bottom - up.share(value) * (Self.plot.bottom - Self.plot.top)
      )
    }
    return """
      <figure><figcaption>\(name) <small>\(significant(first.value)) at step \(first.step), \
      \(significant(last.value)) at step \(last.step)</small></figcaption>\
      <svg class="chart \(style)" viewBox="0 0 \(Int(Self.width)) 214" role="img" \
      aria-label="\(name) over training steps, from \(significant(first.value)) to \(significant(last.value))">\
      \(grid(across, up, place))\(drawing(place))</svg></figure>
      """
  }

  private func drawing(_ place: (Double, Double) -> (x: Double, y: Double)) -> HTML {
    func path(_ points: [(Double, Double)]) -> String {
      points.enumerated().map { index, point in
        let (x, y) = place(point.0, point.1)
        return "\(index == 0 ? "M" : "L")\(coordinate(x)) \(coordinate(y))"
      }.joined()
    }
    let band =
      path(buckets.map { ($0.step, $0.high) } + buckets.reversed().map { ($0.step, $0.low) }) + "Z"
    let line = isSmoothed ? smoothed : buckets.map { ($0.step, $0.mean) }
    return "<path class=\"band\" d=\"\(band)\"/><path class=\"line\" d=\"\(path(line))\"/>"
  }

  /// The means under a window of a thirtieth of the curve.
  private var smoothed: [(Double, Double)] {
    let reach = buckets.count / 60
    return buckets.indices.map { index in
      let window = buckets[max(0, index - reach)...min(buckets.count - 1, index + reach)]
      return (buckets[index].step, window.map(\.mean).reduce(0, +) / Double(window.count))
    }
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
        <text x="\(coordinate(x))" y="\(coordinate(bottom + 17))" text-anchor="middle">\
        \(across.label(tick))</text>
        """
    }
    let title: HTML = """
      <text x="\(coordinate(right))" y="\(coordinate(bottom + 32))" text-anchor="end">step</text>
      """
    return rows + columns + [title]
  }
}
