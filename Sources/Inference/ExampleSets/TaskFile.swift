public import Adaptation
import Archives
public import Checkpoints
import Foundation
import SegmentAnything
import Tensors

/// A task as a set of exemplars defines it: what is needed to segment its classes without training.
///
/// The file is safetensors in half precision: what was learned about example sets (as in ``ExampleSetWeights``, tuned or
/// not), and of every exemplar slice its embedding, its classes and its place in the volume. Equal exemplars give equal
/// bytes.
public struct TaskFile {
  /// What uses the exemplars.
  public var weights: ExampleSetWeights
  /// How a volume becomes the model's images.
  public var preparation: ImagePreparation
  /// The classes; class 1 first.
  public var labels: [Adapter.Label]
  /// How the exemplars are looked at.
  public var settings: ExampleSetSettings
  /// The exemplar slices, case by case.
  public var exemplars: [ExampleSlice]
  /// The steps of `graft tune` it has gone through.
  public var tunedSteps: Int

  private enum Key {
    static let format = "graft_task"
    static let preparation = "preprocessing"
    static let labels = "labels"
    static let settings = "settings"
    static let cases = "cases"
    static let grid = "grid"
    static let tuned = "tuned_steps"
    static let embeddings = "exemplars.embedding"
    static let classes = "exemplars.classes"
    static let places = "exemplars.place"
  }

  /// A task of parts.
  public init(
    weights: ExampleSetWeights, preparation: ImagePreparation, labels: [Adapter.Label],
    exemplars: [ExampleSlice]
  ) {
    self.weights = weights
    self.preparation = preparation
    self.labels = labels
    self.exemplars = exemplars
    settings = ExampleSetSettings()
    tunedSteps = 0
  }

  /// Whether a file says that it is a task.
  public static func isTask(_ file: Checkpoint) -> Bool { file.metadata[Key.format] != nil }

  /// Reads a task.
  /// - Throws: `ExampleSetError.notATask` where the file is something else or its parts do not fit.
  public init(contentsOf path: String) throws {
    let file = try Checkpoint(contentsOf: path)
    func problem(_ reason: String) -> ExampleSetError { .notATask(path, reason: reason) }
    guard let format = file.metadata[Key.format] else {
      throw problem("its metadata has no \"\(Key.format)\"")
    }
    guard format == "1" else { throw problem("it has format \(format), this program reads 1") }
    func value<Value: Decodable>(_ key: String) throws -> Value {
      guard let text = file.metadata[key],
        let value = try? JSONDecoder().decode(Value.self, from: Data(text.utf8))
      else { throw problem("\"\(key)\" in its metadata is missing or not what graft writes") }
      return value
    }
    preparation = try value(Key.preparation)
    labels = try value(Key.labels)
    settings = try value(Key.settings)
    tunedSteps = try value(Key.tuned)
    let grid: Int = try value(Key.grid)
    guard (1...255).contains(labels.count), (1...ExampleSetSettings.most).contains(settings.count),
      (1...1024).contains(grid), preparation.size > 0, preparation.size % grid == 0,
      (0...100).contains(settings.prompt ?? 1)
    else { throw problem("the numbers in its metadata cannot be") }
    let own = [Key.embeddings, Key.classes, Key.places]
    weights = try ExampleSetWeights(file, names: file.names.filter { !own.contains($0) })
    exemplars = try TaskFile.exemplars(
      of: file, cases: try value(Key.cases), grid: grid, count: labels.count + 1, problem)
  }

  private static func exemplars(
    of file: Checkpoint, cases: [String], grid: Int, count: Int,
    _ problem: (String) -> ExampleSetError
  ) throws -> [ExampleSlice] {
    let embeddings = try file.tensor(Key.embeddings)
    let (rows, pixels) = (cases.count, 16 * grid * grid)
    let classes = try file.claim(Key.classes, [rows, pixels])
    let places = try file.claim(Key.places, [rows])
    guard rows > 0, embeddings.shape.count == 3,
      Array(embeddings.shape.prefix(2)) == [rows, grid * grid]
    else { throw problem("its embeddings \(embeddings.shape) are not of \(rows) slices") }
    let values = classes.values
    guard embeddings.isFinite, values.allSatisfy({ (0..<Float(count)).contains($0) }),
      places.values.allSatisfy({ (-1...1).contains($0) })
    else { throw problem("the numbers of its exemplars cannot be") }
    return (0..<rows).map { row in
      let place = places[flat: row]
      return ExampleSlice(
        caseName: cases[row], place: place < 0 ? nil : place,
        embedding: embeddings.sliced(axis: 0, row..<row + 1)
          .reshaped(Array(embeddings.shape.dropFirst())),
        classes: values[row * pixels..<(row + 1) * pixels].map { UInt8($0) }, grid: grid,
        count: count)
    }
  }

  /// Writes the file as a whole, or leaves what was there.
  public func write(to path: String) throws {
    let rows = exemplars.count
    let embeddings = Tensor.concatenated(exemplars.map(\.embedding), axis: 0)
    let classes = exemplars.flatMap { $0.classes.map(Float.init) }
    let own: [(String, Tensor)] = [
      (Key.embeddings, embeddings.reshaped([rows] + exemplars[0].embedding.shape)),
      (Key.classes, Tensor([rows, classes.count / rows], classes)),
      (Key.places, Tensor([rows], exemplars.map { $0.place ?? -1 })),
    ]
    try Checkpoint(weights.tensors + own, source: path, metadata: try metadata)
      .writeSafetensors(to: path, as: .float16)
  }

  private var metadata: [String: String] {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      func text(_ value: some Encodable) throws -> String {
        String(decoding: try encoder.encode(value), as: UTF8.self)
      }
      let side = Int(Double(exemplars[0].embedding.shape[0]).squareRoot().rounded())
      return try weights.metadata.merging(
        [
          Key.format: "1", Key.preparation: text(preparation), Key.labels: text(labels),
          Key.settings: text(settings), Key.cases: text(exemplars.map(\.caseName)),
          Key.grid: text(side), Key.tuned: text(tunedSteps),
        ]
      ) { first, _ in first }
    }
  }

  /// The names of the cases the exemplars belong to, sorted.
  public var caseNames: [String] { Set(exemplars.map(\.caseName)).sorted() }

  /// The network of the task on its base weights; `name` stands for the task in errors.
  public func network(
    on base: Checkpoint, decoderHeads: Int? = nil, name: String
  ) throws -> ExampleSetNetwork {
    let network = try weights.network(
      on: base, decoderHeads: decoderHeads, imageSize: preparation.size, name: name)
    let (grid, width) = (network.grid, network.model.model.configuration.promptWidth)
    let found = exemplars[0].embedding.shape
    guard found == [grid * grid, width] else {
      throw ExampleSetError.notATask(
        name, reason: "its embeddings are \(found), the weights give [\(grid * grid), \(width)]")
    }
    return network
  }
}
