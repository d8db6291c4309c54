public import ArgumentParser
import Foundation
public import Tensors
import Training

/// `graft embed`: encodes the training slices of a pack once, for all runs that use them.
struct EmbedCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Fills the embedding store beside a pack.",
    discussion: """
      What a run with frozen encoder needs is encoded and kept in P.embeddings/; `tune` fills what is missing by itself.
      Which slices and variants are encoded is decided by the same keys as in `tune`:

        graft embed --weights W.safetensors --pack P.h5 --image-size 192 --set augment.variants=4
      """)

  @Option(help: "The base weights.") var weights: String
  @Option(help: "The pack.") var pack: String
  @Option(help: "The side of the encoder's image in pixels (the model's own where not given).")
  var imageSize: Int?
  @Option(help: "The encoder's number format: bf16 is faster where the processor has it.")
  var precision = Precision.f32
  @Option(help: "The number format of the stored embeddings; f16 and bf16 take half the disk.")
  var store = NumberFormat.f32
  @Option(help: "Set a key of the recipe, such as augment.variants=4 (repeatable).")
  var set: [String] = []
  @Flag(help: "Say what would be done and stop.") var dryRun = false
  @Option(help: "The heads of the mask decoder's attention, where the checkpoint does not tell.")
  var decoderHeads: Int?
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.apply()
    let size = imageSize.map { ["image.size=\($0)"] } ?? []
    let recipe = try Recipe(
      weights: weights, pack: pack,
      settings: size + ["precision=\(precision)", "store=\(store)"] + set,
      name: "the command line")
    let interruption = Interruption()
    let progress = TrainingProgress(console)
    let trainer = try Trainer(
      recipe, version: Graft.configuration.version,
      isInterrupted: { interruption.isRequested }, report: progress.tell)
    let summary = try trainer.summary()
    let megabytes = String(format: "%.1f", Double(summary.embeddingBytes) / 1e6)
    console.tell(
      "\(summary.missingEmbeddings) images of \(summary.slices) slices are to be encoded: "
        + "\(megabytes) MB on disk.", event: "prepared",
      ["missing_embeddings": summary.missingEmbeddings, "embedding_bytes": summary.embeddingBytes])
    guard dryRun else { return try trainer.encode() }
    progress.tell(try trainer.estimate(steps: false))
  }
}

extension Precision: ExpressibleByArgument {}
extension NumberFormat: ExpressibleByArgument {}
