import ArgumentParser
import Foundation
import Tensors

/// The options every command takes.
struct CommonOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: "How many threads to use (0: one a core). Results do not depend on it.")
  var threads = 0

  @Option(help: "How progress is told on standard error.")
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
  /// One JSON object a line.
  case json
}

/// Where a command tells its progress: standard error, so that standard output holds results only.
struct Console: Sendable {
  let format: LogFormat

  /// Whether a person is watching.
  var isTerminal: Bool { isatty(2) == 1 }

  /// Tells one event: a sentence in text, an object with `event` and the fields in JSON.
  func tell(_ sentence: String, event: String, _ fields: [String: any Sendable] = [:]) {
    switch format {
    case .text: Console.standardError(sentence)
    case .json: Console.standardError(Console.line(event, sentence, fields))
    }
  }

  /// Tells how far a long piece of work is; in text only on a terminal, over the line before.
  func progress(_ sentence: String, event: String, _ fields: [String: any Sendable] = [:]) {
    switch format {
    case .json: Console.standardError(Console.line(event, sentence, fields))
    case .text where isTerminal:
      FileHandle.standardError.write(Data("\r\u{1B}[2K\(sentence)".utf8))
    case .text: break
    }
  }

  /// Tells why the program ends.
  func tell(failure sentence: String, code: Int32) {
    tell(format == .json ? sentence : "error: \(sentence)", event: "error", ["code": Int(code)])
  }

  /// Ends a line that `progress` renewed.
  func endProgress() {
    if format == .text, isTerminal { FileHandle.standardError.write(Data("\n".utf8)) }
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
    object["message"] = sentence
    guard
      let data = try? JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])
    else { return "{\"event\":\"\(event)\"}" }
    return String(decoding: data, as: UTF8.self)
  }
}
