public import ArgumentParser
public import Exemplars
import Foundation
import Inference
import Tensors
import Training

/// `graft select`: says which scans are worth annotating first.
struct SelectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select",
    abstract: "Chooses the scans that are worth annotating, by what an encoder sees in them.",
    discussion: """
      Labels are not needed. Each scan is a point, the mean of its slices' embeddings, and the names of the chosen ones \
      are printed in their order, so that the first three of five are the best three:

        graft select scans/images --count 5 --selection spread

      spread takes the most central scan and then always the one farthest from those before it; representative always \
      the one that brings all scans nearest to a chosen one; random chooses by chance. nearest takes those that are \
      nearest to the scans of --to in the mean.
      """)

  @Argument(help: "The scans: a folder of images, DICOM series, or a pack.") var scans: String
  @Option(help: "The weights; the bundled ones where none are named.") var weights: String?
  @Option(help: "How many scans.") var count = 5
  @Option(help: "How they are chosen: spread, representative, nearest or random.")
  var selection = ExemplarSelection.spread
  @Option(help: "With nearest: the scans to be near to.") var to: String?
  @Option(help: "The seed of random.") var seed: UInt64 = 1
  @Option(help: "Of a pack, the split to choose from: train where there is one, else all cases.")
  var split: String?
  @Option(help: "The side of the encoder's image in pixels (the model's own where not given).")
  var imageSize: Int?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count is \(count); expected 1 or more.") }
    guard (selection == .nearest) == (to != nil) else {
      throw ValidationError("--to and --selection nearest go together.")
    }
  }

  func run() throws {
    let console = common.apply()
    let cases = try found(scans)
    guard count <= cases.count else {
      throw ExemplarError.option("--count is \(count), but \(scans) has \(cases.count) scans.")
    }
    var (space, query): (CaseSpace?, [Float]?) = (nil, nil)
    if selection != .random {
      let size = imageSize.map { ["image.size=\($0)"] } ?? []
      let recipe = try Recipe(
        weights: weights ?? BundledWeights.path(), pack: scans, settings: size,
        name: "the command line")
      let pack = scans.hasSuffix(".h5") ? try Pack(scans) : nil
      let embedding = try CaseEmbedding(recipe, pack: pack)
      space = CaseSpace(try points(of: cases, embedding, console))
      if let to { query = CaseSpace.mean(of: try points(of: found(to), embedding, console)) }
    }
    let names = selection.order(
      of: cases.map(\.name), count: count, choice: 0, random: Random(seed: seed), space: space,
      query: query)
    for name in names { console.print(name) }
  }

  private func found(_ path: String) throws -> [PredictionCase] {
    var split = split
    if split == nil, path.hasSuffix(".h5") {
      let pack = try Pack(path)
      let splits = Set(pack.cases.compactMap(\.split))
      if path == scans, splits.contains("train") { split = "train" }
    }
    return try PredictionCase.found(at: path, split: path == scans ? split : nil)
  }

  private func points(
    of cases: [PredictionCase], _ embedding: CaseEmbedding, _ console: Console
  ) throws -> [[Float]] {
    let work = console.work("look at scans", total: cases.count, interruption: Interruption())
    let places = Dictionary(uniqueKeysWithValues: cases.map { ($0.name, $0) })
    let points = try embedding.points(of: cases.map(\.name)) { name in
      guard let place = places[name] else { throw InferenceError.nothingToPredict(path: name) }
      return try place.image()
    } progress: {
      try work.advance(to: Double($0))
    }
    console.clearLine()
    return cases.compactMap { points[$0.name] }
  }
}

extension ExemplarSelection: ExpressibleByArgument {}
