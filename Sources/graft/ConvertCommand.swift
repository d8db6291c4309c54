public import Adaptation
public import ArgumentParser
import Checkpoints
import Foundation
import Inference
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

      Examples:
        graft convert sam_vit_b_01ec64.pth sam_vit_b.safetensors --to huggingface
        graft convert RUN/adapter.safetensors merged.pth --to official --merge --weights W.safetensors
        graft convert RUN/adapter.safetensors peft --to peft --weights W.safetensors
        graft convert lora_rank4.safetensors adapter.safetensors --to graft --weights sam_vit_b_01ec64.pth
      """)

  @Argument(help: "The checkpoint or adapter to read (of peft: its folder).") var input: String
  @Argument(help: "The file (for peft: the folder) to write.") var output: String
  @Option(help: "What to write: official, huggingface, samed, peft or graft.")
  var to: Conversion.Target
  @Option(help: "The weights an adapter was trained on.") var weights: String?
  @Flag(help: "Fold the adapter into the weights.") var merge = false
  @OptionGroup var common: CommonOptions

  func validate() throws {
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
      target: to, weights: base, merges: merge,
      preprocessing: try json(
        ImagePreparation(
          size: min(512, side ?? 512), resize: .square, normalise: .window(low: -125, high: 275),
          plane: .acquired)),
      promptedPreprocessing: try json(
        ImagePreparation(
          size: side ?? 1024, resize: .longestSide, normalise: .sam, plane: .acquired)))
    print(try conversion(Conversion.input(input), to: output))
  }

  private func json(_ preparation: ImagePreparation) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(preparation), as: UTF8.self)
  }
}

extension Conversion.Target: ExpressibleByArgument {}
