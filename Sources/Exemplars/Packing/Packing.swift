import Tensors
public import Volumes

/// What is to be packed, and how.
public struct Packing: Sendable {
  /// The kind of the data set.
  public let kind: DatasetKind
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

  /// Folders of a kind, and what differs from the kind's own ways.
  public init(
    kind: DatasetKind, folders: [String], labels: LabelMap? = nil, split: SplitRule? = nil,
    window: ClosedRange<Float>? = nil, channels: [String]? = nil
  ) {
    self.kind = kind
    self.folders = folders
    self.labels = labels
    self.split = split
    self.window = window
    self.channels = channels
  }

  /// Tells how far the work is: cases done, cases in all, name of the next (none at the end); what it throws ends the work.
  public typealias Progress = (Int, Int, String) throws -> Void

  /// Reads every case, two at a time, and reports everything that was found; errors of cases are in the report.
  public func check(progress: Progress = { _, _, _ in }) throws -> CheckReport {
    let listing = try kind.listing(of: folders)
    let (splits, conflicts) = try splits(of: listing)
    let reader = reader(listing)
    let cases = listing.cases
    let looks = try inPairs(
      cases.count, starting: { try progress($0, cases.count, cases[$0].id) }
    ) { try CaseLook(cases[$0], reader, split: splits[cases[$0].id]) }
    try progress(cases.count, cases.count, "")
    let facts = looks.compactMap(\.facts)
    let map = try map(listing, facts)
    let comparison = Comparison(
      cases: facts, listing: listing, labels: map,
      isDeclared: labels != nil || listing.labels != nil)
    return CheckReport(
      kind: kind, channels: facts.first?.channels.map(\.name) ?? [], labels: map,
      listed: cases.count + listing.problems.count, cases: facts, notes: listing.notes,
      warnings: looks.flatMap(\.warnings) + comparison.warnings,
      errors: listing.problems.map(Finding.init(listing:)) + conflicts + looks.flatMap(\.errors)
        + comparison.errors)
  }

  /// Writes the pack of a data set that was found sound.
  public func write(
    _ report: CheckReport, to path: String, progress: Progress = { _, _, _ in }
  ) throws {
    try report.requireSound()
    let listing = try kind.listing(of: folders)
    let reader = reader(listing)
    let checks = Dictionary(uniqueKeysWithValues: report.cases.map { ($0.id, $0) })
    try PackWriter.write(
      to: path, dataset: kind.rawValue, channels: report.channels, labels: report.labels
    ) { pack in
      for (position, entry) in listing.cases.enumerated() {
        try progress(position, listing.cases.count, entry.id)
        let loaded = try reader.read(entry)
        guard let check = checks[entry.id], check.shape == loaded.image.canonical.voxels.shape
        else {
          throw ExemplarError.voxels(
            id: entry.id, path: entry.images[0], reason: "it changed after it was checked")
        }
        let image = loaded.image.canonical
        let classes = try report.labels.classes(of: loaded.labels.canonical, entry.label)
        try pack.add(
          PackedCase(
            id: entry.id, geometry: image.geometry, sourceGeometry: loaded.image.geometry,
            images: check.images, labels: check.labelFiles, split: check.split,
            centre: entry.centre, window: window),
          image: image, classes: classes)
      }
      try progress(listing.cases.count, listing.cases.count, "")
    }
  }

  private func reader(_ listing: DatasetListing) -> CaseReader {
    CaseReader(
      channels: listing.channels, wanted: channels, binaryMasks: labels == nil,
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

  /// The classes given, those the data set declares, or one a value that was found.
  private func map(_ listing: DatasetListing, _ cases: [CaseCheck]) throws -> LabelMap {
    if let map = labels ?? listing.labels { return map }
    let found = Set(cases.flatMap(\.foreground.keys))
    guard found.count < 256 else {
      throw ExemplarError.option(
        "The labels have \(found.count) different values; merge them into classes with --labels.")
    }
    if kind == .png, found == [1] { return LabelMap([.init(name: "foreground", values: [1])]) }
    return LabelMap(each: found)
  }
}
