import Archives
import Foundation
import Tensors
import Volumes

/// What checking and packing a data set are going to take, by a trial of its first case.
public struct PackingEstimate: Sendable {
  /// The names of the cases.
  public let cases: [String]
  /// The seconds the check takes.
  public internal(set) var checkSeconds = 0.0
  /// The seconds the packing takes after it.
  public internal(set) var packSeconds = 0.0
  /// The bytes of the pack.
  public internal(set) var packBytes = 0
}

extension Packing {
  /// What the data set is going to take; the first case is packed, and the pack thrown away.
  /// - Throws: what keeps the folders from being listed, or the first case from being packed.
  public func estimate() throws -> PackingEstimate {
    let listing = try dataset.listing(of: folders).choosing(channels)
    var estimate = PackingEstimate(cases: listing.cases.map(\.id))
    guard let first = listing.cases.first else { return estimate }
    let share = listing.cases.map(size).reduce(0, +) / max(1, size(of: first))
    let start = Date()
    let look = try CaseLook(first, reader(listing), split: nil)
    // Cases are checked two at a time.
    estimate.checkSeconds =
      share * Date().timeIntervalSince(start) / Double(min(2, Threads.count))
    guard let facts = look.facts else {
      throw ExemplarError.refused(look.errors.map(\.message))
    }
    let trial = try pack(first, facts, listing)
    estimate.packSeconds = share * trial.seconds
    estimate.packBytes = Int(share * Double(trial.bytes))
    return estimate
  }

  private func size(of entry: ListedCase) -> Double {
    Double(Set(entry.images + entry.labelFiles).map(FileSize.bytes).reduce(0, +))
  }

  /// Packs one case into a file of the system's folder for temporary ones, which is removed.
  private func pack(
    _ entry: ListedCase, _ facts: CaseCheck, _ listing: DatasetListing
  ) throws -> (seconds: Double, bytes: Int) {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("graft-trial-\(UUID().uuidString).h5").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    // Any classes will do: what counts is their number of bytes.
    let map = LabelMap(each: Set(facts.foreground.keys.sorted().prefix(255)))
    let start = Date()
    try PackWriter.write(
      to: path, dataset: dataset.name, channels: facts.channels.map(\.name), labels: map
    ) { try add(entry, reader(listing), facts, map, to: $0) }
    return (Date().timeIntervalSince(start), FileSize.bytes(at: path))
  }
}
