import CKernels

/// Whether the user or the system asked the run to stop (SIGINT or SIGTERM).
///
/// From its making on the signals no longer end the process; the run stops at the end of a step.
public final class Interruption {
  /// Begins to listen; what was asked before is forgotten.
  public init() { graft_interruption_listen() }

  deinit { graft_interruption_ignore() }

  /// Whether the run is to stop.
  public var isRequested: Bool { graft_interruption_requested() != 0 }
}
