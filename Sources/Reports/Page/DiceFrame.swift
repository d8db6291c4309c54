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
    symbol = Symbol(place + place / Self.colours)
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
struct DiceFrame {
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

  static func line(_ points: [(x: Double, y: Double)], _ style: String = "line") -> HTML {
    let path = points.enumerated().map { index, point in
      "\(index == 0 ? "M" : "L")\(coordinate(point.x)) \(coordinate(point.y))"
    }
    return points.count < 2 ? "" : "<path class=\"\(style)\" d=\"\(path.joined())\"/>"
  }
}
