import Foundation
import Metrics

/// The colour and the sign of an arm, the same in all figures of a page.
struct ArmStyle {
  /// How many colours there are.
  static let colours = 8

  /// The class of the colour.
  let style: String
  /// The sign.
  let symbol: Symbol

  /// The style of the arm at a place.
  init(_ place: Int) {
    style = "k\(place % Self.colours + 1)"
    symbol = Symbol(place)
  }
}

/// The arms with their colours and signs.
struct ArmKeys {
  let report: BenchReport

  var markup: HTML {
    let keys = report.arms.enumerated().map { place, arm -> HTML in
      let style = ArmStyle(place)
      return """
        <li><svg class="key \(style.style)" viewBox="0 0 28 12" aria-hidden="true"><path class="stroke" d="M1 6h26"/>\
        \(style.symbol.drawing(x: 14, y: 6, style: "symbol"))</svg>\(arm)</li>
        """
    }
    return "<ul class=\"keys\">\(keys)</ul>"
  }
}

/// The frame of a figure with Dice upwards.
private struct DiceFrame {
  static let (width, height) = (470.0, 290.0)
  static let (left, right, top, bottom) = (46.0, 456.0, 12.0, 240.0)

  let up: Axis

  /// A frame for values of Dice.
  init(_ values: [Double]) {
    let (least, most) = (values.min() ?? 0, values.max() ?? 1)
    up = Axis(max(0, least - 0.02)...min(1, max(most + 0.02, least + 0.1)), count: 6)
  }

  func y(_ value: Double) -> Double { Self.bottom - up.share(value) * (Self.bottom - Self.top) }

  /// The lines and words of the ticks, with words below for each place across and a title.
  func grid(_ across: [(x: Double, words: String)], title: String) -> [HTML] {
    let rows = up.ticks.map { tick -> HTML in
      """
      <path class="grid" d="M\(coordinate(Self.left)) \(coordinate(y(tick)))H\(coordinate(Self.right))"/>\
      <text x="\(coordinate(Self.left - 8))" y="\(coordinate(y(tick) + 4))" text-anchor="end">\
      \(up.label(tick))</text>
      """
    }
    let columns = across.map { place -> HTML in
      """
      <text x="\(coordinate(place.x))" y="\(coordinate(Self.bottom + 19))" text-anchor="middle">\
      \(place.words)</text>
      """
    }
    let caption: HTML = """
      <text x="\(coordinate(Self.right))" y="\(coordinate(Self.bottom + 40))" text-anchor="end">\(title)</text>
      """
    return rows + columns + [caption]
  }

  static func figure(_ title: String, _ small: String, words: String, _ drawing: [HTML]) -> HTML {
    """
    <figure><figcaption>\(title) <small>\(small)</small></figcaption>\
    <svg class="chart" viewBox="0 0 \(Int(width)) \(Int(height))" role="img" aria-label="\(words)">\
    \(drawing)</svg></figure>
    """
  }

  static func line(_ points: [(x: Double, y: Double)]) -> HTML {
    let path = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(coordinate(point.x)) \(coordinate(point.y))"
    }
    return points.count < 2 ? "" : "<path class=\"line\" d=\"\(path.joined())\"/>"
  }
}

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

/// The mean Dice over the seconds of training: a point for each arm and number of exemplars.
struct CostPlot {
  let report: BenchReport

  private struct Point {
    let count: Int
    let seconds: Double
    let mean: Double
  }

  /// The least that is shown, in seconds.
  private static let least = 0.1

  private func points(_ arm: String) -> [Point] {
    report.rounds.compactMap { round in
      guard let mean = round.mean(.dice, arm), let seconds = round.group(arm)?.trainingSeconds
      else { return nil }
      return Point(count: round.exemplars, seconds: max(Self.least, seconds), mean: mean)
    }
  }

