import ArgumentParser
import Exemplars
import Foundation
import Inference
import Training

/// `graft task`: makes a task of a set of exemplars, without training.
struct TaskCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "task",
    abstract: "Makes a task of labelled scans: segmentation by example, without training.",
    discussion: """
      Every exemplar slice is embedded once; the task keeps its embedding and its classes, and predicts from them:

        graft task exemplars.h5 --out spleen.task
        graft predict --task spleen.task scans --out masks

      An exemplar is a case of the pack: a picture, or a volume, all slices of which are kept. Every slice to be \
      predicted looks at the --k kept slices most like it, of whichever cases. By leaving exemplars out, graft task finds out how they are \
      best looked at, and says how well they answer for each other. graft tune --task spleen.task trains for minutes on \
      the same exemplars and says what that gains.
      """)

  @Argument(help: "The pack of exemplars (.h5); its split train, or all cases where there is none.")
  var exemplars: String
  @Option(help: "The weights: .pth, .safetensors or .npz; the bundled ones where none are named.")
  var weights: String?
  @Option(help: "The task's file.") var out: String
  @Option(
    help: """
      What graft pretrain learned about example sets on these weights; WEIGHTS.tasks where it is there. Without it \
      the exemplars' cells alone answer, without the decoder.
      """)
  var learned: String?
  @Option(help: "How many exemplar slices a slice looks at, 1 to 16.")
  var k = ExampleSetSettings.most
  @Option(name: .customLong("case"), help: "A case to take; those of the split else (repeatable).")
  var cases: [String] = []
  @Option(help: "Take every so many slices of a volume, counted from its middle.") var every = 1
  @Option(help: "The side of the model's image; its own where none is given.") var imageSize: Int?
  @Option(help: "Set a key of the recipe that prepares images, such as image.normalise=window.")
  var set: [String] = []
  @Flag(help: "Leave the settings as they are, and save the time of trying them.")
  var noTrial = false
  @Flag(help: "Say what would be done and stop.") var dryRun = false
  @Option(help: "The heads of the mask decoder's attention, where the checkpoint does not tell.")
  var decoderHeads: Int?
  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard every > 0 else { throw ValidationError("--every is \(every); expected 1 or more.") }
    guard !isSameFile(exemplars, out) else {
      throw ValidationError(
        "\(exemplars) would be written over with its own task. Give another --out.")
    }
  }

  func run() throws {
    let console = common.apply()
    let weights = try weights ?? BundledWeights.path()
    let size = imageSize.map { ["image.size=\($0)"] } ?? []
    let recipe = try Recipe(
      weights: weights, pack: exemplars, settings: size + set, name: "the command line")
    var choice = TaskMaking.Choice()
    choice.cases = cases.isEmpty ? nil : cases
    (choice.step, choice.count, choice.isTried) = (every, k, !noTrial)
    let beside = ExampleSetWeights.path(beside: weights)
    let found = FileManager.default.fileExists(atPath: beside) ? beside : nil
    let making = try TaskMaking(
      recipe, choice: choice, learned: learned ?? found, decoderHeads: decoderHeads)
    if !making.isLearned {
      console.tell(
        """
        note: \(beside) is not there, so the exemplars' cells alone answer. graft pretrain with objective: example-sets \
        makes it.
        """, event: "note")
    }
    if dryRun { return making.cases.forEach { print($0.id) } }
    let interruption = Interruption()
    let work = console.work("task", total: making.cases.count, interruption: interruption)
    let task = try making { event in
      switch event {
      case .embedded(let done, _): try work.advance(to: Double(done))
      case .tried(let settings, let dice): tell(settings, dice, console)
      }
    }
    console.clearLine()
    try task.write(to: out)
    let labelled = task.exemplars.count { $0.isLabelled }
    print(
      "\(out): \(task.caseNames.count) exemplars, \(task.exemplars.count) slices, \(labelled) of "
        + "them labelled")
  }

  private func tell(_ settings: ExampleSetSettings, _ dice: Double?, _ console: Console) {
    guard let dice else {
      console.tell(
        "One labelled slice alone: nothing can be left out, so the settings stay as they are.",
        event: "tried")
      return
    }
    console.tell(
      """
      Exemplars left out and asked about by the others: Dice \(String(format: "%.3f", dice)) (sharpness \
      \(settings.sharpness), nearness \(settings.nearness), decoder \(settings.decoder), prompt \(settings.prompt ?? 1)).
      """, event: "tried",
      [
        "dice": dice, "sharpness": Double(settings.sharpness),
        "nearness": Double(settings.nearness), "decoder": Double(settings.decoder),
        "prompt": Double(settings.prompt ?? 1),
      ])
  }
}
