import ArgumentParser
import Foundation
import Tensors
import Training

/// The options every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "How many threads to use (0: one a core). Results do not depend on it.")
  var threads = 0

  @Option(
    help: """
      How progress is told on standard error: as text, or as one JSON object a line with event, time and message; \
      those of the event `progress` have work, done, total, seconds and seconds_left.
      """)
  var logFormat = LogFormat.text

  func validate() throws {
    guard threads >= 0 else {
      throw ValidationError("--threads is \(threads); expected 0 or more.")
    }
  }

  /// Puts the options into effect and returns where the command tells its progress.
  func apply() -> Console {
    Threads.use(threads)
    return Console(format: logFormat)
  }
}

/// How progress is told.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
  /// Sentences, and on a terminal one line that renews itself.
  case text
  /// One JSON object a line, with `event`, `time` (UTC), `message` and what the event has beside them.
  case json
}

/// Where a command tells its progress: standard error, so that standard output holds results only.
struct Console: Sendable {
  let format: LogFormat

  /// Whether a person is watching, on a terminal that can renew a line.
  var isTerminal: Bool {
    isatty(2) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb"
  }

  /// Tells one event: a sentence in text, an object with `event` and the fields in JSON.
  func tell(_ sentence: String, event: String, _ fields: [String: any Sendable] = [:]) {
    switch format {
    case .text:
      clearLine()
      Console.standardError(sentence)
    case .json: Console.standardError(Console.line(event, sentence, fields))
    }
  }

  /// Prints a line of the command's results to standard output.
  func print(_ line: String) {
    clearLine()
    Swift.print(line)
    if isTerminal { fflush(nil) }
  }

  /// A long piece of work of some units, told here; where an interruption is given, it ends the work between units.
  func work(
    _ name: String, total: Int, done: Int = 0, showsMemory: Bool = false,
    interruption: Interruption? = nil
  ) -> Work {
    let style: Work.Style =
      switch format {
      case .json: .json
      case .text: isTerminal ? .terminal(columns: Console.columns) : .plain
      }
    return Work(
      name, total: total, done: done, style: style, showsMemory: showsMemory,
      isInterrupted: { interruption?.isRequested ?? false }
    ) { sentence, fields in
      switch style {
      case .terminal: FileHandle.standardError.write(Data("\r\u{1B}[2K\(sentence)".utf8))
      case .plain: Console.standardError(sentence)
      case .json: Console.standardError(Console.line("progress", sentence, fields))
      }
    }
  }

  /// One pass over cases, told by how many are done, of how many, and the next; it ends where the user asks to stop.
  func pass(
    _ name: String, _ interruption: Interruption
  ) -> (_ done: Int, _ total: Int, _ next: String) throws -> Void {
    var work: Work?
    return { done, total, next in
      let pass = work ?? self.work(name, total: total, interruption: interruption)
      work = pass
      try pass.advance(to: Double(done), detail: next, next.isEmpty ? [:] : ["case": next])
      if done == total { clearLine() }
    }
  }

  /// Tells what a dry run found the work to take: seconds by kind of work, memory where known, and disk at most.
  func tell(estimate parts: [(work: String, seconds: Double)], memory: Int?, disk: Int) {
    let times = parts.map { "\(duration($0.seconds)) for \($0.work)" }
    let needs =
      times + (memory.map { ["\(Console.megabytes($0)) of memory"] } ?? [])
      + ["at most \(Console.megabytes(disk)) on disk"]
    var fields: [String: any Sendable] = [
      "seconds": parts.map(\.seconds).reduce(0, +), "disk_bytes": disk,
    ]
    fields["memory_bytes"] = memory
    for part in parts { fields["\(part.work)_seconds"] = part.seconds }
    tell(
      "It would take about \(needs.joined(separator: ", ")). Nothing was written.",
      event: "estimate", fields)
  }

  private static func megabytes(_ bytes: Int) -> String {
    String(format: bytes < 10_000_000 ? "%.1f MB" : "%.0f MB", Double(bytes) / 1e6)
  }

  /// Tells why the program ends.
  func tell(failure sentence: String, code: Int32) {
    tell(format == .json ? sentence : "error: \(sentence)", event: "error", ["code": Int(code)])
  }

  /// Clears the line that a piece of work renews, so that what comes next has a line of its own.
  func clearLine() {
    if format == .text, isTerminal { FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8)) }
  }

  /// The columns of the terminal.
  private static var columns: Int {
    var size = winsize()
    return ioctl(2, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  /// Writes a line to standard error.
  static func standardError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
  }

  private static func line(
    _ event: String, _ sentence: String, _ fields: [String: any Sendable]
  ) -> String {
    var object: [String: Any] = fields
    object["event"] = event
    object["time"] = Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    object["message"] = sentence
    guard
      let data = try? JSONSerialization.data(
        withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    else { return "{\"event\":\"\(event)\"}" }
    return String(decoding: data, as: UTF8.self)
  }
}
