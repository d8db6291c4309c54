/// What went wrong, in the classes a script can act on; each has its exit code.
public enum FailureKind: Int32, Sendable {
  /// The command line or the recipe is wrong.
  case usage = 2
  /// A file, geometry, label set or checkpoint cannot be used.
  case badInput = 3
  /// The disk or the system refused to read or write.
  case storage = 4
  /// The numbers went wrong: a loss that is not finite, a plan without gradients.
  case numbers = 5
  /// The work was interrupted and can be resumed.
  case interrupted = 6
}

/// An error that can be shown to the user as it is.
///
/// Its description is one sentence or a few: what is wrong, where (file, key, case), what was expected and
/// found, and what to do.
public protocol Failure: Error, CustomStringConvertible {
  /// The class of the failure, which decides the exit code.
  var kind: FailureKind { get }
}