  /// The figure; nothing where no mean is defined.
  var figure: HTML {
    let arms = report.arms.map { (name: $0, points: points($0)) }
    let all = arms.flatMap(\.points)
    guard let first = all.map(\.seconds).min(), let last = all.map(\.seconds).max() else {
      return ""
    }
    let frame = DiceFrame(all.map(\.mean))
    let scale = LogScale(first...last, left: DiceFrame.left + 14, right: DiceFrame.right - 14)
    let drawn = arms.enumerated().map { place, arm -> HTML in
      let style = ArmStyle(place)
      let placed = arm.points.map { (x: scale.x($0.seconds), y: frame.y($0.mean)) }
      let signs = zip(arm.points, placed).map { point, at -> HTML in
        let sign = style.symbol.drawing(
          x: at.x, y: at.y, style: "dot solid",
          words: "\(arm.name), \(plural(point.count, "exemplar")): \(decimals(point.mean, 3)) in "
            + duration(point.seconds))
        return """
          \(sign)<text x="\(coordinate(at.x + 7))" y="\(coordinate(at.y + 4))">\(point.count)</text>
          """
      }
      return "<g class=\"\(style.style)\">\(signs)</g>"
    }
    let words = arms.map { arm in
      "\(arm.name): "
        + arm.points.map { "\(decimals($0.mean, 3)) in \(duration($0.seconds))" }
        .joined(separator: ", ")
    }
    return DiceFrame.figure(
      "Dice over training time",
      "the numbers are exemplars; seconds on the clock, without encoding",
      words: "Mean Dice by seconds of training. \(words.joined(separator: "; "))",
      frame.grid(scale.ticks, title: "seconds of training, logarithmic") + drawn)
  }
}

/// A horizontal scale on which equal factors are equally wide.
struct LogScale {
  private let range: ClosedRange<Double>
  private let left: Double
  private let right: Double

  /// A scale of positive values, widened to a factor of at least four.
  init(_ values: ClosedRange<Double>, left: Double, right: Double) {
    var (low, high) = (log10(values.lowerBound), log10(values.upperBound))
    let lack = max(0, log10(4) - (high - low)) / 2
    (low, high) = (low - lack, high + lack)
    range = low...high
    self.left = left
    self.right = right
  }

  /// Where a value lies.
  func x(_ value: Double) -> Double {
    left + (log10(value) - range.lowerBound) / (range.upperBound - range.lowerBound)
      * (right - left)
  }

  /// Powers of ten, with their double and fivefold where there are few.
  var ticks: [(x: Double, words: String)] {
    let decades = Int(range.lowerBound.rounded(.down))...Int(range.upperBound.rounded(.up))
    let steps = range.upperBound - range.lowerBound > 3 ? [1.0] : [1.0, 2.0, 5.0]
    return decades.flatMap { decade in steps.map { $0 * pow(10, Double(decade)) } }
      .filter { range.contains(log10($0)) }
      .map { (x($0), $0 < 1 ? decimals($0, 2) : decimals($0, 0)) }
  }
}

/// The mean Dice of every cell at one number of exemplars: a row for each arm, and its mean with the interval over cases.
struct ChoicePlot {
  let report: BenchReport
  let round: BenchRound

  private static let left = 150.0
  private static let pitch = 34.0

  /// The figure; nothing where no mean is defined.
  var figure: HTML {
    let values = round.groups.flatMap { $0.cells.compactMap(\.dice) }
    guard let least = values.min(), let most = values.max() else { return "" }
    let scale = Scale(
      axis: Axis(max(0, least - 0.02)...min(1, max(most + 0.02, least + 0.1)), count: 5),
      left: Self.left, right: 456)
    let height = Self.pitch * Double(round.groups.count) + 34
    let rows = round.groups.enumerated().map { index, group in
      row(group, at: 6 + Self.pitch * (Double(index) + 0.5), scale)
    }
    let words = round.groups.map { group in
      "\(group.arm): " + group.cells.map { decimals($0.dice, 3) }.joined(separator: ", ")
    }
    return """
      <figure><figcaption>Dice of every cell <small>choices of exemplars and seeds; below, the mean with its interval \
      over cases</small></figcaption><svg class="chart" viewBox="0 0 \(Int(Scale.width)) \(Int(height))" role="img" \
      aria-label="Mean Dice of every cell. \(words.joined(separator: "; "))">\(scale.ticks(height: height))\(rows)</svg></figure>
      """
  }

  private func row(_ group: BenchGroup, at y: Double, _ scale: Scale) -> HTML {
    let style = ArmStyle(report.place(group.arm))
    let dots = group.cells.enumerated().compactMap { index, cell in
      cell.dice.map {
        scale.dot(
          $0, index, at: y - 2, style.symbol,
          words: "\(cell.selection) \(cell.choice), seed \(cell.seed): \(decimals($0, 3))")
      }
    }
    let summary = round.summary(.dice, group.arm)
    let mean = scale.centre(summary?.statistics.mean, summary?.interval, at: y + 11)
    let name = group.arm.count > 20 ? "\(group.arm.prefix(19))…" : group.arm
    return """
      <g class="\(style.style)"><text class="name" x="\(coordinate(Self.left - 12))" \
      y="\(coordinate(y + 4))" text-anchor="end">\(name)<title>\(group.arm)</title></text>\(dots)\(mean)</g>
      """
  }
}
