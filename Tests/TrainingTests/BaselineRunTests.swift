import Adaptation
import Archives
import Checkpoints
import Failures
import Foundation
import TestKit
import Testing
import Training

/// Runs of the methods that adapt no decoder: what they need, what they share, and what their recipes refuse.
struct BaselineRunTests {
  private func recipe(_ bench: RunTests.Bench, _ settings: String, _ out: String) throws -> Recipe {
    try Recipe(
      yaml: """
        pack: \(bench.path("pack.h5"))
        out: \(bench.path(out))
        budget: {steps: 3}
        batch: 2
        \(settings)
        """, name: "recipe")
  }

  private let weights = "weights: \(Goldens.path("sam-micro/sam_micro.safetensors"))"

  private func adapter(_ bench: RunTests.Bench, _ settings: String, _ out: String) throws -> String
  {
    try Trainer(recipe(bench, settings, out), version: "test") { _ in }.run()
    return try Digest.sha256(ofFile: bench.path("\(out)/adapter.safetensors"))
  }

  @Test func `a U-Net needs no weights, and those of a recipe change nothing`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let without = try adapter(bench, "method: unet", "without")
    #expect(try adapter(bench, "method: unet\n\(weights)", "with") == without)
    let environment = try String(
      contentsOfFile: bench.path("without/environment.json"), encoding: .utf8)
    #expect(environment.contains("\"weights_sha256\" : \"none\""))
    let resolved = try Recipe(
      yaml: Recipe.text(ofFile: bench.path("without/recipe.yaml")), name: "resolved")
    #expect(resolved.image.size == 128 && resolved.weights.isEmpty)
    let found = try Adapter(contentsOf: bench.path("without/adapter.safetensors"))
    #expect(found.tensors.count == 82 && found.baseSHA256 == "none")
    #expect(throws: RecipeError.missing(file: "recipe", key: "weights")) {
      _ = try recipe(bench, "method: linear-probe", "out")
    }
  }

  @Test func `a linear probe takes the embeddings that the decoder's methods left`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    _ = try adapter(bench, "method: decoder-lora\n\(weights)", "lora")
    let probe = try Trainer(
      recipe(bench, "method: linear-probe\n\(weights)", "probe"), version: "test"
    ) { _ in }
    let summary = try probe.summary()
    #expect(summary.missingEmbeddings == 0)
    // A weight for each of the embedding's 32 channels and an offset, for four classes and the background.
    #expect(summary.scalars == 5 * 33)
    try probe.run()
    let found = try Adapter(contentsOf: bench.path("probe/adapter.safetensors"))
    #expect(found.tensors.map(\.0) == ["linear_probe.bias", "linear_probe.weight"])
  }

  @Test func `full tuning trains every parameter but the constant`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let trainer = try Trainer(
      recipe(bench, "method: full\n\(weights)", "full"), version: "test"
    ) { _ in }
    let summary = try trainer.summary()
    // The directions of the positional encoding, 2 x 16, are a constant.
    #expect(summary.scalars == summary.modelScalars - 32)
    #expect(summary.missingEmbeddings == 0)
    try trainer.run()
  }

  @Test(arguments: [
    ("method: unet\nprompts: box", "prompts is box, but the network of unet takes none"),
    ("method: linear-probe\nprompts: mixed", "the network of linear-probe takes none"),
    ("method: unet\nclasses: {heads: frozen}", "has no mask tokens"),
    ("method: full\nclasses: {heads: frozen}", "trains the whole mask decoder"),
    ("method: unet\ntokens: {count: 4}", "tokens is for the methods"),
    ("method: linear-probe\nlora: {last: 2}", "the method is linear-probe"),
  ]) func `what a method does not have is refused`(settings: String, words: String) throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let error = try #require(throws: RecipeError.self) {
      _ = try recipe(bench, "\(settings)\n\(weights)", "out")
    }
    #expect(error.kind == .usage)
    #expect(error.description.contains(words), "\(error)")
  }

  @Test func `a U-Net's images have sides that can be halved four times`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    let error = try #require(throws: RecipeError.self) {
      _ = try Trainer(
        recipe(bench, "method: unet\nimage: {size: 72}", "out"), version: "test"
      ) { _ in }
    }
    #expect(error.description.contains("multiple of its patch, 16"), "\(error)")
    #expect(!FileManager.default.fileExists(atPath: bench.path("out")))
  }

  @Test func `a file of tensors fills a U-Net strictly`() throws {
    let bench = try RunTests.Bench()
    defer { bench.remove() }
    _ = try adapter(bench, "method: unet", "first")
    let learned = bench.path("first/adapter.safetensors")
    let again = try Trainer(
      recipe(bench, "method: unet\ninitial: [\"\(learned)\"]", "second"), version: "test"
    ) { _ in }
    try again.run()
    let foreign = Goldens.path("training/class_heads.safetensors")
    #expect(throws: AdaptationError.self) {
      _ = try Trainer(
        recipe(bench, "method: unet\ninitial: [\"\(foreign)\"]", "third"), version: "test"
      ) { _ in }
    }
  }
}
