public import Failures

/// Why a set of exemplars does not make a task, or a task cannot be used.
public enum ExampleSetError: Failure, Equatable {
  /// A file is not what graft learned about example sets; the reason is a sentence's end.
  case notWeights(String, reason: String)
  /// A file is not a task; the reason is a sentence's end.
  case notATask(String, reason: String)
  /// A pack has no labelled slice to be an exemplar; the reason is a sentence's end.
  case noExemplars(pack: String, reason: String)
  /// A task was asked for another number of exemplars than can be looked at.
  case count(Int)
  /// A task cannot be tuned, since nothing can be left out.
  case tooFew(task: String, slices: Int)
  /// The loss of a tuning is not finite.
  case diverged(task: String, step: Int)
  /// Prompts were given that a task does not take; the reason is a sentence's end.
  case prompts(task: String, reason: String)

  /// What was asked for, or what was given.
  public var kind: FailureKind {
    switch self {
    case .count, .prompts: .usage
    case .diverged: .numbers
    default: .badInput
    }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .notWeights(let file, let reason):
      "\(file) does not hold what was learned about example sets: \(reason). Make it with graft pretrain (objective: example-sets)."
    case .notATask(let file, let reason):
      "\(file) is not a task: \(reason). Make one with graft task."
    case .noExemplars(let pack, let reason):
      "\(pack) gives no exemplars: \(reason). Name a pack whose cases have labels."
    case .count(let count):
      "--k is \(count); a query looks at 1 to \(ExampleSetSettings.most) exemplar slices."
    case .tooFew(let task, let slices):
      """
      \(task) cannot be tuned: it holds \(slices) labelled \(slices == 1 ? "slice" : "slices"), and tuning needs at least \
      one to learn from another. Make the task of more exemplars.
      """
    case .diverged(let task, let step):
      "\(task): the loss is not finite after \(step) steps. Tune with a lower --rate."
    case .prompts(let task, let reason):
      "\(task) does not take these prompts: \(reason)."
    }
  }
}
