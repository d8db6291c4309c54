import Archives
import ArgumentParser
import Foundation
import Training
import Volumes

/// `graft pretrain`: a small Segment Anything model from scratch, on generated images only.
struct PretrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pretrain",
    abstract: "Trains a small Segment Anything model from scratch on generated images.",
    discussion: """
      How the bundled weights were made:

        graft pretrain Weights/graft-small.yaml

      Snapshots are written beside the checkpoint, at OUT.snapshot; --resume continues from there and ends in the \
      same bits as a run that was not interrupted. --preview draws a sheet of the generated images and stops.
      """)

  @Argument(help: "The recipe, a YAML file.") var recipe: String
  @Option(help: "Draw a contact sheet of the generated images here (.png) and stop.")
  var preview: String?
  @Option(help: "Replace a value of the recipe, such as steps=100 (repeatable).")
  var set: [String] = []
  @Flag(help: "Continue from the snapshot.") var resume = false
  @OptionGroup var common: CommonOptions

  func run() throws {
    let console = common.apply()
    let text = try Recipe.text(ofFile: recipe)
    let recipe = try PretrainingRecipe(yaml: text, name: recipe, overrides: set)
    if let preview {
      try writePreview(of: recipe, to: preview)
      return
    }
    let run = PretrainingRun(recipe, interruption: Interruption())
    var work: Work?
    try run(resuming: resume) { event in
      switch event {
      case .began(let steps):
        work = console.work("pretrain", total: recipe.steps, done: steps, showsMemory: true)
      case .stepped(let step):
        work?.mark(
          Double(step.number),
          detail: "parts \(short(step.scores.parts.loss))  classes "
            + "\(short(step.scores.classes.loss))  prompts \(short(step.scores.prompted.loss))  "
            + "rate \(String(format: "%.2g", step.rate))",
          [
            "step": step.number, "part_loss": step.scores.parts.loss,
            "class_loss": step.scores.classes.loss, "prompt_loss": step.scores.prompted.loss,
            "lr": step.rate,
          ])
      case .validated(let steps, let scores):
        let prompts = SimulatedPrompt.allCases.map {
          "\($0) \(short(scores.prompts[$0]?.agreement ?? 0))"
        }
        console.tell(
          "unseen tasks after \(steps) steps: Dice of parts \(short(scores.parts.agreement)), of "
            + "classes \(short(scores.classes.agreement)); IoU by prompt: "
            + prompts.joined(separator: ", "),
          event: "validated")
      case .saved(let path, let steps):
        console.tell("after \(steps) steps: \(path)", event: "saved", ["path": path])
      }
    }
  }

  /// Six subjects each of eight tasks, with their labels.
  private func writePreview(of recipe: PretrainingRecipe, to path: String) throws {
    let slices = (0..<8).flatMap { index -> [PhantomSlice] in
      let task = PhantomTask(seed: recipe.seed, index: index, size: recipe.model.image)
      return (0..<6).map(task.subject)
    }
    let sheet = contactSheet(slices, columns: 6)
    try AtomicFile.write(sheet.png, to: path)
  }

  private func short(_ number: Double) -> String { String(format: "%.4f", number) }
}
