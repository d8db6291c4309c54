/// How fast a piece of work goes, and from that how long the rest takes.
///
/// Work is counted in units (cases, steps, images) and parts of units. Marks are joined to intervals of at least half a
/// second, and the last 120 of these count, so that the estimate follows a change of pace. An interval slower than five
/// times the median, as after a laptop's sleep or a snapshot to a slow disk, counts as five times the median.
package struct Pace: Sendable {
  /// The units in all.
  package let total: Double
  /// The units done.
  package private(set) var done: Double
  private let start: Double
  private var intervals: [(units: Double, seconds: Double)] = []
  private var mark: (done: Double, seconds: Double)
  private var last: Double

  private static let shortest = 0.5
  private static let kept = 120
  private static let slowest = 5.0

  /// Work of some units that begins now, at a time in seconds; of these some may be done already.
  package init(total: Double, done: Double = 0, at seconds: Double) {
    self.total = total
    self.done = done
    start = seconds
    last = seconds
    mark = (done, seconds)
  }

  /// Notes how many units are done at a time in seconds; less than before changes nothing.
  package mutating func advance(to done: Double, at seconds: Double) {
    guard done > self.done else { return }
    self.done = min(done, total)
    last = seconds
    guard seconds - mark.seconds >= Pace.shortest else { return }
    intervals.append((self.done - mark.done, seconds - mark.seconds))
    if intervals.count > Pace.kept { intervals.removeFirst() }
    mark = (self.done, seconds)
  }

  /// The seconds since the work began.
  package func elapsed(at seconds: Double) -> Double { max(0, seconds - start) }

  /// The seconds the rest takes; nil before there is anything to tell it by.
  package func secondsLeft(at seconds: Double) -> Double? {
    guard done < total else { return 0 }
    guard let perUnit = secondsPerUnit else { return nil }
    // What has gone by since the last mark is part of the rest, unless that took longer than it should.
    return max(0, (total - done) * perUnit - min(max(0, seconds - last), perUnit))
  }

  /// The mean time of a unit over the intervals, the slowest of them cut.
  private var secondsPerUnit: Double? {
    guard !intervals.isEmpty else { return nil }
    let limit = Pace.slowest * median
    let seconds = intervals.map { min($0.seconds, limit * $0.units) }
    return seconds.reduce(0, +) / intervals.map(\.units).reduce(0, +)
  }

  /// The pace that half of the units keep, in seconds a unit.
  private var median: Double {
    let sorted = intervals.map { (pace: $0.seconds / $0.units, units: $0.units) }
      .sorted { $0.pace < $1.pace }
    var rest = sorted.map(\.units).reduce(0, +) / 2
    for interval in sorted {
      rest -= interval.units
      if rest <= 0 { return interval.pace }
    }
    return sorted.last?.pace ?? 0
  }
}

/// A time in words: whole seconds, minutes or tenths of hours, rounded up.
package func duration(_ seconds: Double) -> String {
  if seconds < 90 { return "\(Int(seconds.rounded(.up))) s" }
  if seconds < 5400 { return "\(Int((seconds / 60).rounded(.up))) min" }
  return "\((seconds / 360).rounded(.up) / 10) h"
}
