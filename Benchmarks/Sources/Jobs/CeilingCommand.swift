import ArgumentParser
import Ceiling
import Foundation
import Tensors

/// `jobs ceiling`: what the processor's multiply-add units do without memory, in operations a second.
struct CeilingCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ceiling", abstract: "Multiplies and adds in registers alone.")

  @Option(help: "How many threads to use.") var threads = 0
  @Option(help: "f32 or bf16.") var precision = "f32"

  func run() throws {
    Threads.use(threads)
    let count = Threads.count
    let operation = precision == "bf16" ? ceiling_bf16 : ceiling_f32
    let session = Session()
    while let start = try session.next() {
      var done = [Double](repeating: 0, count: count)
      done.withUnsafeMutableBufferPointer { done in
        let done = done
        parallel(count) { done[$0] = operation(20_000_000) }
      }
      session.report(since: start, ["operations": done.reduce(0, +)])
    }
  }
}
