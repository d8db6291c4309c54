/// The sign of a series' points: series differ by it as well as by colour.
enum Symbol: Int {
  case circle, triangle, square, diamond

  /// How many signs there are; series beyond them begin anew.
  static let count = 4

  /// The sign of a series.
  init(_ series: Int) { self = Symbol(rawValue: series % Symbol.count) ?? .circle }

  /// The sign around a point, with words for the pointer.
  func drawing(x: Double, y: Double, style: String, words: String? = nil) -> HTML {
    let title = words.map { words -> HTML in "<title>\(words)</title>" } ?? ""
    let place = "\(coordinate(x)) \(coordinate(y))"
    let path =
      switch self {
      case .circle: "m-3.6 0a3.6 3.6 0 1 0 7.2 0a3.6 3.6 0 1 0 -7.2 0z"
      case .triangle: "m0 -4.4l4.2 7.4h-8.4z"
      case .square: "m-3.3 -3.3h6.6v6.6h-6.6z"
      case .diamond: "m0 -4.7l4.3 4.7l-4.3 4.7l-4.3 -4.7z"
      }
    return "<path class=\"\(style)\" d=\"M\(place)\(path)\">\(title)</path>"
  }
}
