import Foundation
import Volumes

/// DICOM series in `images/`, a folder or a file of several frames each, and their labels in `labels/`.
///
/// The labels of a case are one file (a volume of labels, or a DICOM segmentation) or a folder of masks, one a class,
/// each named as its class.
struct SeriesFolder {
  private let images: Folder
  private let labels: Folder

  init(_ path: String) throws {
    let root = Folder(path: path)
    guard let images = root.folder("images"), let labels = root.folder("labels") else {
      throw ExemplarError.layout(
        path: path,
        reason: "there are no folders images and labels; expected the DICOM files of each case in "
          + "images/CASE/ and its labels in labels/CASE.nii.gz")
    }
    (self.images, self.labels) = (images, labels)
  }

  private static let labelEndings = VolumeFile.endings + [".dcm"]

  func listing() throws -> DatasetListing {
    let series = try entries(of: images, endingIn: [".dcm"])
    let masks = try entries(of: labels, endingIn: Self.labelEndings)
    for (id, image) in series.sorted(by: { $0.key < $1.key }) where masks[id] == nil {
      throw ExemplarError.missingPartner(
        id: id, found: "the series \(image)", missing: "label in \(labels.path)")
    }
    var classes: Set<String> = []
    let cases = try masks.sorted { $0.key < $1.key }.map { id, label in
      guard let image = series[id] else {
        throw ExemplarError.missingPartner(
          id: id, found: "the label \(label)", missing: "series in \(images.path)")
      }
      let parts = try labels.folder(id)?.files(endingIn: Self.labelEndings) ?? [:]
      guard parts.count > 1 else {
        return ListedCase(
          id: id, images: [image], label: parts.values.first ?? label, form: .series)
      }
      classes.formUnion(parts.keys)
      return ListedCase(id: id, images: [image], label: label, form: .masks(parts))
    }
    guard !cases.isEmpty else {
      throw ExemplarError.layout(
        path: images.path, reason: "there is no folder or .dcm file of a series in it")
    }
    return DatasetListing(
      cases: cases, labels: map(classes) ?? segments(of: cases), notes: notes(classes))
  }

  /// The folders and files in a folder by the name of their case.
  private func entries(
    of folder: Folder, endingIn endings: [String]
  ) throws -> [String: String] {
    var found = try folder.files(endingIn: endings)
    for name in try folder.names() where folder.folder(name) != nil {
      if let other = found[name] {
        throw ExemplarError.sameName(id: name, one: other, other: folder.file(name))
      }
      found[name] = folder.file(name)
    }
    return found
  }

  /// The classes that files of masks are named for, in the order of their names.
  private func map(_ names: Set<String>) -> LabelMap? {
    guard !names.isEmpty else { return nil }
    return LabelMap(
      names.sorted().enumerated().map { .init(name: $1, values: [Int32($0 + 1)]) })
  }

  /// The classes that segmentations name, where every label is one and all give a number the same name.
  private func segments(of cases: [ListedCase]) -> LabelMap? {
    var names: [Int: String] = [:]
    for entry in cases {
      guard let segments = try? DICOMSegmentation(entry.label).segments else { return nil }
      for segment in segments {
        guard !segment.label.isEmpty, names[segment.number, default: segment.label] == segment.label
        else { return nil }
        names[segment.number] = segment.label
      }
    }
    guard !names.isEmpty, Set(names.values).count == names.count else { return nil }
    return LabelMap(
      names.sorted { $0.key < $1.key }.map { .init(name: $0.value, values: [Int32($0.key)]) })
  }

  private func notes(_ names: Set<String>) -> [String] {
    names.isEmpty
      ? [] : ["\(labels.path): each file of masks is one class; --labels can choose among them."]
  }
}
