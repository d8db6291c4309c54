public import Failures
public import Tensors

/// How the intensities of a volume are brought to the range a model is trained on, volume by volume and channel
/// by channel.
///
/// The body of a channel is every voxel that differs from its background; the background is 0 where more than a
/// tenth of the voxels are exactly 0 (skull-stripped or cropped images), else the channel's smallest value (the air
/// or the padding of a scan).
public enum Normalisation: Sendable, Hashable {
  /// Pixels of 0..255 by SAM's own means and deviations of red, green and blue; one channel becomes three.
  case sam
  /// The smallest value to 0, the largest to 1.
  case unit
  /// `low` and below to 0, `high` and above to 1.
  case window(low: Float, high: Float)
  /// The 0.5th percentile of the body and below to 0, its 99.5th and above to 1.
  case percentile
  /// The body to mean 0 and deviation 1.
  case zscore
  /// The values as they are.
  case none

  /// SAM's mean of red, green and blue.
  public static let samMean: [Float] = [123.675, 116.28, 103.53]
  /// SAM's deviation of red, green and blue.
  public static let samDeviation: [Float] = [58.395, 57.12, 57.375]

  /// The volume [C, ...] normalised; a shape of the same extents, but three channels of one under `sam`.
  ///
  /// A channel without any contrast becomes 0.
  /// - Throws: `IntensityError` when a value is not finite, or not what the normalisation is for; it names the case.
  public func callAsFunction(
    _ volume: Tensor, case name: String
  ) throws(IntensityError) -> Tensor {
    let channels = volume.shape.first ?? 1
    precondition(volume.count > 0, "Normalisation: a volume of the shape \(volume.shape)")
    let size = volume.count / channels
    var maps: [(scale: Float, shift: Float)] = []
    for channel in 0..<channels {
      let values = ChannelValues(volume, offset: channel * size, count: size)
      if values.notFinite > 0 {
        throw .notFinite(case: name, channel: channel, count: values.notFinite)
      }
      maps.append(try map(values, channel, of: name))
    }
    if self == .none { return volume }
    if self == .sam { return try samNormalised(volume, name) }
    let range: ClosedRange<Float> =
      switch self {
      case .window, .percentile, .unit: 0...1
      default: -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude
      }
    return volume.mapped(size: size, sources: Array(0..<channels), maps, clippedTo: range)
  }

  /// What a channel's values are multiplied by, then shifted by.
  private func map(
    _ values: ChannelValues, _ channel: Int, of name: String
  ) throws(IntensityError) -> (scale: Float, shift: Float) {
    switch self {
    case .none: return (1, 0)
    case .sam:
      guard values.low >= 0, values.high <= 255 else {
        throw .notBytes(case: name, low: values.low, high: values.high)
      }
      return (1, 0)
    case .unit: return spread(values.low, values.high)
    case .window(let low, let high): return spread(low, high)
    case .percentile:
      guard let (low, high) = values.bodyPercentiles(0.005, 0.995) else { return (0, 0) }
      return spread(low, high)
    case .zscore:
      guard let (mean, deviation) = values.bodyMoments, deviation > 0 else { return (0, 0) }
      return (1 / deviation, -mean / deviation)
    }
  }

  private func spread(_ low: Float, _ high: Float) -> (scale: Float, shift: Float) {
    high > low ? (1 / (high - low), -low / (high - low)) : (0, 0)
  }

  private func samNormalised(
    _ volume: Tensor, _ name: String
  ) throws(IntensityError) -> Tensor {
    let channels = volume.shape[0]
    guard channels == 1 || channels == 3 else {
      throw .channels(case: name, count: channels)
    }
    let maps = zip(Self.samMean, Self.samDeviation).map { (1 / $1, -$0 / $1) }
    return volume.mapped(
      size: volume.count / channels, sources: channels == 1 ? [0, 0, 0] : [0, 1, 2], maps,
      clippedTo: -Float.greatestFiniteMagnitude...Float.greatestFiniteMagnitude)
  }
}

extension Tensor {
  /// A tensor [sources.count, ...] whose channel `c` is channel `sources[c]` times a scale plus a shift, clipped.
  fileprivate func mapped(
    size: Int, sources: [Int], _ maps: [(scale: Float, shift: Float)],
    clippedTo range: ClosedRange<Float>
  ) -> Tensor {
    let run = 1 << 16
    let runs = (size + run - 1) / run
    return Tensor(unfilled: [sources.count] + shape.dropFirst()) { y in
      withPointer { x in
        parallel(sources.count * runs) { index in
          let (channel, first) = (index / runs, index % runs * run)
          let (scale, shift) = maps[channel]
          let (low, high) = (range.lowerBound, range.upperBound)
          let (from, to) = (x + sources[channel] * size, y + channel * size)
          for k in first..<min(first + run, size) {
            to[k] = min(max(from[k] * scale + shift, low), high)
          }
        }
      }
    }
  }
}

/// Why a volume cannot be normalised.
public enum IntensityError: Failure, Equatable {
  /// Some voxels are NaN or infinite.
  case notFinite(case: String, channel: Int, count: Int)
  /// SAM's normalisation met values outside 0..255.
  case notBytes(case: String, low: Float, high: Float)
  /// SAM's normalisation met another number of channels than 1 or 3.
  case channels(case: String, count: Int)

  /// A volume that cannot be used is bad input.
  public var kind: FailureKind { .badInput }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .notFinite(let name, let channel, let count):
      "case \(name): channel \(channel) has \(count) voxels that are NaN or infinite; "
        + "replace them in the image first"
    case .notBytes(let name, let low, let high):
      "case \(name): the normalisation 'sam' is for values of 0 to 255, found \(low) to \(high); "
        + "use 'window', 'percentile' or 'unit'"
    case .channels(let name, let count):
      "case \(name): the normalisation 'sam' is for 1 or 3 channels, found \(count)"
    }
  }
}
