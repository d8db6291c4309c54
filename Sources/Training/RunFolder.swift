import Archives
import Foundation
import Tensors

/// The folder of a run and the files in it.
struct RunFolder {
  /// The folder.
  let path: String

  var recipe: String { "\(path)/recipe.yaml" }
  var environment: String { "\(path)/environment.json" }
  var metrics: String { "\(path)/metrics.jsonl" }
  var finished: String { "\(path)/finished.json" }
  var adapter: String { "\(path)/adapter.safetensors" }
  var snapshots: String { "\(path)/snapshot" }

  /// Refuses a folder that holds a run already.
  func checkNew() throws(TrainingError) {
    for file in [recipe, metrics, adapter] where FileManager.default.fileExists(atPath: file) {
      throw .runExists(path)
    }
  }

  /// The resolved recipe of the run that is resumed.
  func storedRecipe() throws -> Recipe {
    guard let data = FileManager.default.contents(atPath: recipe) else {
      throw TrainingError.noSnapshot(path)
    }
    return try Recipe(yaml: String(decoding: data, as: UTF8.self), name: recipe)
  }

  /// Writes what a run is made of: the resolved recipe and the environment.
  func describe(_ recipe: Recipe, _ environment: Environment) throws {
    try AtomicFile.write(Data(try recipe.yaml().utf8), to: self.recipe)
    try AtomicFile.writeJSON(environment, to: self.environment)
  }

  /// Writes what the run took: the seconds of its steps, the numbers it trained, and the most memory its last session
  /// held at once.
  func finish(seconds: Double, trained: Int) throws {
    try AtomicFile.writeJSON(
      Finished(seconds: seconds, trainedParameters: trained, peakMemoryBytes: ProcessMemory.peak),
      to: finished)
  }

  /// Keeps the lines of the first `steps` steps of the metrics, so that a resumed run goes on after them.
  func cutMetrics(to steps: Int) throws {
    let data = FileManager.default.contents(atPath: metrics) ?? Data()
    let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").prefix(steps)
    try AtomicFile.write(Data(lines.map { "\($0)\n" }.joined().utf8), to: metrics)
  }
}

extension AtomicFile {
  /// Writes a value as JSON for people: sorted keys, a line each, a newline at the end.
  fileprivate static func writeJSON(_ value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    try write(try encoder.encode(value) + Data("\n".utf8), to: path)
  }
}

/// What a run took.
private struct Finished: Encodable {
  let seconds: Double
  let trainedParameters: Int
  let peakMemoryBytes: Int?

  enum CodingKeys: String, CodingKey {
    case seconds
    case trainedParameters = "trained_parameters"
    case peakMemoryBytes = "peak_memory_bytes"
  }
}

/// What a run depends on beside its recipe.
struct Environment: Codable {
  /// The program's version.
  var version: String
  /// The SHA-256 of the weights' file.
  var weightsSHA256: String
  /// The SHA-256 of the pack's file.
  var packSHA256: String
  /// The kernels BLAS uses.
  var blasCore: String
  /// The instructions graft's own kernels use.
  var instructionSet: String
  /// The number format of the encoder's frozen products: what the recipe asks for as far as the processor has it.
  var precision: Precision
  /// The number of threads.
  var threads: Int
  /// The seed.
  var seed: UInt64

  enum CodingKeys: String, CodingKey {
    case version
    case weightsSHA256 = "weights_sha256"
    case packSHA256 = "pack_sha256"
    case blasCore = "blas_core"
    case instructionSet = "instruction_set"
    case precision, threads, seed
  }
}

/// What is written down of a step.
public struct StepRecord: Codable, Equatable, Sendable {
  /// The number of the step, from 1.
  public var step: Int
  /// The pass over the samples in which the step began, from 0.
  public var epoch: Int
  /// The loss.
  public var loss: Double
  /// Its cross entropy, or its focal part.
  public var ce: Double
  /// Its Dice part.
  public var dice: Double
  /// The rate the step was taken with.
  public var lr: Double
  /// The seconds all steps have taken so far.
  public var seconds: Double

  /// What is written down of a step.
  public init(
    step: Int, epoch: Int, loss: Double, ce: Double, dice: Double, lr: Double, seconds: Double
  ) {
    self.step = step
    self.epoch = epoch
    self.loss = loss
    self.ce = ce
    self.dice = dice
    self.lr = lr
    self.seconds = seconds
  }
}

/// The metrics of a run, a JSON line for each step, which reach the file step by step.
final class MetricsLog {
  private let path: String
  private let handle: FileHandle
  private let encoder = JSONEncoder()

  /// Opens the file to write after what it holds.
  init(_ path: String) throws {
    self.path = path
    if !FileManager.default.fileExists(atPath: path) { try AtomicFile.write(Data(), to: path) }
    handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    try handle.seekToEnd()
    encoder.outputFormatting = .sortedKeys
  }

  deinit { try? handle.close() }

  /// Adds a line.
  func add(_ line: StepRecord) throws {
    var data = try encoder.encode(line)
    data.append(contentsOf: Data("\n".utf8))
    do { try handle.write(contentsOf: data) } catch {
      throw ArchiveError.system(path: path, action: "write")
    }
  }
}
