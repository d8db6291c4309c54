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
