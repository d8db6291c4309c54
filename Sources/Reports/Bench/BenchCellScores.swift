import Metrics

/// What a report is told of one cell of a bench: an arm with some exemplars and a seed, its scores and what it took.
public struct BenchCellScores: Sendable {
  /// What a part of the work took, in seconds.
  public struct Cost: Sendable {
    /// On the clock.
    public var wall: Double
    /// Of processor time, over all threads.
    public var processor: Double

    /// Seconds on the clock and of processor time.
    public init(wall: Double, processor: Double) {
      self.wall = wall
      self.processor = processor
    }
  }

  /// The time a budget is given in, by which arms are compared.
  public enum Clock: Sendable {
    /// That on the clock.
    case wall
    /// The processor's.
    case processor

    /// The time in words that end a sentence.
    var words: String {
      switch self {
      case .wall: "on the clock"
      case .processor: "of processor time"
      }
    }
  }

  /// The name.
  public var id: String
  /// The method.
  public var method: String
  /// The synthesis; nil for none.
  public var synthesis: String?
  /// The number of exemplars.
  public var exemplars: Int
  /// The rule they were chosen by.
  public var selection: String
  /// Which of the choices it is, from 1.
  public var choice: Int
  /// The seed.
  public var seed: UInt64
  /// Whether it is the first model of a comparison across centres as it is, without adaptation.
  public var isUnadapted = false
  /// The new centre and the old ones, in a comparison across centres.
  public var centres: (new: String, old: [String])?
  /// The exemplars' names.
  public var names: [String]
  /// The scores of every test case and class.
  public var rows: [Evaluation.Row]
  /// How many numbers were trained.
  public var trainedParameters: Int
  /// How many steps were taken; nil where there are none.
  public var steps: Int?
  /// What encoding exemplars took that the store lacked.
  public var encoding: Cost
  /// What training took.
  public var training: Cost
  /// By which time training counts.
  public var clock = Clock.wall
  /// What predicting the test cases took.
  public var prediction: Cost
  /// The most memory held at once, in bytes.
  public var peakMemory: Int?
  /// The folder of the test cases' masks; nil where they were not kept.
  public var masks: String?
  /// The curve of the loss: steps, seconds and mean losses.
  public var curve: [(step: Int, seconds: Double, loss: Double)]

  /// A cell.
  public init(
    id: String, method: String, synthesis: String?, exemplars: Int, selection: String, choice: Int,
    seed: UInt64, names: [String], rows: [Evaluation.Row], trainedParameters: Int, steps: Int?,
    encoding: Cost, training: Cost, prediction: Cost, peakMemory: Int?,
    masks: String?, curve: [(step: Int, seconds: Double, loss: Double)]
  ) {
    self.id = id
    self.method = method
    self.synthesis = synthesis
    self.exemplars = exemplars
    self.selection = selection
    self.choice = choice
    self.seed = seed
    self.names = names
    self.rows = rows
    self.trainedParameters = trainedParameters
    self.steps = steps
    self.encoding = encoding
    self.training = training
    self.prediction = prediction
    self.peakMemory = peakMemory
    self.masks = masks
    self.curve = curve
  }

  /// The seconds of training by the clock that counts.
  var trainingSeconds: Double {
    switch clock {
    case .wall: training.wall
    case .processor: training.processor
    }
  }

  /// The mean Dice over test cases and classes.
  var dice: Double? { Statistics(rows.map { $0.scores[.dice] }).mean }
}
