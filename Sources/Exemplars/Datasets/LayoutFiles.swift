import Failures
import Foundation
import Volumes

/// The files below a folder that one layout of a descriptor claims, and the cases they make.
struct LayoutFiles {
  private struct Found {
    let path: String
    let words: [String: String]
  }

  /// A case's name with letters that count as the same made one, and its frame.
  private struct Key: Hashable {
    let name: String
    let frame: String?
  }

  private let layout: DescribedLayout
  private let descriptor: Descriptor
  private let root: Folder
  private var images: [Key: [Found]] = [:]
  private var labels: [Key: [Found]] = [:]
  private var unclaimed: [String] = []

  /// How many files the layout claims.
  var matched: Int { images.values.joined().count + labels.values.joined().count }

  init(_ layout: DescribedLayout, _ descriptor: Descriptor, _ root: Folder, _ tree: [String]) {
    (self.layout, self.descriptor, self.root) = (layout, descriptor, root)
    switch layout.files {
    case .kind: break
    case .listed(let cases): claim(cases, tree)
    case .patterns(let images, let labels): claim(images, labels, tree)
    }
  }

  private mutating func claim(_ cases: [DescribedLayout.ListedFiles], _ tree: [String]) {
    // A full stop is the folder itself, where it is the series.
    let known = Set(tree + ["."])
    func found(_ files: [DescribedLayout.NamedFile], _ word: String) -> [Found] {
      files.filter { known.contains($0.path) || known.contains($0.path + "/") }.map {
        Found(path: $0.path, words: $0.name.map { [word: $0] } ?? [:])
      }
    }
    for entry in cases {
      let key = Key(name: entry.id, frame: nil)
      let (image, label) = (found(entry.images, "channel"), found(entry.labels, "class"))
      if !image.isEmpty { images[key] = image }
      if !label.isEmpty { labels[key] = label }
    }
  }

  private mutating func claim(
    _ images: [FilePattern], _ labels: [FilePattern], _ tree: [String]
  ) {
    for path in tree {
      if let words = match(labels, path) {
        self.labels[key(words), default: []].append(Found(path: path, words: words))
      } else if let words = match(images, path) {
        self.images[key(words), default: []].append(Found(path: path, words: words))
      } else if VolumeFile.ending(of: path, among: VolumeFile.endings + [".png"]) != nil {
        unclaimed.append(path)
      }
    }
  }

  /// What the first pattern that fits says; a pattern that starts in any folder may start at the one given.
  private func match(_ patterns: [FilePattern], _ path: String) -> [String: String]? {
    patterns.lazy.compactMap { pattern in
      guard pattern.isFolder == path.hasSuffix("/") else { return nil }
      return pattern.match(pattern.startsAnywhere ? "\(root.name)/\(path)" : path)
    }.first
  }

  private func key(_ words: [String: String]) -> Key {
    let folded = (words["case"] ?? "").map { layout.same.contains($0) ? "\u{0}" : $0 }
    return Key(name: String(folded), frame: words["frame"])
  }

  /// The cases, each with all of its channels and, if asked for, its label.
  func listing(labelled: Bool = true) throws(ExemplarError) -> DatasetListing {
    let channels = presentChannels()
    var keys = Set(images.keys)
    if labelled {
      if layout.firstFrame != nil {
        // An image of several frames belongs to every label that names a frame of it.
        let names = Set(labels.keys.filter { $0.frame != nil }.map(\.name))
        keys = keys.filter { $0.frame != nil || !names.contains($0.name) }
      }
      keys.formUnion(labels.keys)
    }
    let unlabelled = keys.filter { labels[$0] == nil }
    if labelled, layout.unlabelled == .skip { keys.subtract(unlabelled) }
    var (cases, problems): ([ListedCase], [any Failure]) = ([], [])
    for key in keys.sorted(by: { ($0.name, $0.frame ?? "") < ($1.name, $1.frame ?? "") }) {
      do throws(ExemplarError) {
        cases.append(try entry(key, channels, labelled: labelled))
      } catch { problems.append(error) }
    }
    cases.sort { $0.id < $1.id }
    var listing = DatasetListing(
      cases: cases, channels: channels ?? descriptor.channels?.names,
      notes: notes(channels, skipped: layout.unlabelled == .skip ? unlabelled.count : 0),
      problems: problems)
    listing.keep = descriptor.channels.flatMap { rule in
      let keep = rule.keep.filter { (channels ?? rule.names).contains($0) }
      return keep == (channels ?? rule.names) ? nil : keep
    }
    guard !labelled || !cases.isEmpty || !problems.isEmpty else {
      throw ExemplarError.layout(
        path: root.path, reason: "\(unlabelled.count) images are there, but not one label")
    }
    return listing
  }

  /// The channels with files of their own that some case has; nil where one file has all.
  private func presentChannels() -> [String]? {
    guard let rule = descriptor.channels else { return nil }
    let found = Set(images.values.joined().compactMap { channel(of: $0) })
    guard !found.isEmpty else { return nil }
    return rule.names.filter { found.contains($0) || !rule.optional.contains($0) }
  }

