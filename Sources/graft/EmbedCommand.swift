import ArgumentParser
import Foundation
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
  @Option(help: "The number format of the encoder.") var precision = Precision.f32
  @Option(help: "The number format of the stored embeddings; f16 and bf16 take half the disk.")
  var store = Store.f32
  @Option(help: "Set a key of the recipe, such as augment.variants=4 (repeatable).")
  var set: [String] = []
  @Flag(help: "Say what would be done and stop.") var dryRun = false
  @Option(help: "The heads of the mask decoder's attention, where the checkpoint does not tell.")
  var decoderHeads: Int?
  @OptionGroup var common: CommonOptions

  /// A number format the encoder computes in.
  enum Precision: String, ExpressibleByArgument, CaseIterable {
    /// Single precision.
    case f32
  }

  /// A number format embeddings are stored in.
  enum Store: String, ExpressibleByArgument, CaseIterable {
    /// Single precision.
    case f32
    /// Half precision: the error of a number is at most 1/2048 of it.
    case f16
    /// bfloat16: 1/256 of it, and the range of single precision.
    case bf16
  }

  func run() throws {
    let console = common.apply()
    let size = imageSize.map { ["image.size=\($0)"] } ?? []
    let recipe = try Recipe(
      weights: weights, pack: pack, settings: size + ["store=\(store)"] + set,
      name: "the command line")
    let interruption = Interruption()
    let progress = TrainingProgress(console: console)
    let trainer = try Trainer(
      recipe, version: Graft.configuration.version,
      isInterrupted: { interruption.isRequested }, report: progress.tell)
    let summary = try trainer.summary()
    let megabytes = String(format: "%.1f", Double(summary.embeddingBytes) / 1e6)
    console.tell(
      "\(summary.missingEmbeddings) images of \(summary.slices) slices are to be encoded: "
        + "\(megabytes) MB on disk.", event: "prepared",
      ["missing_embeddings": summary.missingEmbeddings, "embedding_bytes": summary.embeddingBytes])
    if !dryRun { try trainer.encode() }
  }
}
