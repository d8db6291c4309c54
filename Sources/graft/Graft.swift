import Archives
import ArgumentParser
import Failures
import Foundation
import Tensors

/// The command `graft`: its subcommands, and what becomes of their errors.
@main
struct Graft: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "graft",
    abstract:
      "Adapts Segment Anything to a new medical segmentation task from a few labelled scans.",
    discussion: """
      The usual order: pack, tune, predict, evaluate, report; without training: pack, task, predict. `graft demo` shows all of it on generated scans.

      Exit codes: 0 done, 2 wrong usage, 3 bad input, 4 input/output or disk, 5 numbers, 6 interrupted \
      (resume with --resume).
      """,
    version: "graft 0.1.0",
    subcommands: [
      BenchCommand.self, ConvertCommand.self, DemoCommand.self, EmbedCommand.self,
      EvaluateCommand.self, InspectCommand.self, PackCommand.self, PredictCommand.self,
      PretrainCommand.self, ReportCommand.self, SelectCommand.self, SynthesizeCommand.self,
      TaskCommand.self, TuneCommand.self, UnpackCommand.self,
    ])

  static func main() async {
    Processor.useMatchingBLAS()
    MappedFile.endProgramOnCutFiles()
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
      guard fflush(nil) == 0 else {
        throw ArchiveError.system(path: "to standard output", action: "write")
      }
    } catch {
      leave(with: error)
    }
  }

  /// Runs the command that the arguments say.
  static func run(_ arguments: [String]) async throws {
    var command = try parseAsRoot(arguments)
    if var command = command as? any AsyncParsableCommand {
      try await command.run()
    } else {
      try command.run()
    }
  }

  /// Prints the error for the user and ends the process with its exit code.
  private static func leave(with error: any Error) -> Never {
    if exitCode(for: error) == .success { exit(withError: error) }
    let console = Console(format: logFormat)
    let kind: FailureKind
    if let failure = error as? any Failure {
      kind = failure.kind
      console.tell(failure: failure.description, code: kind.rawValue)
    } else if error is CocoaError || error is POSIXError {
      kind = .storage
      let path = (error as NSError).userInfo[NSFilePathErrorKey].map { "\($0): " } ?? ""
      console.tell(failure: path + error.localizedDescription, code: kind.rawValue)
    } else if console.format == .json {
      kind = .usage
      console.tell(failure: message(for: error), code: kind.rawValue)
    } else {
      kind = .usage
      Console.standardError(fullMessage(for: error))
    }
    Foundation.exit(kind.rawValue)
  }

  /// How the arguments ask for progress to be told, also where they cannot be parsed.
  private static var logFormat: LogFormat {
    let arguments = CommandLine.arguments
    let isJSON =
      arguments.contains("--log-format=json")
      || zip(arguments, arguments.dropFirst()).contains { $0 == "--log-format" && $1 == "json" }
    return isJSON ? .json : .text
  }
}
