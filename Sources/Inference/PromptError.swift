public import Failures

/// Why an image and a prompt cannot go through the model together.
public enum PromptError: Failure, Equatable {
  /// The file holds a whole volume where one image is needed.
  case notOneSlice(path: String, slices: Int)
  /// Points or a box were given for a whole volume, of which only a scribble could tell the slice.
  case scribbleOnly(path: String, slices: Int)
  /// The image has too many channels.
  case channels(path: String, found: Int)
  /// A point or box lies outside the image, or a box is empty.
  case outside(String, width: Int, height: Int)
  /// A mask has another size than it must have.
  case maskShape(path: String, expected: String, found: [Int])
  /// A mask holds numbers that are not finite.
  case notFinite(path: String)
  /// The model has one mask only.
  case noChoice(file: String)

  /// Places are given on the command line, the rest are files.
  public var kind: FailureKind {
    switch self {
    case .outside, .noChoice: .usage
    default: .badInput
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .notOneSlice(let path, let slices):
      "\(path) has \(slices) slices; a prompt belongs to one image. Cut the slice out, or give an "
        + "adapter and no prompt to segment the whole volume."
    case .scribbleOnly(let path, let slices):
      "\(path) has \(slices) slices; a point or a box belongs to one image. Cut the slice out, or give --mask: a volume of "
        + "the image's grid that marks the class in some of its slices."
    case .channels(let path, let found):
      "\(path) has \(found) channels; an image has 1 (gray) or 3 (red, green, blue)."
    case .outside(let thing, let width, let height):
      "\(thing) is not a place in the image, which has \(width) x \(height) pixels (x,y from its "
        + "upper left corner; a box is x0,y0,x1,y1 with x0 < x1 and y0 < y1)."
    case .maskShape(let path, let expected, let found):
      "The mask \(path) has the shape \(found); expected \(expected)."
    case .notFinite(let path):
      "The mask \(path) holds numbers that are not finite."
    case .noChoice(let file):
      "\(file) has one mask token, so there is no choice of masks; leave out --multimask."
    }
  }
}
