import Foundation
import Tensors

/// The values of one channel and what normalisation needs to know of them.
///
/// Sums are taken over runs of fixed length, so that no thread count changes a bit.
struct ChannelValues {
  private let volume: Tensor
  private let offset: Int
  private let count: Int
  /// The smallest and largest finite value.
  let low: Float
  let high: Float
  /// How many values are NaN or infinite, and how many are exactly 0.
  let notFinite: Int
  private let zeros: Int

  private struct Extremes {
    var low = Float.infinity
    var high = -Float.infinity
    var notFinite = 0
    var zeros = 0
  }

  init(_ volume: Tensor, offset: Int, count: Int) {
    self.volume = volume
    self.offset = offset
    self.count = count
    let parts = Self.overRuns(volume, offset: offset, count: count, from: Extremes()) {
      part, value in
      guard value.isFinite else {
        part.notFinite += 1
        return
      }
      part.low = min(part.low, value)
      part.high = max(part.high, value)
      part.zeros += value == 0 ? 1 : 0
    }
    low = parts.map(\.low).min() ?? 0
    high = parts.map(\.high).max() ?? 0
    notFinite = parts.reduce(0) { $0 + $1.notFinite }
    zeros = parts.reduce(0) { $0 + $1.zeros }
  }

  private var background: Float { zeros * 10 > count ? 0 : low }

  /// The mean and deviation of the body, or nil where there is none.
  var bodyMoments: (mean: Float, deviation: Float)? {
    let background = background
    let sums = overRuns(from: (count: 0, sum: 0.0)) { part, value in
      guard value != background else { return }
      part.count += 1
      part.sum += Double(value)
    }
    let voxels = sums.reduce(0) { $0 + $1.count }
    guard voxels > 0 else { return nil }
    let mean = sums.reduce(0) { $0 + $1.sum } / Double(voxels)
    let squares = overRuns(from: 0.0) { part, value in
      let difference = Double(value) - mean
      part += value == background ? 0 : difference * difference
    }
    return (Float(mean), Float((squares.reduce(0, +) / Double(voxels)).squareRoot()))
  }

  /// Two quantiles of the body, linear between order statistics, or nil where there is no body.
  func bodyPercentiles(_ lower: Double, _ upper: Double) -> (Float, Float)? {
    let background = background
    let coarse = overRuns(from: [Int32](repeating: 0, count: 1 << 16)) { part, value in
      if value != background { part[Int(Self.order(value) >> 16)] += 1 }
    }
    var counts = [Int](repeating: 0, count: 1 << 16)
    for part in coarse {
      for (bin, number) in part.enumerated() { counts[bin] += Int(number) }
    }
    let voxels = counts.reduce(0, +)
    guard voxels > 0 else { return nil }
    func quantile(_ share: Double) -> Float {
      let place = share * Double(voxels - 1)
      let rank = Int(place)
      let below = statistic(rank, counts, background)
      let above = statistic(min(rank + 1, voxels - 1), counts, background)
      return Float(Double(below) + (Double(above) - Double(below)) * (place - Double(rank)))
    }
    return (quantile(lower), quantile(upper))
  }

  /// The body's value of that rank, given the counts of the upper halves of the keys.
  private func statistic(_ rank: Int, _ counts: [Int], _ background: Float) -> Float {
    var bin = 0
    var rest = rank
    while rest >= counts[bin] {
      rest -= counts[bin]
      bin += 1
    }
    var fine = [Int](repeating: 0, count: 1 << 16)
    volume.withPointer { x in
      for k in offset..<offset + count where x[k] != background {
        let key = Self.order(x[k])
        if Int(key >> 16) == bin { fine[Int(key & 0xFFFF)] += 1 }
      }
    }
    var low = 0
    while rest >= fine[low] {
      rest -= fine[low]
      low += 1
    }
    let key = UInt32(bin << 16 | low)
    return Float(bitPattern: key >> 31 == 1 ? key & 0x7FFF_FFFF : ~key)
  }

  /// A key that orders as the floats do.
  private static func order(_ value: Float) -> UInt32 {
    let bits = (value == 0 ? 0 : value).bitPattern
    return bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
  }

  private func overRuns<Part: Sendable>(
    from start: Part, _ add: (inout Part, Float) -> Void
  ) -> [Part] {
    Self.overRuns(volume, offset: offset, count: count, from: start, add)
  }

  /// One partial result for each run of 2²⁰ values.
  @inline(__always)
  private static func overRuns<Part: Sendable>(
    _ volume: Tensor, offset: Int, count: Int, from start: Part, _ add: (inout Part, Float) -> Void
  ) -> [Part] {
    let run = 1 << 20
    let runs = (count + run - 1) / run
    return [Part](unsafeUninitializedCapacity: runs) { parts, filled in
      guard let parts = parts.baseAddress else { return }
      volume.withPointer { x in
        parallel(runs) { index in
          var part = start
          for k in index * run..<min((index + 1) * run, count) { add(&part, x[offset + k]) }
          (parts + index).initialize(to: part)
        }
      }
      filled = runs
    }
  }
}
