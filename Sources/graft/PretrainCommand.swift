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

      What lets sets of exemplars define tasks on weights (see graft task; `objective: example-sets`):

        graft pretrain Weights/graft-small-tasks.yaml

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
        let (words, numbers) = progress(of: step, objective: recipe.objective)
        work?.mark(Double(step.number), detail: words, numbers)
      case .validated(let steps, let scores):
        console.tell(
          "unseen tasks after \(steps) steps: \(sentence(of: scores, recipe.objective))",
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

  /// What a step reached, in words and as the fields of an event.
  private func progress(
    of step: Pretrainer.Step, objective: PretrainingRecipe.Objective
  ) -> (String, [String: any Sendable]) {
    let rate = "rate \(String(format: "%.2g", step.rate))"
    let scores = step.scores
    switch objective {
    case .model:
      return (
        "parts \(short(scores.parts.loss))  classes \(short(scores.classes.loss))  prompts "
          + "\(short(scores.prompted.loss))  \(rate)",
        [
          "step": step.number, "part_loss": scores.parts.loss, "class_loss": scores.classes.loss,
          "prompt_loss": scores.prompted.loss, "lr": step.rate,
        ]
      )
    case .exampleSets:
      return (
        "loss \(short(scores.shown.loss))  Dice \(short(scores.shown.agreement))  \(rate)",
        [
          "step": step.number, "loss": scores.shown.loss, "dice": scores.shown.agreement,
          "lr": step.rate,
        ]
      )
    }
  }

  /// What was reached on unseen tasks.
  private func sentence(
    of scores: Pretrainer.Scores, _ objective: PretrainingRecipe.Objective
  ) -> String {
    switch objective {
    case .model:
      let prompts = SimulatedPrompt.allCases.map {
        "\($0) \(short(scores.prompts[$0]?.agreement ?? 0))"
      }
      return "Dice of parts \(short(scores.parts.agreement)), of classes "
        + "\(short(scores.classes.agreement)); IoU by prompt: \(prompts.joined(separator: ", "))"
    case .exampleSets:
      return scores.sets.sorted { $0.key < $1.key }.map {
        "Dice \(short($1.agreement)) with \($0) \($0 == 1 ? "exemplar" : "exemplars")"
      }.joined(separator: ", ")
    }
  }

  private func short(_ number: Double) -> String { String(format: "%.4f", number) }
}
