public import ArgumentParser
import Foundation
public import Tensors

/// The jobs that are compared with other programs, run one at a time as the comparing script asks for them.
@main
struct Jobs: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "jobs",
    abstract: "Runs one of the jobs that Benchmarks/compare measures, once for each line `run`.",
    subcommands: [
      PrepareCommand.self, EncodeCommand.self, StepCommand.self, EmbedCommand.self,
      EvaluateCommand.self, CeilingCommand.self, MachineCommand.self,
    ])

  static func main() {
    Processor.useMatchingBLAS()
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      exit(withError: error)
    }
  }
}

/// The options all jobs take.
struct JobOptions: ParsableArguments {
  @Option(help: "The folder that `jobs prepare` filled.") var data: String
  @Option(help: "How many threads to use.") var threads = 0
  @Option(help: "The number format of the encoder.") var precision = Precision.f32

  /// The path of a prepared file.
  func path(_ name: String) -> String { "\(data)/\(name)" }

  /// Puts the number of threads into effect; a format the processor lacks is refused.
  func apply() throws {
    guard precision.available == precision else {
      throw ValidationError("This processor has no products in \(precision.rawValue).")
    }
    Threads.use(threads)
  }
}

extension Precision: @retroactive ExpressibleByArgument {}
