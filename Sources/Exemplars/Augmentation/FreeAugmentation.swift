import Foundation
import Tensors
import Volumes

/// The ranges the free augmentation draws from; a range of zero width leaves its part out.
public struct FreeAugmentation: Sendable, Hashable, Codable {
  /// Whether columns are reversed in half of the variants; off where left and right are different labels.
  public var flip = false
  /// The largest rotation to either side, in degrees.
  public var rotationInDegrees: Float = 20
  /// The largest change of size, as a factor: 1.2 means 1/1.2 to 1.2.
  public var scale: Float = 1.2
  /// The largest shift along each axis, as a share of its length.
  public var shift: Float = 0.06
  /// The deviation of the elastic warp, as a share of the shorter side.
  public var elastic: Float = 0.015
  /// The largest gamma, as a factor: 1.4 means 1/1.4 to 1.4.
  public var gamma: Float = 1.4
  /// The largest change of contrast about the mean, as a factor.
  public var contrast: Float = 1.25
  /// The largest change of brightness, as a share of the image's range.
  public var brightness: Float = 0.1
  /// The largest deviation of the added noise, as a share of the image's range.
  public var noise: Float = 0.05

  /// The default ranges.
  public init() {}

  /// The slice moved, warped and recoloured: the image linearly, with its channel's smallest value outside; the label
  /// by its nearest pixel, with 0 outside.
  func applied(
    to image: Tensor, _ label: ByteImage, using random: inout Random
  ) -> (image: Tensor, label: ByteImage) {
    let size = PlaneSize(height: label.height, width: label.width)
    let places = drawnPlaces(size, using: &random)
    let ranges = channelRanges(of: image)
    let moved = linear(image, at: places, outside: ranges.map(\.lowerBound))
    return (recoloured(moved, ranges, using: &random), nearest(label, at: places))
  }

  /// Where each pixel of the result lies in the slice: [2, h, w], rows then columns.
  private func drawnPlaces(_ size: PlaneSize, using random: inout Random) -> Tensor {
    let (h, w) = (size.height, size.width)
    let mirrored = random.uniform() < 0.5 && flip
    let angle = random.uniform(-1, 1) * rotationInDegrees * .pi / 180
    let factor = pow(scale, random.uniform(-1, 1))
    let shiftY = random.uniform(-1, 1) * shift * Float(h)
    let shiftX = random.uniform(-1, 1) * shift * Float(w)
    let warp = SmoothField(intervals: 4, size: size)
      .drawn(2, amplitude: 1.7 * elastic * Float(min(h, w)), using: &random)
    let (cosine, sine) = (cos(angle) / factor, sin(angle) / factor)
    let (centerY, centerX) = (Float(h - 1) / 2, Float(w - 1) / 2)
    return Tensor(unfilled: [2, h, w]) { places in
      warp.withPointer { warp in
        parallel(h) { row in
          let y = Float(row) - centerY - shiftY
          for column in 0..<w {
            let x = (mirrored ? Float(w - 1 - column) : Float(column)) - centerX - shiftX
            let at = row * w + column
            places[at] = centerY + cosine * y + sine * x + warp[at]
            places[h * w + at] = centerX - sine * y + cosine * x + warp[h * w + at]
          }
        }
      }
    }
  }

  private func linear(_ image: Tensor, at places: Tensor, outside: [Float]) -> Tensor {
    let (h, w) = (image.shape[1], image.shape[2])
    return Tensor(unfilled: image.shape) { result in
      withPointers(image, places) { image, places in
        parallel(outside.count * h) { line in
          let (channel, row) = (line / h, line % h)
          let plane = image + channel * h * w
          for column in 0..<w {
            let at = row * w + column
            let (y, x) = (places[at], places[h * w + at])
            guard y >= 0, x >= 0, y <= Float(h - 1), x <= Float(w - 1) else {
              result[channel * h * w + at] = outside[channel]
              continue
            }
            let (top, left) = (Int(y), Int(x))
            let (below, right) = (min(top + 1, h - 1) * w, min(left + 1, w - 1))
            let (dy, dx) = (y - Float(top), x - Float(left))
            let upper = plane[top * w + left] * (1 - dx) + plane[top * w + right] * dx
            let lower = plane[below + left] * (1 - dx) + plane[below + right] * dx
            result[channel * h * w + at] = upper * (1 - dy) + lower * dy
          }
        }
      }
    }
  }

  private func nearest(_ label: ByteImage, at places: Tensor) -> ByteImage {
    let (h, w) = (label.height, label.width)
    let values = places.withPointer { places in
      (0..<h * w).map { at -> UInt8 in
        let y = Int((places[at] + 0.5).rounded(.down))
        let x = Int((places[h * w + at] + 0.5).rounded(.down))
        return y >= 0 && x >= 0 && y < h && x < w ? label.values[y * w + x] : 0
      }
    }
    return ByteImage(height: h, width: w, values: values)
  }

  private func channelRanges(of image: Tensor) -> [ClosedRange<Float>] {
    let size = image.shape[1] * image.shape[2]
    return image.withPointer { values in
      (0..<image.shape[0]).map { channel in
        let plane = UnsafeBufferPointer(start: values + channel * size, count: size)
        let low = plane.min() ?? 0
        return low...max(low, plane.max() ?? 0)
      }
    }
  }

  /// Gamma, contrast and brightness inside each channel's range, then noise.
  private func recoloured(
    _ image: Tensor, _ ranges: [ClosedRange<Float>], using random: inout Random
  ) -> Tensor {
    let size = image.shape[1] * image.shape[2]
    var result = image
    result.withMutablePointer { values in
      for (channel, range) in ranges.enumerated() {
        let plane = UnsafeMutableBufferPointer(start: values + channel * size, count: size)
        let power = pow(gamma, random.uniform(-1, 1))
        let gain = pow(contrast, random.uniform(-1, 1))
        let offset = random.uniform(-1, 1) * brightness
        let deviation = random.uniform() * noise
        let span = range.upperBound - range.lowerBound
        guard span > 0 else { continue }
        for k in 0..<size {
          plane[k] = pow(min(max((plane[k] - range.lowerBound) / span, 0), 1), power)
        }
        let mean = Float(plane.reduce(0.0) { $0 + Double($1) } / Double(size))
        for k in 0..<size {
          let value = mean + gain * (plane[k] - mean) + offset + deviation * random.normal()
          plane[k] = range.lowerBound + span * value
        }
      }
    }
    return result
  }
}
