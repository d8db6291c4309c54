import Volumes

/// What shows only when all cases of a data set are looked at together.
struct Comparison {
  let labels: LabelMap
  private let listing: DatasetListing
  /// Whether the classes were given, not made of the values found.
  private let isDeclared: Bool
  var warnings: [Finding] = []
  private(set) var errors: [Finding] = []

  init(cases: [CaseCheck], listing: DatasetListing, labels: LabelMap, isDeclared: Bool) {
    self.labels = labels
    self.isDeclared = isDeclared
    self.listing = listing
    compareLabels(cases)
    compareChannels(cases)
    findUnusualSpacing(cases)
    findUnusualIntensities(cases)
    findUnusualSizes(cases)
    findDuplicates(cases)
    findSharedPatients(cases)
  }

  private mutating func compareLabels(_ cases: [CaseCheck]) {
    let known = labels.values
    for entry in cases {
      let foreign = entry.foreground.filter { !known.contains($0.key) }
      let paths = entry.paths.labels
      if !foreign.isEmpty {
        errors.append(
          Finding(
            ExemplarError.labels(
              id: entry.id, path: paths[0], counts: foreign, map: labels.summary),
            cases: [entry.id], files: paths))
      }
      if entry.foreground.isEmpty {
        warnings.append(
          Finding(.emptyLabel, case: entry.id, files: paths, "the label is empty."))
      }
      if entry.labelledBlankSlices > 0 {
        warnings.append(
          Finding(
            .emptyLabel, case: entry.id, files: paths,
            "\(entry.labelledBlankSlices) slices have a label where the image holds one value only."
          ))
      }
      if entry.isItsOwnLabel {
        errors.append(
          Finding(
            .duplicate, case: entry.id, files: entry.paths.images + paths,
            "the image and the label hold the same numbers; one of the two files is the wrong one.")
        )
      }
    }
    guard cases.count == listing.cases.count, !cases.isEmpty else { return }
    if !isDeclared { findStrayValues(cases) }
    let found = Set(cases.flatMap(\.foreground.keys))
    for entry in labels.classes where found.isDisjoint(with: entry.values) {
      warnings.append(Finding(.labels, [], "No case has the class \(entry.name)."))
    }
    if labels.classes.isEmpty {
      let path = listing.cases.first?.label ?? ""
      errors.append(
        Finding(
          ExemplarError.layout(
            path: path,
            reason:
              "neither this nor any other case has a label other than 0, so there is nothing to learn"
          ), cases: [], files: [path]))
    }
  }

  /// Values that a single case has, where every value found became a class.
  private mutating func findStrayValues(_ cases: [CaseCheck]) {
    guard cases.count >= Outliers.fewest else { return }
    for value in labels.classes.flatMap(\.values) {
      let found = cases.filter { $0.foreground[value] != nil }
      guard found.count == 1, let one = found.first, let voxels = one.foreground[value] else {
        continue
      }
      warnings.append(
        Finding(
          .labels, case: one.id, files: one.paths.labels,
          "no other case has the label value \(value) (\(voxels) voxels here), which became a class of its own; "
            + "declare the classes with --labels if it is a slip."))
    }
  }

  private mutating func compareChannels(_ cases: [CaseCheck]) {
    guard let first = cases.first else { return }
    let names = first.channels.map(\.name)
    for entry in cases where entry.channels.map(\.name) != names {
      errors.append(
        Finding(
          .channels, case: entry.id, files: entry.paths.images,
          "it has the channels \(entry.channels.map(\.name).joined(separator: ", ")), "
            + "\(first.id) has \(names.joined(separator: ", ")); every case needs the same, in one order "
            + "(choose some with --channels)."))
    }
  }

  /// Equal images under two names: an error across splits, where a case would be tested on what it taught.
  private mutating func findDuplicates(_ cases: [CaseCheck]) {
    var images: [String: [CaseCheck]] = [:]
    var masks: [String: CaseCheck] = [:]
    for entry in cases {
      let others = images[entry.voxelDigest, default: []]
      images[entry.voxelDigest] = others + [entry]
      if let other = others.first {
        report(entry, sameAs: others, first: other)
      } else if !entry.foreground.isEmpty, let other = masks[entry.labelDigest] {
        warnings.append(
          Finding(
            .duplicate, case: entry.id, and: [other.id],
            files: entry.paths.labels + other.paths.labels,
            "the label is the same as that of \(other.id), though the images differ; was a file copied?"
          ))
      }
      if masks[entry.labelDigest] == nil { masks[entry.labelDigest] = entry }
    }
  }

  private mutating func report(_ entry: CaseCheck, sameAs others: [CaseCheck], first: CaseCheck) {
    let elsewhere = others.first { other in
      entry.split.map { other.split != nil && other.split != $0 } ?? false
    }
    let other = elsewhere ?? first
    let isFile = entry.images.map(\.digest) == other.images.map(\.digest)
    let files = entry.paths.images + other.paths.images
    if elsewhere != nil, let one = other.split, let two = entry.split {
      let same = isFile ? "the same image as" : "the voxels of"
      errors.append(
        Finding(
          ExemplarError.twoSplits(
            id: "\(entry.id) (\(same) \(other.id))", one: one, other: two),
          cases: [entry.id, other.id], files: files))
    } else {
      warnings.append(
        Finding(
          .duplicate, [entry.id, other.id], files: files,
          "\(entry.id) has the same \(isFile ? "image" : "voxels") as \(other.id)"
            + (isFile ? "." : ", in another file.")))
    }
  }

  private mutating func findSharedPatients(_ cases: [CaseCheck]) {
    let patients = Dictionary(grouping: cases.filter { $0.patient != nil && $0.split != nil }) {
      $0.patient ?? ""
    }
    for (patient, scans) in patients.sorted(by: { $0.key < $1.key }) {
      let splits = Dictionary(grouping: scans) { $0.split ?? "" }
      guard splits.count > 1 else { continue }
      let places = splits.sorted { $0.key < $1.key }
        .map { "\($0.key) (\($0.value.map(\.id).joined(separator: ", ")))" }
      errors.append(
        Finding(
          .split, scans.map(\.id),
          "The patient \(patient) is in the splits \(places.joined(separator: " and ")), so a model would be tested "
            + "on a patient it learned from. Put all scans of a patient into one split."))
    }
  }
}
