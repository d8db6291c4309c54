import Foundation
import Tensors
import Volumes

/// Changes of intensity that leave every label where it is: contrast of the structures, gamma, bias field, resolution, blur
/// and noise, in this order.
///
/// Strengths are shares of each channel's range, from the first hundredth to the last two-hundredth of its values.
public struct IntensityChange: Sendable, Hashable, Codable {
  /// The largest change of a class against the rest, as a share of the range; it fades over a pixel at the border.
  public var structure: Float = 0.06
  /// The largest gamma, as a factor: 1.5 means 1/1.5 to 1.5.
  public var gamma: Float = 1.5
  /// The largest logarithm of the bias field.
  public var bias: Float = 0.25
  /// The largest loss of resolution: the factor by which the image is shrunk and brought back, in one image of two.
  public var resolution: Float = 2
  /// The largest deviation of the blur in pixels, in one image of two.
  public var blur: Float = 0.8
  /// The largest deviation of the noise.
  public var noise: Float = 0.04

  /// The usual strengths.
  public init() {}

  /// The image with other intensities, and the same label.
  func applied(to annotated: AnnotatedImage, using random: inout Random) -> AnnotatedImage {
    let lattice = annotated.lattice
    let ranges = annotated.inner
    let classes = Set(annotated.label).subtracting([0]).sorted()
    // What is random about a channel; a bias field is the coil's and common to all.
    let shifts = ranges.map { _ in
      classes.map { _ in random.uniform(-1, 1) * structure }
    }
    let powers = ranges.map { _ in pow(gamma, random.uniform(-1, 1)) }
    let strength = random.uniform() * bias
    let field = SmoothField(
      intervals: [Int](repeating: 2, count: 3), extents: lattice.extents
    ).drawn(1, using: &random)
    let factor = random.uniform() < 0.5 ? random.uniform(1, resolution) : 1
    let deviation = random.uniform() < 0.5 ? random.uniform() * blur : 0
    let noises = ranges.map { _ in (random.uniform() * noise, random.next()) }
    var result = annotated
    addContrast(&result, classes, shifts, ranges)
    recolour(&result.image, ranges, powers, field, strength)
    result.image = coarsened(result.image, factor, lattice)
    result.image = GaussianBlur(lattice, pixels: deviation)(result.image)
    addNoise(&result.image, ranges, noises)
    return result
  }

  /// Adds to every class its shift, by masks that are blurred by a pixel.
  private func addContrast(
    _ annotated: inout AnnotatedImage, _ classes: [UInt8], _ shifts: [[Float]],
    _ ranges: [ClosedRange<Float>]
  ) {
    guard !classes.isEmpty, structure > 0 else { return }
    let count = annotated.lattice.count
    let label = annotated.label
    for channel in ranges.indices {
      let span = ranges[channel].upperBound - ranges[channel].lowerBound
      var table = [Float](repeating: 0, count: 256)
      for (index, value) in classes.enumerated() {
        table[Int(value)] = shifts[channel][index] * span
      }
      let shift = Tensor(unfilled: [1] + annotated.lattice.extents) { shift in
        for at in 0..<count { shift[at] = table[Int(label[at])] }
      }
      let smooth = GaussianBlur(annotated.lattice, pixels: 1)(shift)
      annotated.image.withMutablePointer { image in
        smooth.withPointer { smooth in
          for at in 0..<count { image[channel * count + at] += smooth[at] }
        }
      }
    }
  }

  /// Gamma within each channel's range, held straight on beyond it, then the bias field about the range's lower end.
  private func recolour(
    _ image: inout Tensor, _ ranges: [ClosedRange<Float>], _ powers: [Float], _ field: Tensor,
    _ strength: Float
  ) {
    let count = field.count
    image.withMutablePointer { image in
      field.withPointer { field in
        for (channel, range) in ranges.enumerated() {
          let (span, power) = (range.upperBound - range.lowerBound, powers[channel])
          guard span > 0 else { continue }
          for at in 0..<count {
            let place = channel * count + at
            let unit = (image[place] - range.lowerBound) / span
            let curve =
              unit <= 0 ? unit : unit < 1 ? pow(unit, power) : 1 + power * (unit - 1)
            let value = curve * exp(strength * max(-1, min(field[at], 1)))
            image[place] = range.lowerBound + span * value
          }
        }
      }
    }
  }

  /// The image shrunk in the plane of its finest axes and brought back.
  private func coarsened(_ image: Tensor, _ factor: Float, _ lattice: Lattice) -> Tensor {
    guard factor > 1 else { return image }
    let coarse = (0..<3).map { axis in
      let length = Float(lattice.extents[axis]) * lattice.spacing[axis]
      return min(lattice.extents[axis], max(1, Int(length / factor)))
    }
    return image.resized(to: coarse).resized(to: lattice.extents)
  }

  /// Adds normal noise, drawn by the position of each voxel.
  private func addNoise(
    _ image: inout Tensor, _ ranges: [ClosedRange<Float>], _ noises: [(Float, UInt64)]
  ) {
    let count = image.count / ranges.count
    image.withMutablePointer { image in
      for (channel, range) in ranges.enumerated() {
        let deviation = noises[channel].0 * (range.upperBound - range.lowerBound)
        guard deviation > 0 else { continue }
        for at in 0..<count {
          image[channel * count + at] +=
            deviation * quickNormal(mixedBits(noises[channel].1 &+ UInt64(at)))
        }
      }
    }
  }
}
