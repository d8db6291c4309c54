import Archives
import Foundation
public import Volumes

extension Descriptor {
  /// The names of the descriptors that come with graft.
  public static var bundled: [String] {
    let names = Installation.folders(installed: "Datasets", checkout: "Datasets")
      .lazy.map { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
      .first { $0.contains { $0.hasSuffix(".yaml") } }
    return (names ?? []).filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
  }

  /// The descriptor a name or path stands for: a file ending in .yaml or .yml, one that comes with graft, or a kind
  /// that needs none.
  public static func named(_ name: String) throws -> Descriptor {
    if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { return try Descriptor(path: name) }
    if !name.contains("/") {
      for folder in Installation.folders(installed: "Datasets", checkout: "Datasets") {
        let path = "\(folder)/\(name).yaml"
        if FileManager.default.fileExists(atPath: path) { return try Descriptor(path: path) }
      }
    }
    if let kind = DatasetKind(rawValue: name) { return Descriptor(kind: kind) }
    let known = Set(DatasetKind.allCases.map(\.rawValue)).union(bundled).sorted()
    throw ExemplarError.option(
      "The data set \(name) is not known; known are \(known.joined(separator: ", ")). "
        + "A descriptor of your own is named by its path, which ends in .yaml.")
  }

  /// The label map that `--labels` means: a scheme of this data set, or whatever `labelMap(_:)` understands.
  public func labelMap(_ reference: String) throws -> LabelMap {
    if let scheme = scheme(reference) { return scheme.classes }
    guard FileManager.default.fileExists(atPath: reference) || reference.contains(":") else {
      let own =
        schemes.isEmpty
        ? "the data set \(name) declares no label schemes"
        : "the label schemes of \(name) are \(schemes.map(\.name).joined(separator: ", "))"
      throw ExemplarError.option("--labels is \(reference), which is no file; \(own).")
    }
    return try Descriptor.labelMap(reference)
  }

  /// The label map that a reference means: a file, or DATASET:SCHEME for a scheme's classes and DATASET:SCHEME:regions
  /// for its regions.
  public static func labelMap(_ reference: String) throws -> LabelMap {
    let parts = reference.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count > 1, !FileManager.default.fileExists(atPath: reference) else {
      return try LabelMap.read(reference)
    }
    let descriptor = try named(parts[0])
    guard let scheme = descriptor.scheme(parts[1]) else {
      throw ExemplarError.option(
        "--labels is \(reference); the label schemes of \(parts[0]) are "
          + (descriptor.schemes.isEmpty
            ? "none" : descriptor.schemes.map(\.name).joined(separator: ", ")) + ".")
    }
    if parts.count == 2 { return scheme.classes }
    guard parts.count == 3, parts[2] == "regions", let regions = scheme.regions else {
      throw ExemplarError.option(
        "--labels is \(reference); expected \(parts[0]):\(parts[1]) for the classes"
          + (scheme.regions == nil ? "." : ", or \(parts[0]):\(parts[1]):regions for the regions."))
    }
    return regions
  }

  /// The cases in some folders, which are only looked at, not read.
  public func listing(of folders: [String]) throws -> DatasetListing {
    try DatasetListing(joining: try folders.map { try DescribedFolder(self, $0).listing() })
  }

  /// The images of the cases in a folder, labelled or not, with some channels or those the descriptor keeps; empty where
  /// nothing lies as the descriptor says.
  /// - Throws: `ExemplarError` for cases that cannot be used, such as one that lacks a channel.
  public func images(in folder: String, channels: [String]? = nil) throws -> [DescribedImage] {
    guard let listing = try DescribedFolder(self, folder).images()?.choosing(channels) else {
      return []
    }
    if let problem = listing.problems.first {
      guard listing.problems.count > 1 else { throw problem }
      throw ExemplarError.refused(listing.problems.map(\.description))
    }
    let reader = CaseReader(
      channels: listing.channels, wanted: channels ?? listing.keep, binaryMasks: true,
      classes: nil)
    return listing.cases.map { DescribedImage(entry: $0, reader: reader) }
  }
}

/// The image of a case that a descriptor found.
public struct DescribedImage: Sendable {
  let entry: ListedCase
  let reader: CaseReader

  /// The name of the case.
  public var id: String { entry.id }
  /// The files of the image, one or one a channel.
  public var files: [String] { entry.images }

  /// The image with the channels and the grid a pack of the data set has.
  public func volume() throws -> Volume { try reader.image(of: entry) }
}
