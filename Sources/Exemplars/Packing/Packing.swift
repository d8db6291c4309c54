import Archives
import Failures
import Foundation
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

  /// Tells how far the work is: cases done, cases in all, name of the next.
  public typealias Progress = (Int, Int, String) -> Void

  /// Reads every case and reports what was found; errors of cases are in the report.
  public func check(progress: Progress = { _, _, _ in }) throws -> CheckReport {
    let listing = try kind.listing(of: folders)
    let splits = try splits(of: listing)
    let reader = reader(listing)
    var cases: [CaseCheck] = []
    var warnings: [String] = []
    var errors: [any Failure] = []
    for (position, entry) in listing.cases.enumerated() {
      progress(position, listing.cases.count, entry.id)
      do {
        let loaded = try reader.read(entry)
        warnings += (loaded.image.source.warnings + loaded.labels.source.warnings)
          .map { "\(entry.id): \($0)" }
        cases.append(try CaseCheck(entry, loaded, split: splits[entry.id]))
      } catch let error as any Failure where error.kind == .badInput {
        errors.append(error)
      }
    }
    let map = try map(listing, cases)
    let comparison = Comparison(cases: cases, listing: listing, labels: map)
    return CheckReport(
      kind: kind, channels: cases.first?.channels ?? [], labels: map, cases: cases,
      notes: listing.notes, warnings: warnings + comparison.warnings,
      errors: errors + comparison.errors)
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
        progress(position, listing.cases.count, entry.id)
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
    }
  }

  private func reader(_ listing: DatasetListing) -> CaseReader {
    CaseReader(
      channels: listing.channels, wanted: channels, binaryMasks: labels == nil,
      classes: labels ?? listing.labels)
  }

  private func splits(of listing: DatasetListing) throws -> [String: String] {
    if let split { return try split.assignment(of: listing.cases.map(\.id)) }
    let own = listing.cases.compactMap { entry in entry.split.map { (entry.id, $0) } }
    return Dictionary(uniqueKeysWithValues: own)
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

extension CaseCheck {
  init(_ entry: ListedCase, _ loaded: LoadedCase, split: String?) throws {
    let image = loaded.image.canonical
    let geometry = image.geometry
    id = entry.id
    self.split = split
    shape = image.voxels.shape
    spacing = [geometry.spacing.x, geometry.spacing.y, geometry.spacing.z]
    unit = geometry.unit.rawValue
    orientation = loaded.image.geometry.orientation.codes
    channels = loaded.channels
    ranges = image.voxels.withPointer { values in
      (0..<image.channels).map { channel in
        let part = UnsafeBufferPointer(
          start: values + channel * geometry.count, count: geometry.count)
        return [part.min() ?? 0, part.max() ?? 0]
      }
    }
    let labels = loaded.labels.canonical
    self.labels = Dictionary(
      uniqueKeysWithValues: labels.counts.map { ("\($0.key)", $0.value) })
    let plane = geometry.extents.x * geometry.extents.y
    emptySlices = (0..<geometry.extents.z).count { slice in
      labels.values[slice * plane..<(slice + 1) * plane].allSatisfy { $0 == 0 }
    }
    images = try entry.images.map(PackedCase.File.init(at:))
    labelFiles = try entry.labelFiles.map(PackedCase.File.init(at:))
  }
}

extension PackedCase.File {
  /// The name and SHA-256 of the file at a path.
  init(at path: String) throws {
    self.init(
      name: URL(fileURLWithPath: path).lastPathComponent, digest: try VolumeFile.digest(of: path))
  }
}
