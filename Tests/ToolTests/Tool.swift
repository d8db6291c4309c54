import Foundation

/// A run of the built program: what it printed and how it ended.
struct ToolRun {
  let output: String
  let error: String
  let status: Int32

  /// Runs `graft` with the given arguments and waits for its end.
  static func graft(_ arguments: String..., in folder: URL? = nil) throws -> ToolRun {
    try graft(arguments, in: folder)
  }

  /// Runs `graft` with the given arguments and waits for its end.
  ///
  /// With `interruptedWhen` it gets SIGINT as soon as that file holds something; `environment` adds to the tests' own.
  static func graft(
    _ arguments: [String], in folder: URL? = nil, interruptedWhen signalFile: String? = nil,
    environment: [String: String] = [:]
  ) throws -> ToolRun {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let process = Process()
    process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("graft")
    process.arguments = arguments
    if let folder { process.currentDirectoryURL = folder }
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files, as a pipe nobody reads would hold up a program that says much.
    let name = "graft-run-\(UUID().uuidString)"
    let files = ["out", "err"].map {
      FileManager.default.temporaryDirectory.appendingPathComponent("\(name).\($0)")
    }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for file in files { try Data().write(to: file) }
    let handles = try files.map { try FileHandle(forWritingTo: $0) }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = handles[0]
    process.standardError = handles[1]
    try process.run()
    if let signalFile {
      while process.isRunning,
        FileManager.default.contents(atPath: signalFile)?.isEmpty ?? true
      {
        usleep(2000)
      }
      process.interrupt()
    }
    process.waitUntilExit()
    for handle in handles { try handle.close() }
    return ToolRun(
      output: try String(contentsOf: files[0], encoding: .utf8),
      error: try String(contentsOf: files[1], encoding: .utf8),
      status: process.terminationStatus)
  }

  /// The object a run printed as JSON.
  func object() throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
  }
}
