import Synchronization
import Tensors

/// The exemplars of a run, two by two, each pair registered once.
package final class Registrations: Sendable {
  private struct Pair: Hashable {
    let one: String
    let other: String
  }

  private let registration: Registration
  private let known = Mutex<[Pair: Registered]>([:])

  /// How many fields are kept; beyond it all are forgotten and made again.
  private static let most = 1024

  /// No pairs yet.
  package init(_ registration: Registration = Registration()) { self.registration = registration }

  /// Two exemplars of the given names, registered; nil where one of them has no label to align by.
  package func pair(
    _ exemplar: AnnotatedImage, named name: String, with partner: AnnotatedImage,
    named other: String
  ) -> MorphPair? {
    guard exemplar.channels == partner.channels,
      let alignment = Alignment(of: partner, to: exemplar)
    else { return nil }
    let (aligned, inside) = alignment(partner)
    let key = Pair(one: name, other: other)
    let registered =
      known.withLock { $0[key] } ?? registration(exemplar, aligned, inside: inside)
    known.withLock { known in
      if known.count >= Registrations.most { known.removeAll() }
      known[key] = registered
    }
    return MorphPair(partner: aligned, inside: inside, registered: registered)
  }
}
