import Foundation
import SegmentAnything
import Tensors

/// An image's embedding as one looks for an object in it.
///
/// All places are pixels of the prepared image; its padding, zeros at the right and below, takes no part.
struct SimilarityView {
  /// The number of tokens along an axis.
  let grid: Int
  private let size: Int
  private let height: Int
  private let width: Int
  /// The tokens [g · g, C], each of length 1.
  private let features: Tensor

  /// A prepared image [3, S, S] with its embedding [1, g, g, C].
  init(_ image: Tensor, embedding: Tensor) {
    grid = embedding.shape[1]
    size = image.shape[1]
    (height, width) = SimilarityView.content(of: image)
    features = embedding.reshaped([grid * grid, embedding.shape[3]]).rowsOfLengthOne
  }

  /// The rows and columns up to the last that are not all zero; all of them where the image is empty.
  private static func content(of image: Tensor) -> (height: Int, width: Int) {
    let size = image.shape[1]
    var (height, width) = (0, 0)
    image.withPointer { pixels in
      for place in 0..<image.count where pixels[place] != 0 {
        height = max(height, place / size % size + 1)
        width = max(width, place % size + 1)
      }
    }
    return height == 0 ? (size, size) : (height, width)
  }

  /// The likeness of the image's places to an object's embedding [C].
  func similarity(to target: Tensor) -> Similarity {
    let row = target.reshaped([1, target.count]).rowsOfLengthOne
    let map = features.linear(row).reshaped([1, grid, grid])
    let large = map.resized(height: 4 * grid, width: 4 * grid).resized(height: size, width: size)
    return Similarity(large, height: height, width: width, grid: grid)
  }

  /// The box around what logits [1, 4g, 4g] say is the object, nil where that is nothing.
  func box(of logits: Tensor) -> Prompt.Box? {
    let large = logits.resized(height: size, width: size)
    var (columns, rows): (ClosedRange<Int>?, ClosedRange<Int>?)
    large.withPointer { logits in
      for y in 0..<height {
        for x in 0..<width where logits[y * size + x] > 0 {
          columns = min(columns?.lowerBound ?? x, x)...max(columns?.upperBound ?? x, x)
          rows = (rows?.lowerBound ?? y)...y
        }
      }
    }
    guard let columns, let rows else { return nil }
    return Prompt.Box(
      x0: Float(columns.lowerBound), y0: Float(rows.lowerBound), x1: Float(columns.upperBound),
      y1: Float(rows.upperBound))
  }
}

/// How much each place of an image looks like an object: a cosine.
struct Similarity {
  /// A place and its cosine.
  typealias Extreme = (point: Prompt.Point, value: Float)

  /// Where the image is most like the object, a point of it.
  let highest: Extreme
  /// Where it is least, a point outside.
  let lowest: Extreme
  /// How far a token is above the mean in standard deviations, brought to 0...1 by the logistic function: [g · g].
  let prior: Tensor

  /// A map of cosines [1, S, S], of which the first `height` rows and `width` columns count.
  init(_ map: Tensor, height: Int, width: Int, grid: Int) {
    let size = map.shape[1]
    let values = map.values
    let places = (0..<height).flatMap { y in (0..<width).map { y * size + $0 } }
    func extreme(_ place: Int, _ label: Prompt.Point.Label) -> Extreme {
      (
        Prompt.Point(x: Float(place % size), y: Float(place / size), label: label), values[place]
      )
    }
    let best = places.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
    let worst = places.reduce(0) { values[$1] < values[$0] ? $1 : $0 }
    highest = extreme(best, .foreground)
    lowest = extreme(worst, .background)
    let mean = places.reduce(0.0) { $0 + Double(values[$1]) } / Double(places.count)
    let squares = places.reduce(0.0) { sum, place in
      let difference = Double(values[place]) - mean
      return sum + difference * difference
    }
    let deviation = (squares / Double(max(1, places.count - 1))).squareRoot()
    let small = map.resized(height: grid, width: grid).values
    let above = small.map { deviation > 0 ? (Double($0) - mean) / deviation : 0 }
    prior = Tensor([grid * grid], above.map { Float(1 / (1 + exp(-$0))) })
  }
}

/// What separates images with an object from those without.
package enum Presence {
  /// The threshold at which the mean of sensitivity and specificity is highest, the lower of two; nil where there are no
  /// images of one kind, or no threshold is better than taking the object to be everywhere.
  package static func threshold(_ known: [(score: Float, isPresent: Bool)]) -> Float? {
    let present = known.filter(\.isPresent).map(\.score)
    let absent = known.filter { !$0.isPresent }.map(\.score)
    guard !present.isEmpty, !absent.isEmpty else { return nil }
    let sorted = Set(known.map(\.score)).sorted()
    var (best, threshold): (Double, Float?) = (0.5, nil)
    for (low, high) in zip(sorted, sorted.dropFirst()) {
      let middle = (low + high) / 2
      let sensitivity = Double(present.count { $0 >= middle }) / Double(present.count)
      let specificity = Double(absent.count { $0 < middle }) / Double(absent.count)
      if (sensitivity + specificity) / 2 > best {
        (best, threshold) = ((sensitivity + specificity) / 2, middle)
      }
    }
    return threshold
  }
}

extension Tensor {
  /// Rows [R, C] divided by their lengths; a row of zeros stays.
  fileprivate var rowsOfLengthOne: Tensor {
    var result = self
    result.withMutablePointer { base in
      for start in stride(from: 0, to: count, by: width) {
        let squares = (start..<start + width).reduce(0.0) {
          $0 + Double(base[$1]) * Double(base[$1])
        }
        guard squares > 0 else { continue }
        let factor = Float(1 / squares.squareRoot())
        for place in start..<start + width { base[place] *= factor }
      }
    }
    return result
  }
}
