import Archives

/// How a case of a pack was made from exemplars.
public struct SynthesisOrigin: Equatable, Sendable {
  /// The name of the exemplar.
  public let exemplar: String
  /// The name of the exemplar it was morphed with.
  public let partner: String?
  /// What was done, in this order.
  public let kinds: [Synthesis.Kind]
  /// The seed of the whole synthesis.
  public let seed: UInt64
  /// Its number among the images made of the exemplar.
  public let index: Int

  /// An origin of the given parts.
  public init(
    exemplar: String, partner: String?, kinds: [Synthesis.Kind], seed: UInt64, index: Int
  ) {
    self.exemplar = exemplar
    self.partner = partner
    self.kinds = kinds
    self.seed = seed
    self.index = index
  }

  /// Reads the attributes of a case's group.
  init(_ group: String, of file: HDF5File) throws {
    let names = try file.stringAttributes("synthesised_from", of: group)
    let kinds = try file.stringAttributes("synthesis_kinds", of: group)
    let seed = UInt64(try file.string("synthesis_seed", of: group))
    let index: [Int64] = try file.attribute("synthesis_index", of: group)
    guard let exemplar = names.first, let seed, let index = index.first,
      kinds.allSatisfy({ Synthesis.Kind(rawValue: $0) != nil })
    else {
      throw ExemplarError.pack(
        path: file.path, reason: "\(group) is damaged: its synthesis attributes say nothing known")
    }
    self.init(
      exemplar: exemplar, partner: names.dropFirst().first,
      kinds: kinds.compactMap(Synthesis.Kind.init), seed: seed, index: Int(index))
  }

  /// Writes the attributes of a case's group.
  func write(to group: String, of file: HDF5Writer) throws {
    try file.set(
      "synthesised_from", of: group, to: [exemplar] + (partner.map { [$0] } ?? []))
    try file.set("synthesis_kinds", of: group, to: kinds.map(\.rawValue))
    try file.set("synthesis_seed", of: group, to: "\(seed)")
    try file.set("synthesis_index", of: group, to: [Int64(index)])
  }
}
