/// What `graft pretrain` trains on generated tasks.
protocol GeneratedTraining: AnyObject {
  /// The number of steps taken.
  var steps: Int { get }

  /// Takes one step and returns what it reached; the loss is not finite where training has diverged.
  func step() -> Pretrainer.Step

  /// What is reached on generated tasks that are never trained on.
  func validate() -> Pretrainer.Scores

  /// Writes everything a resumed run needs to end in the same bits.
  func writeSnapshot(to path: String) throws

  /// Takes up a run where a snapshot left it.
  func resume(from path: String) throws

  /// Writes what the run was for.
  func writeModel(to path: String) throws
}

extension Pretrainer: GeneratedTraining {}
