import Adaptation
import ArgumentParser
import Foundation
import Tensors
import Training

/// `graft tune`: adapts a model to the labelled scans of a pack.
struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract: "Trains a small correction of the model on the labelled scans of a pack.",
    discussion: """
      A run is described by a recipe, a YAML file, or by options:

        graft tune recipe.yaml --set optimizer.rate=0.002
        graft tune --weights W.safetensors --pack P.h5 --method decoder-lora --out RUN --set budget.steps=500

      A task is tuned by itself, on the weights it was made on; --out keeps it as it was and writes the tuned one:

        graft tune --task spleen.task --steps 200

      RUN then holds recipe.yaml (resolved), environment.json, metrics.jsonl, adapter.safetensors, snapshot/ and \
      the curves for `tensorboard --logdir RUN`. After an interruption the same command with --resume goes on and ends in the same bits.
      """)

  @Argument(help: "The recipe, a YAML file.") var recipe: String?
  @Option(help: "A task of graft task, to be tuned on the exemplars it holds.") var task: String?
  @Option(help: "The base weights; unet needs none.") var weights: String?
  @Option(help: "The pack of labelled scans.") var pack: String?
  @Option(
    help: "What learns: \(Plan.Method.allCases.map(\.rawValue).joined(separator: ", ")).")
  var method: String?
  @Option(help: "The run folder.") var out: String?
  @Option(help: "The number format of the encoder's frozen products; what learns is float32.")
  var precision: Precision?
  @Option(help: "Replace a value of the recipe, such as optimizer.rate=1e-4 (repeatable).")
  var set: [String] = []
  @Option(help: "With --task: the steps, of the training that tells the gain and of the last one.")
  var steps: Int?
  @Option(help: "With --task: the highest learning rate.") var rate: Double?
  @Flag(help: "Go on from the run's last snapshot.") var resume = false
  @Flag(help: "Say what would be done and stop.") var dryRun = false
  @Option(help: "The heads of the mask decoder's attention, where the checkpoint does not tell.")
  var decoderHeads: Int?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    if task != nil { return try validateTask() }
    guard steps == nil, rate == nil else {
      throw ValidationError(
        "--steps and --rate need a --task; a recipe has budget.steps, optimizer.rate.")
    }
    let needsWeights = method.flatMap(Plan.Method.init)?.needsWeights ?? true
    guard recipe != nil || ((weights != nil || !needsWeights) && pack != nil && out != nil) else {
      throw ValidationError(
        "Give a recipe, or --weights (of which unet alone needs none), --pack and --out.")
    }
    guard decoderHeads ?? 1 > 0 else {
      throw ValidationError("--decoder-heads is \(decoderHeads ?? 0); expected 1 or more.")
    }
  }

  private func validateTask() throws {
    guard recipe == nil, pack == nil, method == nil, precision == nil, set.isEmpty, !resume, !dryRun
    else {
      throw ValidationError(
        "--task takes --weights, --out, --steps, --rate and --decoder-heads only.")
    }
    guard steps ?? 1 > 0 else {
      throw ValidationError("--steps is \(steps ?? 0); expected 1 or more.")
    }
    guard (rate ?? 1) > 0, (rate ?? 1).isFinite else {
      throw ValidationError("--rate is \(rate ?? 0); expected a number above 0.")
    }
  }

  func run() throws {
    let console = common.apply()
    if let task { return try tune(task, console) }
    let text = try recipe.map(Recipe.text) ?? ""
    let given = [
      ("weights", weights), ("pack", pack), ("method", method), ("out", out),
      ("precision", precision?.rawValue),
    ]
    let options = given.compactMap { key, value in value.map { "\(key)=\(Recipe.quoted($0))" } }
    let read = try Recipe(
      yaml: text, name: recipe ?? "the command line", overrides: options + set)
    let interruption = dryRun ? nil : Interruption()
    let progress = TrainingProgress(console)
    let trainer = try Trainer(
      read, resume: resume, decoderHeads: decoderHeads, version: Graft.configuration.version,
      isInterrupted: { interruption?.isRequested ?? false },
      report: progress.tell)
    guard dryRun else { return try trainer.run() }
    print(TrainingProgress.sentence(try trainer.summary()))
    progress.tell(try trainer.estimate())
  }
}
