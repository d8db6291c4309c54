import ArgumentParser
import Foundation
import Tensors

/// `jobs machine`: what the kernels and BLAS run on.
struct MachineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "machine", abstract: "Says what the kernels and BLAS run on, as JSON.")

  func run() throws {
    let facts = ["isa": Processor.instructionSet, "blas": Processor.blasCore]
    let data = try JSONSerialization.data(withJSONObject: facts, options: .sortedKeys)
    print(String(decoding: data, as: UTF8.self))
  }
}
