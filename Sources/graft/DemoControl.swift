import Archives
import Checkpoints
import Foundation
import SegmentAnything
import Tensors
import Training

/// The control of the demo: a model of the same sizes as the one that is shown, which was never trained.
enum DemoControl {
  /// Writes the model as it was before its first step where it tells its recipe, else random weights of its sizes.
  static func write(like weights: String, to path: String, _ console: Console) throws {
    let checkpoint = try Checkpoint(contentsOf: weights).withOfficialNames()
    do {
      if let text = checkpoint.metadata[Pretrainer.recipeKey] {
        let recipe = try PretrainingRecipe(
          yaml: text, name: "\(Pretrainer.recipeKey) of \(weights)",
          overrides: ["start=none", "steps=0"])
        return try Pretrainer(recipe).writeModel(to: path)
      }
    } catch let error as RecipeError {
      console.tell(
        "note: the recipe of the weights is not this program's, so the control is drawn by their sizes alone: \(error)",
        event: "note")
    }
    try Configuration(of: checkpoint).initialised(using: Random(seed: 1))
      .writeSafetensors(to: path, as: .float16)
  }
}
