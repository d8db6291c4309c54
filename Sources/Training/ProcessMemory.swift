import Foundation

/// The memory this process holds, as the system counts it.
public enum ProcessMemory {
  /// The bytes in memory now; nil where the system does not say.
  public static var resident: Int? { bytes("VmRSS:") }

  /// The most bytes that were in memory at once; nil where the system does not say.
  public static var peak: Int? { bytes("VmHWM:") }

  /// Lets `peak` begin anew at what is held now; without effect where the system does not allow it.
  static func resetPeak() {
    guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
    // 5 stands for the peak alone.
    try? file.write(contentsOf: Data("5".utf8))
    try? file.close()
  }

  private static func bytes(_ key: String) -> Int? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    else { return nil }
    let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      .map { $0 * 1024 }
  }
}
