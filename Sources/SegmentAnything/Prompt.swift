public import Tensors

/// What a user points at in one image: points, a box, a mask, or any mixture of them.
///
/// Coordinates are pixels of the resized image that the encoder sees, x to the right, y down; the centre of the first pixel
/// is (0, 0).
public struct Prompt: Sendable, Equatable {
  /// A point and what it says.
  public struct Point: Sendable, Equatable {
    /// What a point says of its place.
    public enum Label: Int, Sendable {
      /// It says nothing: it makes prompts of one batch equally long.
      case padding = -1
      /// It is not part of the object.
      case background = 0
      /// It is part of the object.
      case foreground = 1
    }

    /// The column.
    public var x: Float
    /// The row.
    public var y: Float
    /// What it says of the place.
    public var label: Label

    /// A point at a column and a row.
    public init(x: Float, y: Float, label: Label = .foreground) {
      self.x = x
      self.y = y
      self.label = label
    }
  }

  /// A box around the object.
  public struct Box: Sendable, Equatable {
    /// The left edge.
    public var x0: Float
    /// The upper edge.
    public var y0: Float
    /// The right edge.
    public var x1: Float
    /// The lower edge.
    public var y1: Float

    /// A box from its upper left to its lower right corner.
    public init(x0: Float, y0: Float, x1: Float, y1: Float) {
      self.x0 = x0
      self.y0 = y0
      self.x1 = x1
      self.y1 = y1
    }
  }

  /// The points, in order.
  public var points: [Point]
  /// The box.
  public var box: Box?
  /// The logits of a mask, [4g, 4g] for a grid of g x g tokens.
  public var mask: Tensor?

  /// A prompt; without anything it asks for what the model sees by itself.
  public init(points: [Point] = [], box: Box? = nil, mask: Tensor? = nil) {
    self.points = points
    self.box = box
    self.mask = mask
  }

  /// Whether two prompts can stand in one batch: the same kinds, the same number of points.
  func matches(_ other: Prompt) -> Bool {
    points.count == other.points.count && (box == nil) == (other.box == nil)
      && mask?.shape == other.mask?.shape
  }
}
