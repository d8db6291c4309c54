import Volumes

/// What shows only when all cases of a data set are looked at together.
struct Comparison {
  private(set) var warnings: [String] = []
  private(set) var errors: [ExemplarError] = []

  init(cases: [CaseCheck], listing: DatasetListing, labels: LabelMap) {
    compareLabels(cases, listing, labels)
    compareChannels(cases, listing)
    findDuplicates(cases)
  }

  private mutating func compareLabels(
    _ cases: [CaseCheck], _ listing: DatasetListing, _ labels: LabelMap
  ) {
    let known = Set(labels.classes.flatMap(\.values))
    for entry in cases {
      let foreign = entry.foreground.filter { !known.contains($0.key) }
      if !foreign.isEmpty {
        errors.append(
          .labels(
            id: entry.id, path: listing.cases.first { $0.id == entry.id }?.label ?? entry.id,
            counts: foreign, map: labels.summary))
      }
      if entry.foreground.isEmpty {
        warnings.append("\(entry.id): the label is empty.")
      }
    }
    guard cases.count == listing.cases.count else { return }
    let found = Set(cases.flatMap(\.foreground.keys))
    for entry in labels.classes where found.isDisjoint(with: entry.values) {
      warnings.append("No case has the class \(entry.name).")
    }
    if labels.classes.isEmpty {
      errors.append(
        .layout(
          path: listing.cases.first?.label ?? "",
          reason:
            "neither this nor any other case has a label other than 0, so there is nothing to learn"
        ))
    }
  }

  private mutating func compareChannels(_ cases: [CaseCheck], _ listing: DatasetListing) {
    guard let first = cases.first else { return }
    for entry in cases where entry.channels != first.channels {
      errors.append(
        .voxels(
          id: entry.id, path: listing.cases.first { $0.id == entry.id }?.images[0] ?? entry.id,
          reason: "it has the channels \(entry.channels.joined(separator: ", ")), \(first.id) has "
            + first.channels.joined(separator: ", ")))
    }
  }

  /// Equal image files under two names: an error across splits, where a case would be tested on what it taught.
  private mutating func findDuplicates(_ cases: [CaseCheck]) {
    var seen: [[String]: CaseCheck] = [:]
    for entry in cases {
      let digests = entry.images.map(\.digest)
      guard let other = seen[digests] else {
        seen[digests] = entry
        continue
      }
      if let one = other.split, let two = entry.split, one != two {
        errors.append(
          .twoSplits(id: "\(entry.id) (the same image as \(other.id))", one: one, other: two))
      } else {
        warnings.append("\(entry.id) has the same image as \(other.id).")
      }
    }
  }
}
