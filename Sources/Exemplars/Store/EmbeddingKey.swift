import Archives
import Foundation
public import Tensors
package import Volumes

/// What an embedding is an embedding of: a SHA-256 over all that decides its values.
///
/// A change of the weights, the cut, the image, its preparation, the size, the precision or the format it is kept in gives
/// another key, so that a stale entry of the store is never found.
public struct EmbeddingKey: Hashable, Sendable {
  /// The 64 hexadecimal digits.
  public let hexadecimal: String

  /// The key of what `image` becomes under frozen weights.
  ///
  /// - Parameters:
  ///   - weights: the SHA-256 of the frozen weights, in hexadecimal digits
  ///   - cut: the place in the model whose output is kept, such as `neck`
  ///   - image: the SHA-256 of the image's values, see `digest(of:)`
  ///   - transform: how the image was prepared, with every number that matters
  ///   - size: the side of the model's input in pixels
  ///   - precision: how the frozen part was computed, such as `f32`
  ///   - format: the number format the values are kept in
  public init(
    weights: String, cut: String, image: String, transform: String, size: Int, precision: String,
    format: NumberFormat = .f32
  ) {
    var digest = Digest.Running()
    // What was kept before there was a choice of the format is found under the key it had.
    let formats = format == .f32 ? [] : [format.rawValue]
    for part in [weights, cut, image, transform, "\(size)", precision] + formats {
      digest.update(Data("\(part.utf8.count):\(part);".utf8))
    }
    hexadecimal = digest.hexadecimal
  }

  /// The key written in 64 hexadecimal digits; nil for anything else.
  public init?(hexadecimal: String) {
    guard hexadecimal.utf8.count == 64,
      hexadecimal.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
    else { return nil }
    self.hexadecimal = hexadecimal
  }

  /// The SHA-256 of a label's extents and classes.
  package static func digest(ofLabel label: ByteImage) -> String {
    var digest = Digest.Running()
    digest.update(Data("\(label.height) \(label.width)".utf8))
    digest.update(Data(label.values))
    return digest.hexadecimal
  }

  /// The SHA-256 of an image's shape and values, for `image`.
  public static func digest(of image: Tensor) -> String {
    var digest = Digest.Running()
    digest.update(Data("\(image.shape)".utf8))
    image.withPointer {
      digest.update(Data(bytes: $0, count: image.count * MemoryLayout<Float>.stride))
    }
    return digest.hexadecimal
  }
}
