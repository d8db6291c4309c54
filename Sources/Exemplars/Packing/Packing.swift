import Tensors
public import Volumes

/// What is to be packed, and how.
public struct Packing: Sendable {
  /// The data set, as its descriptor declares it.
  public let dataset: Descriptor
  /// The folders to look in.
  public let folders: [String]
  /// The classes to merge the labels into; nil for those the data set declares, else one a value.
  public let labels: LabelMap?
  /// Which case goes into which split; nil for what the data set says.
  public let split: SplitRule?
  /// The intensities that matter, kept as a hint.
  public let window: ClosedRange<Float>?
  /// The channels to keep, by name or number.
  public let channels: [String]?

  /// Folders of a kind that needs no descriptor, and what differs from the kind's own ways.
  public init(
    kind: DatasetKind, folders: [String], labels: LabelMap? = nil, split: SplitRule? = nil,
    window: ClosedRange<Float>? = nil, channels: [String]? = nil
  ) {
    self.init(
      dataset: Descriptor(kind: kind), folders: folders, labels: labels, split: split,
      window: window, channels: channels)
  }

  /// Folders of a described data set, and what differs from the descriptor.
  public init(
    dataset: Descriptor, folders: [String], labels: LabelMap? = nil, split: SplitRule? = nil,
    window: ClosedRange<Float>? = nil, channels: [String]? = nil
  ) {
    self.dataset = dataset
    self.folders = folders
    self.labels = labels
    self.split = split
    self.window = window ?? dataset.window
    self.channels = channels
  }

  /// Tells how far the work is: cases done, cases in all, name of the next (none at the end); what it throws ends the work.
  public typealias Progress = (Int, Int, String) throws -> Void

  /// Reads every case, two at a time, and reports everything that was found; errors of cases are in the report.
  public func check(progress: Progress = { _, _, _ in }) throws -> CheckReport {
    let listing = try dataset.listing(of: folders).choosing(channels)
    let (splits, conflicts) = try splits(of: listing)
    let reader = reader(listing)
    let cases = listing.cases
    let looks = try inPairs(
      cases.count, starting: { try progress($0, cases.count, cases[$0].id) }
    ) { try CaseLook(cases[$0], reader, split: splits[cases[$0].id]) }
    try progress(cases.count, cases.count, "")
    let facts = looks.compactMap(\.facts)
    let choice = try LabelChoice(given: labels, dataset: dataset, listing, facts)
    let comparison = Comparison(
      cases: facts, listing: listing, labels: choice.map, isDeclared: choice.isDeclared)
    return CheckReport(
      dataset: dataset.name, channels: facts.first?.channels.map(\.name) ?? [],
      labels: choice.map, listed: cases.count + listing.problems.count, cases: facts,
      notes: listing.notes + choice.notes + dataset.notes,
      warnings: looks.flatMap(\.warnings) + comparison.warnings,
      errors: listing.problems.map(Finding.init(listing:)) + conflicts + looks.flatMap(\.errors)
        + choice.errors + comparison.errors)
  }

  /// Writes the pack of a data set that was found sound.
  public func write(
    _ report: CheckReport, to path: String, progress: Progress = { _, _, _ in }
  ) throws {
    try report.requireSound()
    let listing = try dataset.listing(of: folders).choosing(channels)
    let reader = reader(listing)
    let checks = Dictionary(uniqueKeysWithValues: report.cases.map { ($0.id, $0) })
    try PackWriter.write(
      to: path, dataset: dataset.name, channels: report.channels, labels: report.labels
    ) { pack in
      for (position, entry) in listing.cases.enumerated() {
        try progress(position, listing.cases.count, entry.id)
        try add(entry, reader, checks[entry.id], report.labels, to: pack)
      }
      try progress(listing.cases.count, listing.cases.count, "")
    }
  }

  /// Reads a case again that was found sound, and packs it.
  func add(
    _ entry: ListedCase, _ reader: CaseReader, _ check: CaseCheck?, _ labels: LabelMap,
    to pack: PackWriter
  ) throws {
    let loaded = try reader.read(entry)
    let image = loaded.image.canonical
    guard let check, check.shape == image.voxels.shape else {
      throw ExemplarError.voxels(
        id: entry.id, path: entry.images[0], reason: "it changed after it was checked")
    }
    try pack.add(
      PackedCase(
        id: entry.id, geometry: image.geometry, sourceGeometry: loaded.image.geometry,
        images: check.images, labels: check.labelFiles, split: check.split,
        centre: entry.centre, window: window),
      image: image, classes: try labels.classes(of: loaded.labels.canonical, entry.label))
  }

  func reader(_ listing: DatasetListing) -> CaseReader {
    CaseReader(
      channels: listing.channels, wanted: channels ?? listing.keep, binaryMasks: labels == nil,
      classes: labels ?? listing.labels)
  }

  /// The split of each case that has one, and the cases that were put into two.
  private func splits(of listing: DatasetListing) throws -> ([String: String], [Finding]) {
    guard let split else {
      let own = listing.cases.compactMap { entry in entry.split.map { (entry.id, $0) } }
      return (Dictionary(uniqueKeysWithValues: own), [])
    }
    let (splits, conflicts) = try split.assignments(of: listing.cases.map(\.id))
    return (splits, conflicts.map(Finding.init(listing:)))
  }
}
