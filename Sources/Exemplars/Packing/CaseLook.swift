import Volumes

/// What was seen of one case.
struct CaseLook {
  private(set) var facts: CaseCheck?
  private(set) var warnings: [Finding] = []
  private(set) var errors: [Finding] = []

  /// Reads a case and looks at it; of one whose parts are missing or do not fit, at what there is.
  init(_ entry: ListedCase, _ reader: CaseReader, split: String?) throws {
    var parts = try reader.parts(entry)
    errors = parts.problems.map { Finding($0.failure, cases: [entry.id], files: $0.files) }
    warnings =
      Self.oddities(parts.image?.source, entry, entry.images)
      + Self.oddities(parts.labels?.source, entry, entry.labelFiles)
    let intensities = Self.intensities(parts)
    errors += Self.notFinite(entry, intensities, parts.channels)
    guard let files = CaseFilesCheck(parts, intensities) else { return }
    parts.turn()
    facts = try CaseCheck(entry, parts, files, split: split)
  }

  private static func intensities(_ parts: CaseParts) -> [Intensities] {
    guard let image = parts.image else { return [] }
    return (0..<image.channels).map { Intensities(image, channel: $0) }
  }

  private static func oddities(
    _ source: Source?, _ entry: ListedCase, _ files: [String]
  ) -> [Finding] {
    (source?.warnings ?? []).map { Finding(.header, case: entry.id, files: files, $0) }
  }

  /// An error for every channel that has values that are not finite.
  private static func notFinite(
    _ entry: ListedCase, _ intensities: [Intensities], _ names: [String]
  ) -> [Finding] {
    zip(names, intensities).compactMap { name, found in
      guard let first = found.firstNotFinite else { return nil }
      let image = names.count > 1 ? "\(entry.imageName), channel \(name)" : entry.imageName
      return Finding(
        VolumeError.notFinite(
          name: image, value: "\(first.value)", voxel: first.voxel, count: found.notFinite),
        cases: [entry.id], files: entry.images)
    }
  }
}
