import Foundation
import Metrics

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
      let signs = zip(arm.points, placed).map { point, at in
        style.symbol.drawing(
          x: at.x, y: at.y,
          style: point.count == report.leading.exemplars ? "dot solid" : "dot faint",
          words: "\(arm.name), \(plural(point.count, "exemplar")): \(decimals(point.mean, 3)) in "
            + duration(point.seconds))
      }
      return "<g class=\"\(style.style)\">\(DiceFrame.line(placed, "thin"))\(signs)</g>"
    }
    let words = arms.map { arm in
      "\(arm.name): "
        + arm.points.map { "\(decimals($0.mean, 3)) in \(duration($0.seconds))" }
        .joined(separator: ", ")
    }
    return DiceFrame.figure(
      "Dice over training time",
      "full: \(plural(report.leading.exemplars, "exemplar")), faint: other numbers; \(report.clock.words), without encoding",
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
