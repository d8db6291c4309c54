import Foundation
import Volumes

/// Tells which of some numbers lie far from the rest: further from the median than 3.5 robust deviations (1.4826 times
/// the median distance from it, which is the standard deviation of normal numbers), and than what is usual anyway.
///
/// Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993).
struct Outliers {
  /// With fewer numbers nothing counts as unusual.
  static let fewest = 5

  /// The middle of the numbers.
  let median: Double
  private let allowed: Double

  /// Some numbers to compare with, nil where they are too few.
  ///
  /// `usual` is a distance that is never far.
  init?(_ numbers: [Double], usual: Double) {
    guard numbers.count >= Self.fewest else { return nil }
    let median = Self.median(numbers)
    self.median = median
    allowed = max(usual, 3.5 * 1.4826 * Self.median(numbers.map { abs($0 - median) }))
  }

  /// Whether a number is far from the median.
  func isFar(_ number: Double) -> Bool { abs(number - median) > allowed }

  /// The median of some numbers, of an even count the middle of the two in the middle; 0 of none.
  static func median(_ numbers: [Double]) -> Double {
    guard !numbers.isEmpty else { return 0 }
    let sorted = numbers.sorted()
    return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
  }
}

extension Comparison {
  /// Spacings far from the others', by the logarithm; a factor of 1.5 is usual.
  mutating func findUnusualSpacing(_ cases: [CaseCheck]) {
    let axes = (0..<3).map { axis in
      Outliers(cases.map { log($0.spacing[axis]) }, usual: log(1.5))
    }
    let medians = axes.compactMap { $0.map { exp($0.median) } }
    for entry in cases {
      let isFar = zip(axes, entry.spacing).contains { $0?.isFar(log($1)) == true }
      guard isFar else { continue }
      warnings.append(
        Finding(
          .spacing, case: entry.id, files: entry.paths.images,
          "the spacing \(CheckReport.product(entry.spacing)) \(entry.unit) (W, H, D) is far from the other cases' "
            + "(median \(CheckReport.product(medians)) \(entry.unit)); is the header right?"))
    }
  }

  /// Channels without contrast, and channels whose values are far from the others'.
  ///
  /// Ends that differ by a quarter of the range are usual, and ranges that differ by a factor of 4.
  mutating func findUnusualIntensities(_ cases: [CaseCheck]) {
    for entry in cases {
      for channel in entry.channels where channel.minimum != nil && channel.low == nil {
        guard channel.notFinite == 0, let value = channel.minimum else { continue }
        warnings.append(
          Finding(
            .intensities, case: entry.id, files: entry.paths.images,
            "the channel \(channel.name) holds the value \(CheckReport.short(Double(value))) only, "
              + "so there is nothing to see in it; is it the right file?"))
      }
    }
    for channel in 0..<(cases.first?.channels.count ?? 0) {
      let found = cases.compactMap { entry -> (CaseCheck, low: Double, high: Double)? in
        guard entry.channels.indices.contains(channel), let low = entry.channels[channel].low,
          let high = entry.channels[channel].high
        else { return nil }
        return (entry, Double(low), Double(high))
      }
      findUnusualIntensities(found, channel)
    }
  }

  private mutating func findUnusualIntensities(
    _ found: [(entry: CaseCheck, low: Double, high: Double)], _ channel: Int
  ) {
    let width = Outliers.median(found.map(\.high)) - Outliers.median(found.map(\.low))
    guard let lows = Outliers(found.map(\.low), usual: width / 4),
      let highs = Outliers(found.map(\.high), usual: width / 4),
      let widths = Outliers(found.map { Self.width($0.low, $0.high) }, usual: log(4))
    else { return }
    for (entry, low, high) in found
    where lows.isFar(low) || highs.isFar(high) || widths.isFar(Self.width(low, high)) {
      warnings.append(
        Finding(
          .intensities, case: entry.id, files: entry.paths.images,
          "the values of the channel \(entry.channels[channel].name) run from \(CheckReport.short(low)) to "
            + "\(CheckReport.short(high)) (0.5th to 99.5th percentile of the body), far from the other cases' "
            + "(median \(CheckReport.short(lows.median)) to \(CheckReport.short(highs.median))); "
            + "is it stored in another unit or scale, such as 12-bit numbers among Hounsfield units?"
        ))
    }
  }

  /// The logarithm of a range, one of a single value being next to nothing.
  private static func width(_ low: Double, _ high: Double) -> Double { log(max(high - low, 1e-9)) }

  /// Structures whose volume is far from the others', by the logarithm; a factor of 4 is usual.
  mutating func findUnusualSizes(_ cases: [CaseCheck]) {
    for entry in labels.classes {
      let volumes = cases.compactMap { one -> (id: CaseCheck, voxels: Int, volume: Double)? in
        let voxels = entry.values.reduce(0) { $0 + (one.foreground[$1] ?? 0) }
        return voxels == 0 ? nil : (one, voxels, Double(voxels) * one.voxelVolume)
      }
      guard let sizes = Outliers(volumes.map { log($0.volume) }, usual: log(4)) else { continue }
      for (one, voxels, volume) in volumes where sizes.isFar(log(volume)) {
        let unit = one.unit == "mm" ? "mm³" : "pixels"
        warnings.append(
          Finding(
            .labelSize, case: one.id, files: one.paths.labels,
            "the label \(entry.name) has \(CheckReport.short(volume)) \(unit) (\(voxels) voxels), far "
              + "\(log(volume) < sizes.median ? "less" : "more") than in the other cases (median "
              + "\(CheckReport.short(exp(sizes.median))) \(unit)); look at it"))
      }
    }
  }
}
