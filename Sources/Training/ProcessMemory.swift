import Foundation

/// The memory this process holds, as the system counts it.
public enum ProcessMemory {
  /// The bytes in memory now; nil where the system does not say.
  public static var resident: Int? { bytes("VmRSS:") }

  /// The most bytes that were in memory at once; nil where the system does not say.
  public static var peak: Int? { bytes("VmHWM:") }

  private static func bytes(_ key: String) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      .map { $0 * 1024 }
  }
}
