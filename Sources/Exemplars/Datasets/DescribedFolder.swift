import Foundation
import Volumes

/// The cases of a described data set below a folder.
struct DescribedFolder {
  let descriptor: Descriptor
  let root: Folder
  /// Everything below the folder.
  let tree: [String]

  init(_ descriptor: Descriptor, _ path: String) throws {
    self.descriptor = descriptor
    root = Folder(path: path)
    tree = try root.tree()
  }

  /// The cases with their labels, by the layout that fits best.
  func listing() throws -> DatasetListing {
    var found: [(layout: DescribedLayout, listing: DatasetListing, matched: Int)] = []
    var failure: (any Error)?
    for layout in descriptor.layouts {
      do {
        if let (listing, matched) = try listing(layout) { found.append((layout, listing, matched)) }
      } catch { failure = failure ?? error }
    }
    let sound = found.filter { !$0.listing.cases.isEmpty }
    let best =
      sound.min { $0.listing.problems.count < $1.listing.problems.count }
      ?? found.max { $0.matched < $1.matched }
    guard let best else {
      throw failure ?? ExemplarError.layout(path: root.path, reason: expectation)
    }
    var parts = [try declared(best.listing, best.layout)]
    let labels = Set(best.listing.cases.map(\.label))
    for other in sound where !Set(other.listing.cases.map(\.label)).isSubset(of: labels) {
      let part = try declared(other.listing, other.layout)
      guard part.schemes == parts[0].schemes, part.channels == parts[0].channels else {
        throw ExemplarError.layout(
          path: root.path,
          reason: "\(parts[0].cases[0].id) lies as in `\(best.layout.name)`, "
            + "\(part.cases[0].id) as in `\(other.layout.name)`, whose labels or channels differ; "
            + "pack them one by one")
      }
      parts.append(part)
    }
    return try DatasetListing(joining: parts)
  }

  /// The cases of one layout and how many files it claims; nil where it claims none.
  private func listing(
    _ layout: DescribedLayout
  ) throws -> (listing: DatasetListing, matched: Int)? {
    if case .kind(let kind) = layout.files { return (try kind.listing(of: [root.path]), 0) }
    let files = LayoutFiles(layout, descriptor, root, tree)
    return files.matched > 0 ? (try files.listing(), files.matched) : nil
  }

  /// The images of cases, labelled or not, by the first layout that claims any; nil where none does.
  func images() throws -> DatasetListing? {
    for layout in descriptor.layouts {
      let files = LayoutFiles(layout, descriptor, root, tree)
      let listing = try files.listing(labelled: false)
      if !listing.cases.isEmpty || !listing.problems.isEmpty { return listing }
    }
    return nil
  }

  /// A listing with what the descriptor adds to any layout: schemes, splits, centres.
  private func declared(_ found: DatasetListing, _ layout: DescribedLayout) throws -> DatasetListing
  {
    var listing = found
    let names = layout.schemes ?? descriptor.schemes.map(\.name)
    listing.schemes = names.compactMap(descriptor.scheme)
    let ids = listing.cases.map(\.id)
    let centres = try descriptor.centre?.centres(of: ids, root: root) ?? [:]
    var splits = Dictionary(
      uniqueKeysWithValues: listing.cases.compactMap { entry in entry.split.map { (entry.id, $0) } }
    )
    if let split = descriptor.split {
      let declared = try split.assignment(of: ids, words: splits, root: root)
      splits = declared.splits
      listing.notes += declared.notes
    }
    for index in listing.cases.indices {
      let id = listing.cases[index].id
      listing.cases[index].split = splits[id]
      listing.cases[index].centre = centres[id] ?? listing.cases[index].centre
    }
    if descriptor.layouts.count > 1 {
      listing.notes.insert("\(root.path): the layout `\(layout.name)`.", at: 0)
    }
    return listing
  }

  /// What is said where nothing fits.
  private var expectation: String {
    let ways = descriptor.layouts.compactMap { layout -> String? in
      switch layout.files {
      case .kind: nil
      case .patterns(let images, let labels):
        "images as `\(images[0].text)` with labels as `\(labels[0].text)`"
      case .listed(let cases):
        "the files \(cases[0].images[0].path) and \(cases[0].labels[0].path)"
      }
    }
    return "it holds nothing that lies as the descriptor \(descriptor.name) says; expected "
      + ways.joined(separator: ", or ")
  }
}
