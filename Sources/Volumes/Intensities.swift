import Tensors

/// What the values of one channel of an image are like.
public struct Intensities: Sendable {
  /// The smallest and largest finite value; nil where no value is finite.
  public let range: ClosedRange<Float>?
  /// The 0.5th and 99.5th percentile of the body (see `Normalisation`); nil where the channel holds one value only, or
  /// some value is not finite.
  public let body: ClosedRange<Float>?
  /// How many values are NaN or infinite.
  public let notFinite: Int
  /// The first of these: the voxel [x, y, z] in the present arrangement, and the value.
  public let firstNotFinite: (voxel: [Int], value: Float)?

  /// The values of one channel of an image.
  public init(_ image: Volume, channel: Int) {
    let count = image.geometry.count
    let offset = channel * count
    let values = ChannelValues(image.voxels, offset: offset, count: count)
    range = values.low <= values.high ? values.low...values.high : nil
    notFinite = values.notFinite
    let isPlain = values.notFinite == 0 && values.low < values.high
    let percentiles = isPlain ? values.bodyPercentiles(0.005, 0.995) : nil
    body = percentiles.map { $0...$1 }
    let first =
      notFinite == 0
      ? nil
      : image.voxels.withPointer { voxels in
        (0..<count).first { !voxels[offset + $0].isFinite }
      }
    firstNotFinite = first.map { (image.geometry.index(of: $0), image.voxels[flat: offset + $0]) }
  }

  /// Whether every finite value is the same.
  public var isConstant: Bool { range.map { $0.lowerBound == $0.upperBound } ?? true }
}
