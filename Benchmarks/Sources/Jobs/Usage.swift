import Foundation

/// What the process has used up so far.
struct Usage {
  /// The seconds on the clock.
  let wall: Double
  /// The seconds of processor time of all threads, the kernel's for them included.
  let cpu: Double

  /// The state of now.
  static var now: Usage {
    func seconds(_ clock: clockid_t) -> Double {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }
    return Usage(wall: seconds(CLOCK_MONOTONIC), cpu: seconds(CLOCK_PROCESS_CPUTIME_ID))
  }

  /// The largest memory the process ever had in use, in bytes; 0 where the system does not say.
  static var peakBytes: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    let kilobytes = line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) }
    return (kilobytes ?? 0) * 1024
  }
}