  private func channel(of file: Found) -> String? {
    file.words["channel"].flatMap { word in
      descriptor.channels?.name(of: word)
        ?? descriptor.channels?.names.first { $0 == word }
    }
  }

  private func entry(_ key: Key, _ channels: [String]?, labelled: Bool) throws(ExemplarError)
    -> ListedCase
  {
    let whole = layout.firstFrame == nil ? nil : images[Key(name: key.name, frame: nil)]
    let found = images[key] ?? whole ?? []
    let masks = labels[key] ?? []
    let words = (found + masks).reduce(into: [:]) { $0.merge($1.words) { first, _ in first } }
    let name = words["case"] ?? key.name
    let id = name + (key.frame.map { "_frame\($0)" } ?? "")
    guard let image = found.first else {
      throw ExemplarError.missingPartner(
        id: id, found: "the label \(root.file(masks.first?.path ?? ""))",
        missing: "image\(expected(of: \.images))")
    }
    guard !labelled || !masks.isEmpty else {
      throw ExemplarError.missingPartner(
        id: id, found: "the image \(root.file(image.path))",
        missing: "label\(expected(of: \.labels))")
    }
    let files =
      channels == nil ? [try only(found, id)] : try ordered(found, by: channels ?? [], id)
    var assembly = CaseAssembly(mask: layout.mask)
    assembly.channels = channels == nil ? descriptor.channels?.names.count : nil
    assembly.labelGrid = layout.labelGrid
    if let grid = layout.grid, let place = channels?.firstIndex(of: grid) {
      assembly.grid = root.file(files[place])
    }
    if let frame = key.frame, images[key] == nil, let number = Int(frame) {
      assembly.frame = number - (layout.firstFrame ?? 0)
    }
    let sorted = try checked(masks, id)
    assembly.values = layout.namesClasses ? sorted.compactMap(value) : []
    assembly.labels = sorted.map { path($0.path) }
    return ListedCase(
      id: id, images: files.map(path), label: assembly.labels.first ?? path(image.path),
      form: .described(assembly), split: words["split"], centre: words["centre"],
      patient: key.frame == nil ? nil : name)
  }

  private func path(_ relative: String) -> String {
    if relative == "." { return root.path }
    return root.file(relative.hasSuffix("/") ? String(relative.dropLast()) : relative)
  }

  private func only(_ found: [Found], _ id: String) throws(ExemplarError) -> String {
    guard found.count == 1 else {
      throw ExemplarError.sameName(id: id, one: path(found[0].path), other: path(found[1].path))
    }
    return found[0].path
  }

  /// One file for each channel, in the order of the channels.
  private func ordered(
    _ found: [Found], by channels: [String], _ id: String
  ) throws(ExemplarError) -> [String] {
    var paths: [String] = []
    for channel in channels {
      let files = found.filter { self.channel(of: $0) == channel }
      guard !files.isEmpty else {
        throw ExemplarError.missingPartner(
          id: id, found: "the file \(path(found[0].path))",
          missing: "file of the channel \(channel)")
      }
      paths.append(try only(files, id))
    }
    return paths
  }

  /// The label files in the order of their classes; several only where they are parts of one label.
  private func checked(_ masks: [Found], _ id: String) throws(ExemplarError) -> [Found] {
    guard masks.count > 1 else { return masks }
    let classes = masks.compactMap { $0.words["class"] }
    guard layout.mask == .foreground || Set(classes).count == masks.count else {
      throw ExemplarError.sameName(id: id, one: path(masks[0].path), other: path(masks[1].path))
    }
    return masks.sorted { (value($0) ?? 0, $0.path) < (value($1) ?? 0, $1.path) }
  }

  /// The value of the class a label file holds.
  private func value(_ file: Found) -> Int32? {
    guard let word = file.words["class"] else { return nil }
    let schemes = layout.schemes ?? descriptor.schemes.map(\.name)
    return schemes.lazy.compactMap { descriptor.scheme($0) }.flatMap(\.classes.classes)
      .first { $0.name.lowercased() == word.lowercased() }?.values[0]
  }

  private func expected(
    of part: KeyPath<(images: [FilePattern], labels: [FilePattern]), [FilePattern]>
  ) -> String {
    guard case .patterns(let images, let labels) = layout.files else { return "" }
    return " (expected as `\((images: images, labels: labels)[keyPath: part][0].text)`)"
  }

  private func notes(_ channels: [String]?, skipped: Int) -> [String] {
    var notes: [String] = []
    if skipped > 0 { notes.append("\(root.path): \(skipped) images without a label are left out.") }
    if !unclaimed.isEmpty {
      notes.append(
        "\(root.path): \(unclaimed.count) more files play no part: \(brief(unclaimed)).")
    }
    if let grid = layout.grid {
      notes.append(
        "Channels on another grid than that of \(grid) are interpolated onto it (trilinear)"
          + (layout.labelGrid == .nearest ? ", labels taken from the nearest voxel." : "."))
    }
    let missing = descriptor.channels.map { rule in
      channels.map { present in rule.names.filter { !present.contains($0) } } ?? []
    }
    if let missing, !missing.isEmpty {
      notes.append("No case has the channels \(missing.joined(separator: ", ")).")
    }
    return notes
  }
}
