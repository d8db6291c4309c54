import Foundation
import TestKit
import Testing
import Training

/// Damaged copies of recipes, which are read or refused but never crash.
struct RecipeMutationTests {
  @Test func `a damaged recipe is read or refused`() throws {
    let recipe = try RecipeTests.recipe("method: samed\nbudget: {epochs: 3}\n").yaml()
    expectRefusals(of: Data(recipe.utf8), copies: 400, head: recipe.utf8.count) { data in
      let text = String(decoding: data, as: UTF8.self)
      _ = try Recipe(yaml: text, name: "x")
      _ = try PretrainingRecipe(yaml: text, name: "x")
    }
  }
}
