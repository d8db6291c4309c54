import Volumes

extension Inspection {
  /// The facts of a DICOM file, of the series in a folder, or of one of them.
  static func dicom(_ path: String) throws -> ([Fact.Entry], warnings: [String]) {
    let (place, number) = DICOMFolder.series(path) ?? (path, nil)
    let folder = try DICOMFolder(place)
    var facts: [Fact.Entry] = []
    if number == nil, folder.stacks.count > 1 {
      facts.add("kind", "DICOM folder")
      facts.add(
        "series", .list(folder.stacks.enumerated().map { .text("\($0 + 1): \($1.summary)") }))
      if !folder.segmentations.isEmpty {
        facts.add("segmentations", .list(folder.segmentations.map { .text($0) }))
      }
      return (facts, folder.notes)
    }
    if folder.stacks.isEmpty, let file = folder.segmentations.first {
      facts.add("kind", "DICOM segmentation")
      facts.add(
        "segments",
        .facts(
          try DICOMSegmentation(file).segments.map {
            Fact.Entry(name: "\($0.number)", value: .text($0.label))
          }))
    } else if folder.stacks.indices.contains((number ?? 1) - 1) {
      let stack = folder.stacks[(number ?? 1) - 1]
      facts.add("kind", "DICOM series")
      if let modality = stack.modality { facts.add("modality", modality) }
      facts.add("slices", .integer(stack.count))
      facts.add("files", .integer(stack.files.count))
      facts.add("transfer_syntax", stack.transferSyntax)
    }
    let (voxels, warnings) = try volume(path)
    return (facts + voxels.filter { $0.name != "kind" }, warnings)
  }
}
