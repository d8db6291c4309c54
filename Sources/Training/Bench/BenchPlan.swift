import Adaptation
public import Exemplars
import Foundation

/// What a bench compares, as its YAML file says it: methods, numbers of exemplars, choices of them, seeds and syntheses on
/// the same test cases, each with the same budget.
public struct BenchPlan: Sendable, Equatable {
  /// Which cases of the pack something is taken from.
  public enum Cases: Sendable, Equatable {
    /// Those of a split of the pack.
    case split(String)
    /// Those named.
    case named([String])
  }

  /// A method with its settings: an arm of the comparison.
  public struct Method: Sendable, Equatable {
    /// What recipes or the registry of methods without recipe call it.
    public var name: String
    /// What the report calls it.
    public var label: String
    /// Settings of its recipe, `a.b=value`, over those of the plan.
    public var settings: [String]
    /// Weights of its own.
    public var weights: String?
  }

  /// A way to choose exemplars, and how often.
  public struct Choices: Sendable, Equatable {
    /// The rule; nil where the cases are given.
    public var selection: ExemplarSelection?
    /// How many choices there are.
    public var count: Int
    /// The seed of what is random about them.
    public var seed: UInt64
    /// The given lists, of which k exemplars are the first k.
    public var lists: [[String]]

    /// What the rule is called in names of cells.
    public var name: String { selection?.rawValue ?? "given" }
  }

  /// A setting of the recipe's synthesis.
  public struct Synthesis: Sendable, Equatable {
    /// What the report calls it.
    public var label: String
    /// The value of the recipe's key `synthesis`, YAML on one line; nil for none.
    public var value: String?

    /// No synthesis.
    public static let none = Synthesis(label: "none", value: nil)
  }

  /// The file, for messages.
  public var file: String
  /// The file's text, for the report.
  public var text: String
  /// The pack.
  public var pack: String
  /// The weights of all methods that have none of their own.
  public var weights: String
  /// The folder for everything the bench writes.
  public var out: String
  /// The cases exemplars are chosen from.
  public var candidates: Cases
  /// The cases every cell is tested on.
  public var tests: Cases
  /// The arms.
  public var methods: [Method]
  /// The numbers of exemplars.
  public var exemplars: [Int]
  /// The choices of exemplars.
  public var choices: [Choices]
  /// The seeds of what is random in a method.
  public var seeds: [UInt64]
  /// The syntheses.
  public var synthesis: [Synthesis]
  /// The steps or seconds every cell trains.
  public var budget: Recipe.Budget
  /// Whether only the largest component of each class is kept in predictions.
  public var keepsLargest: Bool
  /// Whether the masks of test cases are kept.
  public var keepsMasks: Bool
  /// Settings of all recipes.
  public var settings: [String]
  /// What the report says of the data in a sentence of the user's.
  public var note: String?
  /// The comparison across centres; nil where all cells start from the weights.
  public var centres: Centres?

  /// The recipe of a learning method, for a seed, exemplars, a synthesis and a run folder.
  /// - Throws: `RecipeError` where the settings are no recipe's.
  ///
  /// `first`, where it is given, are the weights of a model with heads for the classes, and `budget` another one than the
  /// plan's.
  public func recipe(
    _ method: Method, seed: UInt64, exemplars: [String]?, synthesis: Synthesis, out: String,
    first: String? = nil, budget: Recipe.Budget? = nil
  ) throws -> Recipe {
    let word =
      if case .learning(let method)? = BenchMethod(method.name) { method } else {
        Plan.Method.decoderLora
      }
    var given = [
      "method=\(word.rawValue)", "weights=\(Recipe.quoted(first ?? method.weights ?? weights))",
      "pack=\(Recipe.quoted(pack))", "out=\(Recipe.quoted(out))", "seed=\(seed)",
    ]
    if first != nil { given.append("classes.start=keep") }
    given += settings + method.settings
    let budget = budget ?? self.budget
    given.append(
      budget.steps.map { "budget.steps=\($0)" }
        ?? budget.seconds.map { "budget.seconds=\($0)" }
        ?? "budget.processor_seconds=\(budget.processorSeconds ?? 1)")
    if let exemplars {
      given.append("exemplars=[\(exemplars.map(Recipe.quoted).joined(separator: ", "))]")
    }
    if let value = synthesis.value { given.append("synthesis=\(value)") }
    return try Recipe(yaml: "", name: "\(file), method \(method.label)", overrides: given)
  }

  /// The settings of images that the plan has for all methods, to look at cases by.
  func imageRecipe() throws -> Recipe {
    try Recipe(weights: weights, pack: pack, settings: settings, name: file)
  }
}
