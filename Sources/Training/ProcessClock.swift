import Foundation

/// The clocks of the process.
enum ProcessClock {
  /// Seconds on the clock, from any time on.
  static var wall: Double { ProcessInfo.processInfo.systemUptime }

  /// The seconds of processor time that all threads have used so far.
  static var processor: Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
