public import Adaptation
public import ArgumentParser
import Archives
import Checkpoints
import Foundation
import Inference
import Reports
import SegmentAnything
import Volumes

/// `graft convert`: checkpoints and adapters between this program's, the official, Hugging Face's, SAMed's and PEFT's.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Converts checkpoints and adapters between the programs that know them.",
    discussion: """
      Whole checkpoints, MedSAM's and those of a training too, go to official or huggingface names; OUT's ending \
      (.pth, .pt or .safetensors) says the format. Adapters of graft, SAMed, SAMed_s, Sam_LoRA and PEFT (its folder) go \
      to samed (.pth), peft (a folder) or graft (.safetensors); with --merge they are folded into --weights. Other \
      programs' adapters do not say what weights they were trained on, so they need --weights to become graft's.

      With --rank an adapter's low-rank corrections get a smaller rank: each becomes the best approximation of its product \
      B A, and a table says what that loses. Without --to the adapter stays of its kind.

      Examples:
        graft convert sam_vit_b_01ec64.pth sam_vit_b.safetensors --to huggingface
        graft convert RUN/adapter.safetensors merged.pth --to official --merge --weights W.safetensors
        graft convert RUN/adapter.safetensors peft --to peft --weights W.safetensors
        graft convert RUN/adapter.safetensors small.safetensors --rank 2
        graft convert lora_rank4.safetensors adapter.safetensors --to graft --weights sam_vit_b_01ec64.pth
      """)

  @Argument(help: "The checkpoint or adapter to read (of peft: its folder).") var input: String
  @Argument(help: "The file (for peft: the folder) to write.") var output: String
  @Option(help: "What to write: official, huggingface, samed, peft or graft.")
  var to: Conversion.Target?
  @Option(help: "The weights an adapter was trained on.") var weights: String?
  @Option(help: "Reduce the adapter's corrections to this rank and say what that loses.")
  var rank: Int?
  @Flag(help: "Fold the adapter into the weights.") var merge = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard to != nil || rank != nil else {
      throw ValidationError("--to is missing: official, huggingface, samed, peft or graft.")
    }
    guard !merge || weights != nil else {
      throw ValidationError("--merge needs --weights, which the adapter is folded into.")
    }
    for file in [input, weights ?? ""] where isSameFile(file, output) {
      throw ValidationError(
        "\(output) is read, so it cannot be what is written. Name another file.")
    }
  }

  func run() throws {
    _ = common.apply()
    let base = try weights.map { try Checkpoint(contentsOf: $0).withOfficialNames() }
    let side = try base.map { try Configuration(of: $0).imageSize }
    let conversion = Conversion(
      target: to, weights: base, merges: merge, rank: rank,
      preprocessing: try json(
        ImagePreparation(
          size: min(512, side ?? 512), resize: .square, normalise: .window(low: -125, high: 275),
          plane: .acquired)),
      promptedPreprocessing: try json(
        ImagePreparation(
          size: side ?? 1024, resize: .longestSide, normalise: .sam, plane: .acquired)))
    let outcome = try conversion(Conversion.input(input), to: output)
    if let reduction = outcome.reduction { print(table(of: reduction)) }
    print(outcome.written)
    if outcome.reduction != nil {
      let (before, after) = (FileSize.bytes(at: input), FileSize.bytes(at: output))
      print("\(after) bytes, where \(input) has \(before).")
    }
  }

  /// What each correction lost, and all of them together.
  private func table(of reduction: RankReduction) -> String {
    let rows = reduction.sites.map { site in
      [site.path, "\(site.before)", "\(site.after)", percent(site.relativeError)]
    }
    return textTable(
      header: ["correction", "rank", "new rank", "relative error"],
      rows: rows + [["all", "", "", percent(reduction.relativeError)]], leading: 1)
  }

  private func percent(_ share: Double) -> String { String(format: "%.3g %%", 100 * share) }

  private func json(_ preparation: ImagePreparation) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(preparation), as: UTF8.self)
  }
}

extension Conversion.Target: ExpressibleByArgument {}
