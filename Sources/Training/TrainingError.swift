public import Failures

/// Why a run cannot start, go on or be resumed.
public enum TrainingError: Failure, Equatable {
  /// No slice to train on.
  case noSamples(pack: String, reason: String)
  /// A batch that names a sample there is not.
  case sampleIndex(Int, count: Int)
  /// The loss or a gradient is not a finite number.
  case diverged(step: Int, snapshot: String?)
  /// Nothing that learns got a gradient in the first step.
  case noGradient(method: String)
  /// Only background was predicted for many steps in a row, on batches that hold objects.
  case onlyBackground(step: Int, steps: Int, snapshot: String?)
  /// The run was interrupted and its state saved.
  case interrupted(step: Int, snapshot: String)
  /// The run was interrupted while images were encoded, before its first step.
  case interruptedWhileEncoding(store: String)
  /// The folder holds a run already.
  case runExists(String)
  /// There is no snapshot to resume from.
  case noSnapshot(String)
  /// A snapshot of another run.
  case foreignSnapshot(String, reason: String)
  /// A snapshot whose bytes are not those that were written.
  case damagedSnapshot(String, reason: String)

  /// The class of the failure.
  public var kind: FailureKind {
    switch self {
    case .sampleIndex, .runExists: .usage
    case .noSamples, .noSnapshot, .foreignSnapshot, .damagedSnapshot: .badInput
    case .diverged, .noGradient, .onlyBackground: .numbers
    case .interrupted, .interruptedWhileEncoding: .interrupted
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .noSamples(let pack, let reason): "\(pack): there is nothing to train on: \(reason)."
    case .sampleIndex(let index, let count):
      "batches names the sample \(index), but there are \(count) (0 to \(count - 1))."
    case .diverged(let step, let snapshot):
      "The loss is not a finite number in step \(step). \(TrainingError.advice(snapshot)) Lower optimizer.rate or set optimizer.clip."
    case .noGradient(let method):
      "Nothing that the method \(method) trains got a gradient in the first step; the plan and the prompts do not go together."
    case .onlyBackground(let step, let steps, let snapshot):
      """
      Only background was predicted for \(steps) steps in a row up to step \(step), though the batches hold objects. \
      \(TrainingError.advice(snapshot)) Lower optimizer.rate, raise loss.dice or lower slices.empty.
      """
    case .interrupted(let step, let snapshot):
      "Interrupted after \(step) steps; the state is in \(snapshot). Continue with --resume."
    case .interruptedWhileEncoding(let store):
      "Interrupted while encoding; what was encoded is kept in \(store). Continue with --resume, or start again."
    case .runExists(let folder):
      "\(folder) holds a run already. Continue it with --resume, or give another --out."
    case .noSnapshot(let folder):
      "\(folder) has no snapshot to resume from. Leave --resume out to start the run anew in an empty folder."
    case .foreignSnapshot(let file, let reason): "\(file) is of another run: \(reason)."
    case .damagedSnapshot(let file, let reason):
      "\(file) is damaged: \(reason). Remove it to resume from the one before."
    }
  }

  private static func advice(_ snapshot: String?) -> String {
    snapshot.map { "The last good snapshot is \($0)." } ?? "No snapshot had been written yet."
  }
}
