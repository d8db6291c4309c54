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
      The usual order: pack, tune, predict, evaluate, report. `graft demo` shows all of it on generated scans.

      Exit codes: 0 done, 2 wrong usage, 3 bad input, 4 input/output or disk, 5 numbers, 6 interrupted \
      (resume with --resume).
      """,
    version: "graft 0.1.0",
    subcommands: [
      ConvertCommand.self, DemoCommand.self, EmbedCommand.self, EvaluateCommand.self,
      InspectCommand.self, PackCommand.self, PredictCommand.self, PretrainCommand.self,
      ReportCommand.self, TuneCommand.self,
    ])

  static func main() async {
    useMatchingBLAS()
    do {
      try await run(Array(CommandLine.arguments.dropFirst()))
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
    if let failure = error as? any Failure {
      Console.standardError("error: \(failure.description)")
      Foundation.exit(failure.kind.rawValue)
    }
    if exitCode(for: error) == .success { exit(withError: error) }
    if error is CocoaError || error is POSIXError {
      Console.standardError("error: \(error.localizedDescription)")
      Foundation.exit(FailureKind.storage.rawValue)
    }
    Console.standardError(fullMessage(for: error))
    Foundation.exit(FailureKind.usage.rawValue)
  }

  /// Starts the process anew where BLAS uses other instructions than graft's kernels do; OpenBLAS decides while
  /// it is loaded, by a variable of the environment.
  private static func useMatchingBLAS() {
    guard let core = Processor.blasCoreWanted else { return }
    setenv("OPENBLAS_CORETYPE", core, 1)
    var arguments = CommandLine.arguments.map { strdup($0) } + [nil]
    execv("/proc/self/exe", &arguments)
    for argument in arguments { free(argument) }
  }
}
