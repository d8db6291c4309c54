public import Adaptation
public import Exemplars
public import Inference

/// A method that a bench can run.
public enum BenchMethod: Sendable {
  /// A method of recipes, which trains for the budget.
  case learning(Plan.Method)
  /// A method that makes something of exemplars by itself.
  case direct(any ExemplarMethod.Type)

  /// The methods that are no recipe's.
  static let direct: [any ExemplarMethod.Type] = [
    UnadaptedMethod.self, ExampleSetMethod.self, PerSAMMethod.self, TunedPerSAMMethod.self,
  ]

  /// The method of a name.
  public init?(_ name: String) {
    if let method = Plan.Method(rawValue: name) {
      self = .learning(method)
    } else if let method = Self.direct.first(where: { $0.name == name }) {
      self = .direct(method)
    } else {
      return nil
    }
  }

  /// All names.
  public static var names: [String] {
    Plan.Method.allCases.map(\.rawValue) + direct.map { $0.name }
  }
}

/// What a method without a recipe is given.
public struct ExemplarTask {
  /// The pack.
  public let pack: Pack
  /// The cases of it that may be learned from.
  public let exemplars: [String]
  /// The weights, the settings of images and of the store, the budget and the seed, as a recipe has them.
  public let recipe: Recipe
  /// How the pack's volumes become images of the settings' size.
  public let preparation: ImagePreparation
  /// The heads of the mask decoder's attention, where the checkpoint does not tell.
  public let decoderHeads: Int?
  /// The store of embeddings, which all methods share.
  public let store: EmbeddingStore
  /// Whether the user asked to stop.
  public let isInterrupted: () -> Bool
}

/// What a method made of its exemplars.
public struct ExemplarOutcome {
  /// What predicts.
  public let segmenter: any Segmenter
  /// How volumes become its images.
  public let preparation: ImagePreparation
  /// How many numbers were trained; 0 where nothing was.
  public let trainedParameters: Int
  /// How many steps were taken, where there are steps.
  public let steps: Int?

  /// What a method made of its exemplars.
  public init(
    segmenter: any Segmenter, preparation: ImagePreparation, trainedParameters: Int = 0,
    steps: Int? = nil
  ) {
    self.segmenter = segmenter
    self.preparation = preparation
    self.trainedParameters = trainedParameters
    self.steps = steps
  }
}

/// A method that a bench runs beside those of recipes: from exemplars to something that predicts, without chance.
public protocol ExemplarMethod: Sendable {
  /// What plans call it.
  static var name: String { get }
  /// Whether it takes exemplars query by query where they are chosen as the nearest ones.
  static var choosesByQuery: Bool { get }
  /// Makes it ready for test cases.
  static func outcome(of task: ExemplarTask) throws -> ExemplarOutcome
}
