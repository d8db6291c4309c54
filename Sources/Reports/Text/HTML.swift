/// A piece of HTML; what is interpolated as a text is escaped, what is interpolated as HTML is not.
public struct HTML: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The markup.
  public let markup: String

  /// Markup as it stands in the source.
  public init(stringLiteral markup: String) { self.markup = markup }

  /// Markup with interpolated pieces.
  public init(stringInterpolation interpolation: StringInterpolation) {
    markup = interpolation.markup
  }

  /// Pieces one after the other.
  init(_ pieces: [HTML]) { markup = pieces.map(\.markup).joined() }

  /// Markup that is known to be safe: made of numbers and fixed words.
  init(safe markup: String) { self.markup = markup }

  /// Collects the pieces of an interpolated literal.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var markup = ""

    /// Room for the pieces.
    public init(literalCapacity: Int, interpolationCount: Int) {
      markup.reserveCapacity(literalCapacity + 16 * interpolationCount)
    }

    /// Adds markup of the source.
    public mutating func appendLiteral(_ literal: String) { markup += literal }

    /// Adds a text, escaped.
    public mutating func appendInterpolation(_ text: String) { markup += HTML.escaped(text) }

    /// Adds a whole number.
    public mutating func appendInterpolation(_ number: Int) { markup += "\(number)" }

    /// Adds a piece of HTML.
    public mutating func appendInterpolation(_ html: HTML) { markup += html.markup }

    /// Adds pieces of HTML one after the other.
    public mutating func appendInterpolation(_ pieces: [HTML]) {
      for piece in pieces { markup += piece.markup }
    }
  }

  /// A text with the characters that mean something in HTML replaced, in content and in quoted attributes.
  static func escaped(_ text: String) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for character in text.unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case _ where character.value < 0x20 && character != "\n" && character != "\t":
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
