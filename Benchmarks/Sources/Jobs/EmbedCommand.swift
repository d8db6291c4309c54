import ArgumentParser
import Exemplars
import Foundation
import Training

/// `jobs embed`: fills the embedding store of a pack anew, as `graft embed` does, with the bundled small weights.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed", abstract: "Encodes all slices of a pack.")

  @OptionGroup var options: JobOptions
  @Option(help: "The bundled weights.") var weights: String
  @Option(help: "The slices in the pack: 10 or 2000.") var slices = 10

  func run() throws {
    try options.apply()
    let pack = options.path("scans-\(slices).h5")
    let store = EmbeddingStore.folder(forPack: pack)
    let recipe = try Recipe(
      weights: weights, pack: pack,
      settings: ["image.size=128", "augment.kind=none", "slices.plane=axial", "slices.empty=0.99"],
      name: "the benchmark's recipe")
    let session = Session()
    while let start = try session.next() {
      let trainer = try Trainer(recipe, version: "benchmark") { _ in }
      let count = try trainer.summary().missingEmbeddings
      try trainer.encode()
      session.report(since: start, ["slices": Double(count)])
      try FileManager.default.removeItem(atPath: store)
    }
  }
}
