import Foundation
import Volumes

/// The masks of one case on disk: a reference, one file of every prediction and the image where it is known.
public struct CaseFiles: Sendable, Equatable {
  /// The case: the name of the file without its ending.
  public let name: String
  /// The path of the reference mask.
  public let reference: String
  /// The path of the mask in each prediction.
  public let predictions: [String]
  /// The path of the image; nil where none was found.
  public var image: String?

  /// Finds the cases of predictions and a reference, each a file or a folder of masks, sorted by name.
  ///
  /// Cases match by name. A file matches a file whatever their names; the case has the reference's. A case
  /// that one side lacks is an error. Images, a folder or file, are matched the same way but may be missing.
  public static func matched(
    predictions: [String], reference: String, images: String? = nil
  ) throws(ReportError) -> [CaseFiles] {
    let references = try masks(at: reference)
    var sides: [[String: String]] = []
    for path in predictions {
      let found = try masks(at: path)
      if !isFolder(path), !isFolder(reference), let mask = found.values.first {
        sides.append(references.mapValues { _ in mask })
        continue
      }
      let extra = Set(found.keys).subtracting(references.keys)
      guard extra.isEmpty else {
        throw .unmatched(cases: extra.sorted(), path: reference, other: path)
      }
      let lacking = Set(references.keys).subtracting(found.keys)
      guard lacking.isEmpty else {
        throw .unmatched(cases: lacking.sorted(), path: path, other: reference)
      }
      sides.append(found)
    }
    let pictures = try self.images(images, beside: reference)
    let only = images.flatMap { isFolder($0) || references.count > 1 ? nil : $0 }
    return references.sorted { $0.key < $1.key }.map { name, path in
      CaseFiles(
        name: name, reference: path, predictions: sides.compactMap { $0[name] },
        image: pictures[name] ?? pictures["\(name)_0000"] ?? only)
    }
  }

  /// A file's name without its ending; `.nii.gz` is one ending.
  public static func caseName(_ path: String) -> String {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let ending = endings.first { name.lowercased().hasSuffix($0) && name.count > $0.count }
    return ending.map { String(name.dropLast($0.count)) } ?? name
  }

  /// What several predictions are called: the ends of their paths, as short as tells them apart.
  ///
  /// Paths that are the same are numbered.
  public static func names(of predictions: [String]) -> [String] {
    let parts = predictions.map { path in
      let url = URL(fileURLWithPath: path).standardizedFileURL
      return url.deletingLastPathComponent().pathComponents.filter { $0 != "/" } + [caseName(path)]
    }
    let longest = parts.map(\.count).max() ?? 1
    func called(_ length: Int) -> [String] {
      parts.map { $0.suffix(length).joined(separator: "/") }
    }
    let length = (1...max(longest, 1)).first { Set(called($0)).count == Set(parts).count }
    var seen: [String: Int] = [:]
    return called(length ?? longest).map { name in
      seen[name, default: 0] += 1
      return seen[name] == 1 ? name : "\(name) (\(seen[name] ?? 0))"
    }
  }

  private static let endings = VolumeFile.endings + [".hdr", ".png"]

  /// The masks of a folder, or the one of a file, by case name.
  private static func masks(at path: String) throws(ReportError) -> [String: String] {
    guard FileManager.default.fileExists(atPath: path) else {
      throw .missing(path: path, reason: "no such file or folder")
    }
    guard isFolder(path) else { return [caseName(path): path] }
    var found: [String: String] = [:]
    for file in files(in: path) {
      let name = caseName(file)
      if let other = found[name] {
        throw .missing(
          path: path,
          reason: "the case \(name) has two masks, \(fileName(other)) and \(fileName(file))")
      }
      found[name] = file
    }
    guard !found.isEmpty else {
      throw .missing(
        path: path, reason: "the folder holds no masks (\(endings.joined(separator: ", ")))")
    }
    return found
  }

  /// Images by case name: of the path, or of the folder `images` beside `labels` (`imagesTr` beside `labelsTr`).
  private static func images(
    _ path: String?, beside reference: String
  ) throws(ReportError) -> [String: String] {
    if let path { return try masks(at: path) }
    let url = URL(fileURLWithPath: reference)
    let folder = isFolder(reference) ? url : url.deletingLastPathComponent()
    guard folder.lastPathComponent.hasPrefix("labels") else { return [:] }
    let sibling = folder.deletingLastPathComponent()
      .appendingPathComponent("images" + folder.lastPathComponent.dropFirst("labels".count)).path
    guard isFolder(sibling) else { return [:] }
    return Dictionary(files(in: sibling).map { (caseName($0), $0) }) { first, _ in first }
  }

  private static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.sorted().filter { name in
      !name.hasPrefix(".") && endings.contains { name.lowercased().hasSuffix($0) }
    }.map { URL(fileURLWithPath: folder).appendingPathComponent($0).path }
  }

  private static func fileName(_ path: String) -> String {
    URL(fileURLWithPath: path).lastPathComponent
  }

  private static func isFolder(_ path: String) -> Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }
}
