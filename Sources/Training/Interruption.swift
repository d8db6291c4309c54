import Dispatch
import Foundation
import Synchronization

/// Whether the user or the system asked the run to stop (SIGINT or SIGTERM).
///
/// From its making on the signals no longer end the process; the run stops at the end of a step.
public final class Interruption {
  private final class Flag: Sendable {
    let raised = Atomic(false)
  }

  private let flag = Flag()
  private let sources: [any DispatchSourceSignal]

  /// Begins to listen.
  public init() {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for source in sources {
      source.setEventHandler { [flag] in flag.raised.store(true, ordering: .relaxed) }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// Whether the run is to stop.
  public var isRequested: Bool { flag.raised.load(ordering: .relaxed) }
}
