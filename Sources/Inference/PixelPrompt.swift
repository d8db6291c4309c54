import Archives
import Foundation
import SegmentAnything
public import Tensors
import Volumes

/// What a user points at in an image, in pixels of the image as given.
public struct PixelPrompt: Sendable, Equatable {
  /// A point: column and row, and whether it is part of the object.
  public struct Point: Sendable, Equatable {
    /// The column.
    public var x: Double
    /// The row.
    public var y: Double
    /// Whether the object is there.
    public var isForeground: Bool

    /// A point at a column and a row.
    public init(x: Double, y: Double, isForeground: Bool = true) {
      self.x = x
      self.y = y
      self.isForeground = isForeground
    }
  }

  /// A box by its edges.
  public struct Box: Sendable, Equatable {
    /// The left edge.
    public var x0: Double
    /// The upper edge.
    public var y0: Double
    /// The right edge.
    public var x1: Double
    /// The lower edge.
    public var y1: Double

    /// A box from its upper left to its lower right corner.
    public init(x0: Double, y0: Double, x1: Double, y1: Double) {
      self.x0 = x0
      self.y0 = y0
      self.x1 = x1
      self.y1 = y1
    }
  }

  /// A mask that is given to the model.
  public enum Mask: Sendable, Equatable {
    /// A share of the object in every pixel of the image, [H, W] of 0 to 1; `path` is its file.
    case pixels(Tensor, path: String)
    /// Logits at the decoder's resolution, [4g, 4g]; `path` is their file.
    case logits(Tensor, path: String)
  }

  /// The points in order.
  public var points: [Point]
  /// The box.
  public var box: Box?
  /// The mask.
  public var mask: Mask?

  /// A prompt; an empty one asks for what the model sees by itself.
  public init(points: [Point] = [], box: Box? = nil, mask: Mask? = nil) {
    self.points = points
    self.box = box
    self.mask = mask
  }

  /// Refuses places that are not in an image.
  func check(height: Int, width: Int) throws(PromptError) {
    for point in points
    where !(0...Double(width)).contains(point.x) || !(0...Double(height)).contains(point.y) {
      throw .outside("the point \(point.x),\(point.y)", width: width, height: height)
    }
    guard let box else { return }
    guard box.x0 < box.x1, box.y0 < box.y1, box.x1 > 0, box.y1 > 0, box.x0 < Double(width),
      box.y0 < Double(height)
    else {
      throw .outside(
        "the box \(box.x0),\(box.y0),\(box.x1),\(box.y1)", width: width, height: height)
    }
  }

  /// The prompt in the encoder's image, for decoder logits of side `low`.
  func prompt(_ way: Preprocessing, low: Int) throws(PromptError) -> Prompt {
    try check(height: way.height, width: way.width)
    return Prompt(
      points: points.map { point in
        let place = way.mapped(x: point.x, y: point.y)
        return Prompt.Point(
          x: place.x, y: place.y, label: point.isForeground ? .foreground : .background)
      },
      box: box.map { $0.mapped(way) },
      mask: try mask.map { mask throws(PromptError) in try mask.logits(way, low: low) })
  }
}

extension PixelPrompt.Box {
  fileprivate func mapped(_ way: Preprocessing) -> Prompt.Box {
    let low = way.mapped(x: x0, y: y0)
    let high = way.mapped(x: x1, y: y1)
    return Prompt.Box(x0: low.x, y0: low.y, x1: high.x, y1: high.y)
  }
}

extension PixelPrompt.Mask {
  /// A share of the object nearer to 0 or 1 than this counts as this: its logit is 6.9, of the size SAM's own masks have.
  private static let certainty: Float = 1e-3

  /// The mask in a file: pixels other than 0 are the object.
  public static func picture(contentsOf path: String) throws -> PixelPrompt.Mask {
    let volume = try Volume.read(path).checkedFinite(path)
    let shape = volume.voxels.shape
    guard shape[1] == 1 else { throw PromptError.notOneSlice(path: path, slices: shape[1]) }
    let values = volume.voxels.values.prefix(shape[2] * shape[3]).map { $0 == 0 ? Float(0) : 1 }
    return .pixels(Tensor([shape[2], shape[3]], values), path: path)
  }

  /// The logits in an npy file, [4g, 4g] or with leading axes of 1.
  public static func logits(contentsOf path: String) throws -> PixelPrompt.Mask {
    let array = try NPY.array(Data(mapping: path), source: path)
    let shape = array.shape
    guard shape.count >= 2, shape.dropLast(2).allSatisfy({ $0 == 1 }) else {
      throw PromptError.maskShape(path: path, expected: "two axes", found: shape)
    }
    let values = array.floats
    guard values.allSatisfy(\.isFinite) else { throw PromptError.notFinite(path: path) }
    return .logits(Tensor(Array(shape.suffix(2)), values), path: path)
  }

  /// The logits at the decoder's resolution.
  ///
  /// Pixels are averaged down as the image is, and a share p becomes log(p / (1 - p)); beyond the image there is no object.
  fileprivate func logits(_ way: Preprocessing, low: Int) throws(PromptError) -> Tensor {
    switch self {
    case .logits(let logits, let path):
      guard logits.shape == [low, low] else {
        throw .maskShape(path: path, expected: "[\(low), \(low)]", found: logits.shape)
      }
      return logits
    case .pixels(let pixels, let path):
      guard pixels.shape == [way.height, way.width] else {
        throw .maskShape(
          path: path, expected: "the image's [\(way.height), \(way.width)]", found: pixels.shape)
      }
      let fit = Preprocessing(size: low, height: way.height, width: way.width)
      let shares = pixels.resized(
        height: fit.resizedHeight, width: fit.resizedWidth, antialias: true)
      let certainty = PixelPrompt.Mask.certainty
      func logit(_ share: Float) -> Float {
        let p = min(max(share, certainty), 1 - certainty)
        return log(p / (1 - p))
      }
      var logits = [Float](repeating: logit(0), count: low * low)
      let values = shares.values
      for (index, share) in values.enumerated() {
        logits[index / fit.resizedWidth * low + index % fit.resizedWidth] = logit(share)
      }
      return Tensor([low, low], logits)
    }
  }
}
