import Archives
import Failures
import Foundation
import Volumes

/// Volumes, NIfTI and others, in `images/` and `labels/`, or in `imagesTr/` and `labelsTr/` with a dataset.json.
///
/// A dataset.json with `channel_names` is that of nnU-Net 2: each channel is a file of its own, `CASE_0000`, `CASE_0001`
/// and so on. So it is with `modality` where the names of the images say so, as for nnU-Net 1; else, as in the Decathlon,
/// there is one file a case, whose fourth axis holds the channels.
struct NIfTIFolder {
  private let root: Folder
  private let images: Folder
  private let labels: Folder

  init(_ path: String) throws {
    root = Folder(path: path)
    if let images = root.folder("imagesTr"), let labels = root.folder("labelsTr") {
      (self.images, self.labels) = (images, labels)
    } else if let images = root.folder("images"), let labels = root.folder("labels") {
      (self.images, self.labels) = (images, labels)
    } else {
      throw ExemplarError.layout(
        path: path,
        reason: "there are neither the folders images and labels nor imagesTr and labelsTr")
    }
  }

  func listing() throws -> DatasetListing {
    let description = try DatasetDescription(root)
    let imageFiles = try images.files(endingIn: VolumeFile.endings)
    let labelFiles = try labels.files(endingIn: VolumeFile.endings)
    var problems: [any Failure] = []
    let separate =
      description.separateChannels
      ?? (areNumbered(imageFiles.keys, labelFiles) ? description.channels?.count : nil)
    let grouped =
      separate.map { group(imageFiles, channels: $0, &problems) } ?? imageFiles.mapValues { [$0] }
    for (id, files) in grouped.sorted(by: { $0.key < $1.key })
    where labelFiles[id] == nil && !files.isEmpty {
      problems.append(
        ExemplarError.missingPartner(
          id: id, found: "the image \(files[0])", missing: "label in \(labels.path)"))
    }
    var cases: [ListedCase] = []
    for (id, label) in labelFiles.sorted(by: { $0.key < $1.key }) {
      guard let files = grouped[id] else {
        problems.append(
          ExemplarError.missingPartner(
            id: id, found: "the label \(label)", missing: "image in \(images.path)"))
        continue
      }
      if !files.isEmpty {
        cases.append(ListedCase(id: id, images: files, label: label, form: .volumes))
      }
    }
    guard !cases.isEmpty || !problems.isEmpty else {
      throw ExemplarError.layout(
        path: images.path,
        reason: "there is no file that ends in \(VolumeFile.endings.joined(separator: ", "))")
    }
    return DatasetListing(
      cases: cases, channels: description.channels, labels: description.labels,
      notes: description.notes, problems: problems)
  }

  /// Whether every image is named by a label's name and a number of four digits, and none as a label is.
  private func areNumbered(_ images: some Collection<String>, _ labels: [String: String]) -> Bool {
    !images.isEmpty
      && images.allSatisfy { name in
        let number = name.suffix(5)
        return labels[name] == nil && labels[String(name.dropLast(5))] != nil
          && number.first == "_" && number.dropFirst().allSatisfy(\.isNumber)
      }
  }

  /// The files `CASE_0000` to `CASE_000n` of each case; none for a case of which one is missing, which is a problem.
  private func group(
    _ files: [String: String], channels: Int, _ problems: inout [any Failure]
  ) -> [String: [String]] {
    var grouped: [String: [String]] = [:]
    let ids = Set(files.keys.filter { $0.count > 5 }.map { String($0.dropLast(5)) })
    for id in ids.sorted() {
      let names = (0..<channels).map { "\(id)_" + String(format: "%04d", $0) }
      let missing = names.filter { files[$0] == nil }
      grouped[id] = missing.isEmpty ? names.compactMap { files[$0] } : []
      problems += missing.map { name in
        ExemplarError.missingPartner(
          id: id, found: "other channels in \(images.path)", missing: "file \(name)")
      }
    }
    return grouped
  }
}

/// What a dataset.json declares.
private struct DatasetDescription {
  /// The names of the channels.
  var channels: [String]?
  /// The number of channels where each is a file of its own.
  var separateChannels: Int?
  var labels: LabelMap?
  var notes: [String] = []

  init(_ root: Folder) throws {
    guard root.has("dataset.json") else { return }
    let path = root.file("dataset.json")
    let map = try LabelMap.read(path)
    labels = map.overlaps ? Self.valuesOfRegions(map) : map
    if map.overlaps {
      notes.append(
        "The regions in \(path) overlap, so each value became a class of its own; --labels can merge them."
      )
    }
    let bytes = try Data(mapping: path)
    guard let object = try? JSONSerialization.jsonObject(with: bytes) as? [String: Any] else {
      throw ExemplarError.layout(path: path, reason: "the file is no JSON object")
    }
    let separate = object["channel_names"] as? [String: Any]
    guard let names = separate ?? (object["modality"] as? [String: Any]) else { return }
    channels = try (0..<names.count).map { index in
      guard let name = names["\(index)"] as? String else {
        throw ExemplarError.layout(path: path, reason: "its channels are not named from 0 on")
      }
      return name
    }
    if separate != nil { separateChannels = names.count }
  }

  /// Regions that overlap as classes that do not: one a value.
  private static func valuesOfRegions(_ map: LabelMap) -> LabelMap {
    LabelMap(each: Set(map.classes.flatMap(\.values)))
  }
}
