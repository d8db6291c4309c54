/// The place before a transformer's block where learned tokens join those of the image.
public final class TokenSlot {
  /// The block's path, without the name of the tokens.
  public let path: String
  /// The width of a token.
  public let width: Int
  /// The tokens [n, width]; nil where none join.
  public var tokens: Parameter?

  init(_ path: String, width: Int) {
    self.path = path
    self.width = width
  }
}
