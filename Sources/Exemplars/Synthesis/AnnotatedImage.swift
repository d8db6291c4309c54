public import Tensors
public import Volumes

/// An image with the class of each voxel: what synthesis starts from, and what it makes.
public struct AnnotatedImage: Sendable, Equatable {
  /// The intensities [C, D, H, W]; D is 1 for a slice.
  public var image: Tensor
  /// The class of each voxel [D, H, W], 0 for the background.
  public var label: [UInt8]
  /// The voxels.
  package let lattice: Lattice

  /// An image [C, D, H, W] with its label on a lattice of the same voxels.
  package init(image: Tensor, label: [UInt8], lattice: Lattice) {
    precondition(
      image.shape.count == 4 && Array(image.shape.dropFirst()) == lattice.extents
        && label.count == lattice.count,
      "AnnotatedImage: an image \(image.shape) and \(label.count) labels on \(lattice.extents)")
    self.image = image
    self.label = label
    self.lattice = lattice
  }

  /// A slice [C, h, w] with its label.
  public init(slice: Tensor, label: ByteImage) {
    let lattice = Lattice(extents: [1, label.height, label.width], spacing: [1, 1, 1])
    self.init(
      image: slice.reshaped([slice.shape[0]] + lattice.extents), label: label.values,
      lattice: lattice)
  }

  /// A volume with its classes [D, H, W].
  public init(_ volume: Volume, classes: [UInt8]) {
    let spacing = volume.geometry.spacing
    let lattice = Lattice(
      extents: volume.geometry.shape,
      spacing: [Float(spacing.z), Float(spacing.y), Float(spacing.x)])
    self.init(
      image: volume.voxels.reshaped([volume.channels] + lattice.extents), label: classes,
      lattice: lattice)
  }

  /// The image as a volume in the geometry it came from.
  func volume(in geometry: Geometry) -> Volume {
    Volume(voxels: image.reshaped([channels] + geometry.shape), geometry: geometry)
  }

  /// The number of channels.
  var channels: Int { image.shape[0] }

  /// The smallest and the largest value of each channel.
  var ranges: [ClosedRange<Float>] {
    image.withPointer { values in
      (0..<channels).map { channel in
        let plane = UnsafeBufferPointer(
          start: values + channel * lattice.count, count: lattice.count)
        let low = plane.min() ?? 0
        return low...max(low, plane.max() ?? 0)
      }
    }
  }

  /// The first hundredth and the last two-hundredth of the values of each channel, by a sample of at most 2¹⁷ of them.
  var inner: [ClosedRange<Float>] {
    let step = max(1, lattice.count >> 17)
    return image.withPointer { values in
      (0..<channels).map { channel in
        let sample = stride(from: 0, to: lattice.count, by: step)
          .map { values[channel * lattice.count + $0] }.sorted()
        let low = sample[sample.count / 100]
        return low...max(low, sample[sample.count - 1 - sample.count / 200])
      }
    }
  }

  /// Whether every value is a whole number, as those of scanners and pictures are.
  var isWhole: Bool {
    image.withPointer { values in
      (0..<image.count).allSatisfy { values[$0] == values[$0].rounded() }
    }
  }

  /// The image with values like another's: within its channels' ranges, and whole numbers where all of it are.
  func like(_ other: AnnotatedImage) -> AnnotatedImage {
    var result = self
    let (ranges, isWhole, count) = (other.ranges, other.isWhole, lattice.count)
    result.image.withMutablePointer { values in
      for at in 0..<image.count {
        let range = ranges[at / count]
        let value = isWhole ? values[at].rounded() : values[at]
        values[at] = min(max(value, range.lowerBound), range.upperBound)
      }
    }
    return result
  }
}
