import Autodiff
import Checkpoints
import Foundation
import SegmentAnything
import Tensors
import TestKit
import Testing

/// The goldens' small model and how its numbers are compared.
enum Micro {
  static func checkpoint(_ name: String = "sam_micro.safetensors") throws -> Checkpoint {
    try Checkpoint(contentsOf: Goldens.path("sam-micro/\(name)"))
  }

  static func model() throws -> Sam { try Sam(checkpoint()) }

  static func forward() throws -> GoldenFile { try Goldens.hdf5("sam-micro/forward.h5") }

  /// The encoder's input without its batch axis.
  static func input(_ golden: GoldenFile) throws -> Tensor {
    try golden.floats("encoder/input").reshaped([3, 128, 128])
  }

  /// The embedding [1, g, g, C] of the goldens' output for the image `down`.
  static func embedding(_ golden: GoldenFile) throws -> Variable {
    Variable(try golden.floats("encoder/output").channelsLast)
  }
}

extension Tensor {
  /// An image [B, C, H, W] as [B, H, W, C].
  var channelsLast: Tensor {
    let (b, c, pixels) = (shape[0], shape[1], shape[2] * shape[3])
    let old = values
    var new = [Float](repeating: 0, count: count)
    for image in 0..<b {
      for channel in 0..<c {
        for pixel in 0..<pixels {
          new[(image * pixels + pixel) * c + channel] =
            old[(image * c + channel) * pixels + pixel]
        }
      }
    }
    return Tensor([b, shape[2], shape[3], c], new)
  }

  /// An image [B, H, W, C] as [B, C, H, W].
  var channelsFirst: Tensor {
    let (b, pixels, c) = (shape[0], shape[1] * shape[2], shape[3])
    let old = values
    var new = [Float](repeating: 0, count: count)
    for image in 0..<b {
      for pixel in 0..<pixels {
        for channel in 0..<c {
          new[(image * c + channel) * pixels + pixel] =
            old[(image * pixels + pixel) * c + channel]
        }
      }
    }
    return Tensor([b, c, shape[1], shape[2]], new)
  }
}

/// The largest difference between two tensors of one shape; infinite where the shapes differ or a number is not finite.
func difference(_ found: Tensor, _ expected: Tensor) -> Double {
  guard found.shape == expected.shape else { return .infinity }
  var largest = 0.0
  for (a, b) in zip(found.values, expected.values) {
    let error = abs(Double(a) - Double(b))
    guard error.isFinite else { return .infinity }
    largest = max(largest, error)
  }
  return largest
}
