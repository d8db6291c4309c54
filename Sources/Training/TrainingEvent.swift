public import Exemplars

/// What a run tells while it works.
public enum TrainingEvent: Sendable {
  /// What is about to be done.
  case prepared(RunSummary)
  /// Images were encoded: how many of how many; the first time none, before the work begins.
  case encoded(Int, of: Int)
  /// The steps that fit into the budget's seconds, and the seconds of one.
  case timed(steps: Int, secondsPerStep: Double)
  /// A step was taken, of so many in all.
  case stepped(StepRecord, of: Int)
  /// The state was saved.
  case saved(step: Int, path: String)
  /// New slices were made in this session.
  case synthesised(SynthesisTally)
  /// Something the user should know at once.
  case warning(String)
  /// The adapter was written.
  case finished(adapter: String)
}

/// What a run is about to do.
public struct RunSummary: Sendable {
  /// The slices trained on.
  public var slices: Int
  /// The samples: slices, or with prompts objects in them.
  public var samples: Int
  /// The parameters that learn.
  public var parameters: Int
  /// The scalars that learn.
  public var scalars: Int
  /// The scalars of the model.
  public var modelScalars: Int
  /// The embeddings to compute first.
  public var missingEmbeddings: Int
  /// The bytes they take on disk.
  public var embeddingBytes: Int
  /// The steps in all; nil where seconds are given and none was timed yet.
  public var steps: Int?
  /// The steps taken already, in a resumed run.
  public var firstStep: Int
}
