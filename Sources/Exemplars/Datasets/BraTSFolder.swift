import Foundation
import Volumes

/// BraTS: one folder a case, each modality a file, told apart by name.
///
/// Three naming schemes with the label values of each:
/// - 2018 to 2021: `CASE_flair`, `_t1`, `_t1ce`, `_t2`, `_seg`; 1 necrotic core, 2 oedema, 4 enhancing tumour
/// - 2023 and later: `CASE-t2f`, `-t1n`, `-t1c`, `-t2w`, `-seg`; 1 necrotic core, 2 oedema, 3 enhancing tumour
/// - 2013 as normalised by others: `Flair_…`, `T1_…`, `T1c_…`, `T2_…`, `OTMultiClass`; 1 necrosis, 2 oedema,
///   3 non-enhancing core, 4 enhancing core
///
/// Channels are flair, t1, t1c and t2, as far as the files have them.
public struct BraTSFolder {
  private let root: Folder

  /// A case's folder, or one with cases in it, up to three levels down.
  public init(_ path: String) throws { root = Folder(path: path) }

  private enum Scheme: String {
    case to2021 = "2018 to 2021"
    case from2023 = "2023 and later"
    case of2013 = "2013"

    var labels: LabelMap {
      func map(_ names: [(String, Int32)]) -> LabelMap {
        LabelMap(names.map { LabelMap.Class(name: $0.0, values: [$0.1]) })
      }
      switch self {
      case .to2021: return map([("necrotic core", 1), ("oedema", 2), ("enhancing tumour", 4)])
      case .from2023: return map([("necrotic core", 1), ("oedema", 2), ("enhancing tumour", 3)])
      case .of2013:
        return map([
          ("necrosis", 1), ("oedema", 2), ("non-enhancing core", 3), ("enhancing core", 4),
        ])
      }
    }
  }

  private static let modalities = ["flair", "t1", "t1c", "t2"]
  private static let endings: [(ending: String, part: String, scheme: Scheme)] = [
    ("_flair", "flair", .to2021), ("_t1", "t1", .to2021), ("_t1ce", "t1c", .to2021),
    ("_t2", "t2", .to2021), ("_seg", "label", .to2021),
    ("-t2f", "flair", .from2023), ("-t1n", "t1", .from2023), ("-t1c", "t1c", .from2023),
    ("-t2w", "t2", .from2023), ("-seg", "label", .from2023),
  ]
  private static let beginnings: [(beginning: String, part: String)] = [
    ("flair_", "flair"), ("t1_", "t1"), ("t1c_", "t1c"), ("t2_", "t2"), ("otmulticlass", "label"),
  ]

  private struct Found {
    let id: String
    let folder: Folder
    let parts: [String: String]
    let scheme: Scheme
  }

  /// The name and the images of every case, labels or none, in the order of the channels.
  public func images() throws -> [(id: String, files: [String])] {
    try cases(in: root, depth: 3)
      .map { entry in (entry.id, Self.modalities.compactMap { entry.parts[$0] }) }
  }

  func listing() throws -> DatasetListing {
    let found = try cases(in: root, depth: 3)
    guard let first = found.first else {
      throw ExemplarError.layout(
        path: root.path, reason: "no folder in it holds files named as BraTS names them")
    }
    if let other = found.first(where: { $0.scheme != first.scheme }) {
      throw ExemplarError.layout(
        path: root.path,
        reason: "\(first.id) is named as in BraTS \(first.scheme.rawValue), \(other.id) as in "
          + "\(other.scheme.rawValue), whose labels differ; pack them one by one")
    }
    let modalities = Self.modalities.filter { name in found.contains { $0.parts[name] != nil } }
    let cases = try found.map { entry in
      func part(_ name: String) throws -> String {
        guard let file = entry.parts[name] else {
          throw ExemplarError.missingPartner(
            id: entry.id, found: "other files in \(entry.folder.path)", missing: "\(name) file")
        }
        return file
      }
      return ListedCase(
        id: entry.id, images: try modalities.map(part), label: try part("label"), form: .volumes,
        centre: Self.centre(of: entry.id))
    }
    return DatasetListing(
      cases: cases, channels: modalities, labels: first.scheme.labels,
      notes: [
        "\(root.path): files named as in BraTS \(first.scheme.rawValue); labels \(first.scheme.labels.summary)."
      ])
  }

  private func cases(in folder: Folder, depth: Int) throws -> [Found] {
    var parts: [String: String] = [:]
    var scheme: Scheme?
    var inner: [Found] = []
    for name in try folder.names() {
      if let below = folder.folder(name) {
        if depth > 0 { inner += try cases(in: below, depth: depth - 1) }
        continue
      }
      guard let (part, named) = Self.part(of: name) else { continue }
      if let other = parts[part] {
        throw ExemplarError.sameName(id: part, one: other, other: folder.file(name))
      }
      parts[part] = folder.file(name)
      scheme = named
    }
    guard let scheme, parts.keys.contains(where: { $0 != "label" }) else { return inner }
    let id = URL(fileURLWithPath: folder.path).lastPathComponent
    return inner + [Found(id: id, folder: folder, parts: parts, scheme: scheme)]
  }

  private static func part(of name: String) -> (part: String, scheme: Scheme)? {
    let lower = name.lowercased()
    guard let ending = VolumeFile.ending(of: lower, among: VolumeFile.endings) else { return nil }
    let stem = lower.dropLast(ending.count)
    if let match = endings.first(where: { stem.hasSuffix($0.ending) }) {
      return (match.part, match.scheme)
    }
    return beginnings.first { stem.hasPrefix($0.beginning) }.map { ($0.part, .of2013) }
  }

  /// The centre in the names of 2017 to 2019, such as `Brats18_CBICA_AAB_1`.
  private static func centre(of id: String) -> String? {
    let parts = id.split(separator: "_")
    guard parts.count > 2, ["brats17", "brats18", "brats19"].contains(parts[0].lowercased()) else {
      return nil
    }
    return String(parts[1])
  }
}
