import Metrics

/// The mean Dice over the number of exemplars: a line for each arm, with the span of its choices of exemplars.
struct ExemplarCurve {
  let report: BenchReport

  private struct Point {
    let place: Int
    let count: Int
    let mean: Double
    let choices: [Double]
  }

  private func points(_ arm: String) -> [Point] {
    report.rounds.enumerated().compactMap { place, round in
      guard let mean = round.mean(.dice, arm), let group = round.group(arm) else { return nil }
      return Point(
        place: place, count: round.exemplars, mean: mean, choices: group.choices.map(\.dice))
    }
  }

  /// The figure; nothing where no mean is defined.
  var figure: HTML {
    let arms = report.arms.map { (name: $0, points: points($0)) }
    let all = arms.flatMap { $0.points.flatMap { $0.choices + [$0.mean] } }
    guard !all.isEmpty else { return "" }
    let frame = DiceFrame(all)
    let across = report.counts.indices.map { (x: x($0), words: "\(report.counts[$0])") }
    let drawn = arms.enumerated().map { place, arm in
      drawing(arm.points, arm.name, place: place, of: arms.count, frame)
    }
    let words = arms.map { arm in
      "\(arm.name): "
        + arm.points.map { "\($0.count): \(decimals($0.mean, 3))" }.joined(separator: ", ")
    }
    return DiceFrame.figure(
      "Dice over exemplars", "the bars span the choices of exemplars",
      words: "Mean Dice by number of exemplars. \(words.joined(separator: "; "))",
      frame.grid(across, title: "exemplars") + drawn)
  }

  private func x(_ place: Int) -> Double {
    let width = DiceFrame.right - DiceFrame.left
    let count = Double(report.counts.count)
    return DiceFrame.left + width * (Double(place) + 0.5) / count
  }

  private func drawing(
    _ points: [Point], _ arm: String, place: Int, of arms: Int, _ frame: DiceFrame
  ) -> HTML {
    let style = ArmStyle(place)
    // Arms stand beside each other, so that their bars do not cover one another.
    let shift = (Double(place) - Double(arms - 1) / 2) * min(6, 40 / Double(max(1, arms)))
    let placed = points.map { (x: x($0.place) + shift, y: frame.y($0.mean)) }
    let bars = zip(points, placed).map { point, at -> HTML in
      guard let low = point.choices.min(), let high = point.choices.max(), high > low else {
        return ""
      }
      return """
        <path class="whisker" d="M\(coordinate(at.x)) \(coordinate(frame.y(low)))V\(coordinate(frame.y(high)))"/>
        """
    }
    let signs = zip(points, placed).map { point, at in
      style.symbol.drawing(
        x: at.x, y: at.y, style: "dot solid",
        words: "\(arm), \(plural(point.count, "exemplar")): \(decimals(point.mean, 3))")
    }
    return "<g class=\"\(style.style)\">\(DiceFrame.line(placed))\(bars)\(signs)</g>"
  }
}
