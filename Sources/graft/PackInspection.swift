import Archives
import Exemplars
import Foundation
import Volumes

extension Inspection {
  /// The facts of a pack; nil where an HDF5 file is none.
  static func pack(_ file: HDF5File) throws -> [Fact.Entry]? {
    guard try file.kind(of: "format") == .dataset, try file.kind(of: "cases") == .group else {
      return nil
    }
    let pack = try Pack(file.path)
    var facts: [Fact.Entry] = []
    facts.add("kind", "pack")
    facts.add("dataset", pack.dataset)
    facts.add("sha256", try pack.digest())
    facts.add("channels", .list(pack.channels.map { .text($0) }))
    facts.add(
      "labels",
      .facts(
        pack.labels.classes.map { entry in
          Fact.Entry(name: entry.name, value: .list(entry.values.map { .integer(Int($0)) }))
        }))
    facts.add(
      "cases",
      .facts(
        try pack.cases.map { entry in
          Fact.Entry(name: entry.id, value: .facts(try grid(of: entry, in: pack)))
        }))
    return facts
  }

  /// Grid, split and label counts of a case.
  private static func grid(of entry: PackedCase, in pack: Pack) throws -> [Fact.Entry] {
    var facts: [Fact.Entry] = []
    let geometry = entry.geometry
    facts.add("shape", [pack.channels.count] + geometry.shape)
    if geometry.unit == .millimetre {
      facts.add("spacing_mm", [geometry.spacing.x, geometry.spacing.y, geometry.spacing.z])
      facts.add("source_orientation", entry.sourceGeometry.orientation.codes)
    }
    if let split = entry.split { facts.add("split", split) }
    if let centre = entry.centre { facts.add("centre", centre) }
    if let window = entry.window {
      facts.add("window", [Double(window.lowerBound), Double(window.upperBound)])
    }
    if let origin = entry.origin {
      let names = [origin.exemplar] + (origin.partner.map { [$0] } ?? [])
      facts.add("synthesised_from", .list(names.map { .text($0) }))
      facts.add("synthesis_kinds", .list(origin.kinds.map { .text($0.rawValue) }))
      facts.add("synthesis_seed", "\(origin.seed)")
    }
    let counts = try pack.classes(entry.id).counts
    facts.add(
      "label_voxels",
      .facts(
        pack.labels.names.enumerated().map { index, name in
          Fact.Entry(name: name, value: .integer(counts[Int32(index + 1)] ?? 0))
        }))
    return facts
  }
}
