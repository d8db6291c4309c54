/// The horizontal scale of a plot whose rows lie below each other, and what is drawn along it in every such plot.
struct Scale {
  /// Round ticks over the values.
  let axis: Axis
  /// Where the range begins and ends, in the drawing's units.
  let left: Double
  let right: Double

  /// The width of the drawings.
  static let width = 470.0

  /// Where a value lies.
  func x(_ value: Double) -> Double { left + axis.share(value) * (right - left) }

  /// Where a value lies, as the drawing writes it.
  func place(_ value: Double) -> String { coordinate(x(value)) }

  /// Lines and words of the ticks; a darker line at zero where `marksZero`.
  func ticks(height: Double, marksZero: Bool = false) -> [HTML] {
    axis.ticks.map { tick in
      let style = marksZero && abs(tick) < 1e-12 ? "zero" : "grid"
      return """
        <path class="\(style)" d="M\(place(tick)) 6V\(coordinate(height - 26))"/>\
        <text x="\(place(tick))" y="\(coordinate(height - 9))" text-anchor="middle">\
        \(axis.label(tick))</text>
        """
    }
  }

  /// One case: neighbours lie at different heights around `y`, always the same ones.
  func dot(
    _ value: Double, _ index: Int, at y: Double, _ symbol: Symbol, isFar: Bool = false,
    words: String
  ) -> HTML {
    let shift = [0.0, -5, 4, -2.5, 6, 2, -6.5, 5][index % 8]
    return symbol.drawing(
      x: x(value), y: y + shift, style: isFar ? "dot far" : "dot", words: words)
  }

  /// A centre with its interval, as far as that lies within the range.
  func centre(_ value: Double?, _ interval: ClosedRange<Double>?, at y: Double) -> HTML {
    guard let value else { return "" }
    let line = interval.map { interval -> HTML in
      """
      <path class="interval" d="M\(place(max(interval.lowerBound, axis.range.lowerBound))) \
      \(coordinate(y))H\(place(min(interval.upperBound, axis.range.upperBound)))"/>
      """
    }
    return """
      \(line ?? "")<circle class="mean" cx="\(place(value))" cy="\(coordinate(y))" r="3"/>
      """
  }
}
