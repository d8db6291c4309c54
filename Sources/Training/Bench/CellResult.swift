public import Metrics

/// What came of a cell: `result.json`.
public struct CellResult: Codable, Sendable {
  /// What a part of the work took.
  public struct Cost: Codable, Sendable, Equatable {
    /// Seconds on the clock.
    public var seconds: Double
    /// Seconds of processor time, over all threads.
    public var processorSeconds: Double

    enum CodingKeys: String, CodingKey {
      case seconds
      case processorSeconds = "processor_seconds"
    }

    static func += (sum: inout Cost, part: Cost) {
      sum.seconds += part.seconds
      sum.processorSeconds += part.processorSeconds
    }
  }

  /// A point of the curve of the loss: the mean over the steps since the point before.
  public struct CurvePoint: Codable, Sendable, Equatable {
    /// The last of the steps.
    public var step: Int
    /// The seconds of training up to it.
    public var seconds: Double
    /// The mean loss.
    public var loss: Double
  }

  /// The scores of a class in a test case.
  public struct Score: Codable, Sendable, Equatable {
    /// The case.
    public var name: String
    /// The class.
    public var label: String
    /// Which of the masks are empty.
    public var status: Status
    /// The prediction's volume.
    public var predictionVolume: Double
    /// The reference's volume.
    public var referenceVolume: Double
    /// The length of the image's diagonal.
    public var diagonal: Double?
    /// The measures by name; undefined ones are null.
    public var values: [String: Double?]

    enum CodingKeys: String, CodingKey {
      case label, status, diagonal, values
      case name = "case"
      case predictionVolume = "volume_prediction"
      case referenceVolume = "volume_reference"
    }
  }

  /// The version of the file's form.
  public static let format = 1

  /// The version of the file's form.
  public var format = CellResult.format
  /// The SHA-256 of everything that decides the cell; another one makes the result stale.
  public var fingerprint: String
  /// The cell.
  public var cell: BenchCell
  /// The exemplars, in the order they were chosen.
  public var exemplars: [String]
  /// The exemplars of each test case, where they were chosen query by query.
  public var byQuery: [String: [String]]?
  /// The scores of every test case and class.
  public var scores: [Score]
  /// The unit of distances.
  public var unit: String
  /// How many numbers were trained.
  public var trainedParameters: Int
  /// How many steps were taken; nil where there are none.
  public var steps: Int?
  /// What encoding of exemplars took that the store did not have yet.
  public var encoding: Cost
  /// How many images that were.
  public var encodedImages: Int
  /// What training took, from the first step, or the timing of steps, to the adapter's file.
  public var training: Cost
  /// What predicting all test cases took, encoding included.
  public var prediction: Cost
  /// How many slices of test cases the store did not have yet.
  public var encodedSlices: Int
  /// The slices of all test cases.
  public var slices: Int
  /// The most memory held at once, in bytes; nil where the system does not say.
  public var peakMemoryBytes: Int?
  /// The curve of the loss.
  public var curve: [CurvePoint]
  /// The recipe as it was resolved, without paths.
  public var recipe: String?
  /// The SHA-256 of the weights' file.
  public var weightsSHA256: String
  /// The SHA-256 of the pack's file.
  public var packSHA256: String
  /// The program's version.
  public var version: String
  /// The number of threads.
  public var threads: Int
  /// The instructions graft's own kernels use.
  public var instructionSet: String

  enum CodingKeys: String, CodingKey {
    case format, fingerprint, cell, exemplars, scores, unit, steps, encoding, training, prediction
    case slices, curve, recipe, version, threads
    case byQuery = "exemplars_by_query"
    case trainedParameters = "trained_parameters"
    case encodedImages = "encoded_images"
    case encodedSlices = "encoded_slices"
    case peakMemoryBytes = "peak_memory_bytes"
    case weightsSHA256 = "weights_sha256"
    case packSHA256 = "pack_sha256"
    case instructionSet = "instruction_set"
  }
}

extension CellResult.Score {
  /// The scores of a pair of masks.
  init(case name: String, label: String, _ scores: Scores, _ measures: [Measure]) {
    self.init(
      name: name, label: label, status: scores.status,
      predictionVolume: scores.volumeOfPrediction, referenceVolume: scores.volumeOfReference,
      diagonal: scores.diagonal,
      values: Dictionary(uniqueKeysWithValues: measures.map { ($0.name, scores[$0]) }))
  }

  /// The same as measures.
  public var scores: Scores {
    var scores = Scores(
      volumeOfPrediction: predictionVolume, volumeOfReference: referenceVolume, status: status)
    scores.diagonal = diagonal
    for (name, value) in values {
      if let measure = Measure(name: name) { scores[measure] = value }
    }
    return scores
  }
}

/// Times a part of the work.
struct CostMeter {
  private let start = CostMeter.now

  /// What was spent since its making.
  var spent: CellResult.Cost {
    let now = CostMeter.now
    return CellResult.Cost(
      seconds: now.wall - start.wall, processorSeconds: now.processor - start.processor)
  }

  private static var now: (wall: Double, processor: Double) {
    (ProcessClock.wall, ProcessClock.processor)
  }
}
