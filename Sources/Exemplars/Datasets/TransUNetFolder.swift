import Foundation

/// TransUNet's layout of Synapse: `train_npz/CASE_sliceNNN.npz`, `test_vol_h5/CASE.npy.h5` and, where there are,
/// lists `train.txt` and `test_vol.txt` (in the folder, in `lists/` or in a folder of it).
///
/// The slices of a case are stacked in the order of their numbers. Slices are for the split `train`, volumes for
/// `test`. The layout stores no spacing: one pixel counts as one, and a slice lies as it is shown, rows downwards.
struct TransUNetFolder {
  private let root: Folder

  init(_ path: String) throws { root = Folder(path: path) }

  func listing() throws -> DatasetListing {
    let slices = try sliceCases()
    let volumes = try volumeCases()
    guard !slices.isEmpty || !volumes.isEmpty else {
      throw ExemplarError.layout(
        path: root.path, reason: "there is no slice in train_npz and no volume in test_vol_h5")
    }
    let cases = (slices + volumes).sorted { $0.id < $1.id }
    for (one, other) in zip(cases, cases.dropFirst()) where one.id == other.id {
      throw ExemplarError.twoSplits(id: one.id, one: "train", other: "test")
    }
    return DatasetListing(
      cases: cases,
      notes: ["\(root.path): the layout stores no spacing, so one pixel counts as one."])
  }

  private func sliceCases() throws -> [ListedCase] {
    guard let folder = root.folder("train_npz") else { return [] }
    let files = try listed("train.txt", in: try folder.files(endingIn: [".npz"]), folder)
    var cases: [String: [(number: Int, path: String)]] = [:]
    for (name, path) in files {
      let parts = name.components(separatedBy: "_slice")
      guard parts.count == 2, let number = Int(parts[1]) else {
        throw ExemplarError.layout(path: path, reason: "the name is not CASE_sliceNNN")
      }
      cases[parts[0], default: []].append((number, path))
    }
    return cases.map { id, slices in
      let paths = slices.sorted { $0.number < $1.number }.map(\.path)
      return ListedCase(id: id, images: paths, label: paths[0], form: .slices, split: "train")
    }
  }

  private func volumeCases() throws -> [ListedCase] {
    guard let folder = root.folder("test_vol_h5") else { return [] }
    let files = try listed("test_vol.txt", in: try folder.files(endingIn: [".npy.h5"]), folder)
    return files.map {
      ListedCase(id: $0.key, images: [$0.value], label: $0.value, form: .arrays, split: "test")
    }
  }

  /// The files a list names, or all of them where there is no such list.
  private func listed(
    _ list: String, in files: [String: String], _ folder: Folder
  ) throws -> [String: String] {
    var places = [root]
    if let lists = root.folder("lists") {
      places.append(lists)
      places += try lists.names().compactMap { lists.folder($0) }
    }
    guard let place = places.first(where: { $0.has(list) }) else { return files }
    let path = place.file(list)
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
      throw ExemplarError.layout(path: path, reason: "the list is no text")
    }
    var found: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let name = line.trimmingCharacters(in: .whitespaces)
      if name.isEmpty { continue }
      guard let file = files[name] else {
        throw ExemplarError.missingPartner(
          id: name, found: "a line in \(path)", missing: "file in \(folder.path)")
      }
      found[name] = file
    }
    return found
  }
}
