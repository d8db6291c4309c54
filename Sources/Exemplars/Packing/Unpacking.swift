import Archives
import Foundation
import Tensors
public import Volumes

/// Cases of a pack, to be written back as files that other programs read.
///
///     images/ID.ending        the image, in the grid, orientation and affine of the file it was packed from; where every
///                             channel was a file of its own, images/ID_0000.ending and on
///     labels/ID.ending        the classes, as the smallest value of the source that each merges
///     dataset.json            names of labels and channels as nnU-Net and the Decathlon write them, and the splits
///
/// `graft pack --dataset nifti` (or `png`) reads the folder again. As PNG a volume becomes a folder of one picture a slice.
public struct Unpacking: Sendable {
  /// The pack.
  public let pack: Pack
  /// The cases to be written.
  public let cases: [PackedCase]
  private let format: WrittenFormat?

  /// Some cases of a pack, or all where none are named; without a format each is written as what it was packed from.
  public init(_ pack: Pack, cases ids: [String] = [], format: WrittenFormat? = nil) throws {
    self.pack = pack
    self.format = format
    let wanted = try Set(ids.map { try pack.entry($0).id })
    cases = wanted.isEmpty ? pack.cases : pack.cases.filter { wanted.contains($0.id) }
  }

  /// What the user should know of what the files do not keep, in sentences.
  public var notes: [String] {
    var notes = pack.labels.classes.filter { $0.values.count > 1 }.map { entry in
      "The class \(entry.name) merges the values "
        + "\(entry.values.map { "\($0)" }.joined(separator: ", ")) of the source; it is written as "
        + "\(entry.values[0])."
    }
    if cases.contains(where: { format(of: $0) == .png && $0.geometry.unit == .millimetre }) {
      notes.append(WrittenFormat.pictureNote)
    }
    return notes
  }

  /// Tells how far the work is: cases done, cases in all, name of the next.
  public typealias Progress = (Int, Int, String) throws -> Void

  /// Writes the folder, whole or not at all; one that is there must be empty.
  public func write(to folder: String, progress: Progress = { _, _, _ in }) throws {
    try AtomicFile.replaceFolder(folder, holding: { _ in false }, wrapping: { $0 as any Error }) {
      (temporary: String) throws(any Error) in
      for (position, entry) in cases.enumerated() {
        try progress(position, cases.count, entry.id)
        do { try write(entry, to: temporary) } catch let error as VolumeError {
          throw error.naming(folder, for: temporary)
        }
      }
      try AtomicFile.write(try description, to: temporary + "/dataset.json")
    }
  }

  private func format(of entry: PackedCase) -> WrittenFormat {
    format ?? .like(entry.images.first?.name ?? "")
  }

  /// Whether each channel is to be a file of its own, as it was.
  private var separatesChannels: Bool {
    pack.channels.count > 1 && cases.allSatisfy { $0.images.count == pack.channels.count }
  }

  private func write(_ entry: PackedCase, to folder: String) throws {
    let format = format(of: entry)
    let image = try pack.image(entry.id)
    if separatesChannels {
      for channel in 0..<image.channels {
        let name = "\(entry.id)_" + String(format: "%04d", channel)
        _ = try image.channel(channel).write(as: format, "\(folder)/images/\(name)")
      }
    } else {
      _ = try image.write(as: format, "\(folder)/images/\(entry.id)")
    }
    let classes = try pack.classes(entry.id)
    let labels = pack.labels.labels(
      of: classes.values.map { UInt8($0) }, geometry: classes.geometry, source: classes.source)
    _ = try labels.write(as: format, "\(folder)/labels/\(entry.id)")
  }

  /// The dataset.json; with `channel_names` where each channel is a file of its own, else with `modality`.
  ///
  /// Labels and channels keep their order, which the numbers of classes follow when the folder is packed again.
  private var description: Data {
    get throws {
      let labels = try pack.labels.names.enumerated().map { index, name in
        try "\(Self.quoted(name)): \(pack.labels.outputValue(of: index + 1))"
      }
      let channels = try pack.channels.enumerated()
        .map { try "\"\($0)\": \(Self.quoted($1))" }
      let splits = try Dictionary(grouping: cases.filter { $0.split != nil }) { $0.split ?? "" }
        .sorted { $0.key < $1.key }.map { name, entries in
          let ids = try entries.map { try Self.quoted($0.id) }.joined(separator: ", ")
          return try "\(Self.quoted(name)): [\(ids)]"
        }
      let endings = Set(cases.map { format(of: $0).ending })
      var lines = [
        "\"\(separatesChannels ? "channel_names" : "modality")\": {\(channels.joined(separator: ", "))}",
        "\"labels\": {\((["\"background\": 0"] + labels).joined(separator: ", "))}",
        "\"numTraining\": \(cases.count)",
      ]
      if let ending = endings.first, endings.count == 1 {
        lines.append("\"file_ending\": \"\(ending)\"")
      }
      if !splits.isEmpty { lines.append("\"splits\": {\(splits.joined(separator: ", "))}") }
      return Data("{\n  \(lines.joined(separator: ",\n  "))\n}\n".utf8)
    }
  }

  private static func quoted(_ text: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return String(decoding: try encoder.encode(text), as: UTF8.self)
  }
}

extension Volume {
  /// One channel of the image.
  fileprivate func channel(_ index: Int) -> Volume {
    let count = geometry.count
    let part = Tensor(unfilled: [1] + geometry.shape) { target in
      voxels.withPointer { target.update(from: $0 + index * count, count: count) }
    }
    return Volume(voxels: part, geometry: geometry, source: source)
  }
}

extension VolumeError {
  /// The error with the folder that the user named in place of the one its files were written to.
  fileprivate func naming(_ folder: String, for temporary: String) -> VolumeError {
    func named(_ path: String) -> String {
      path.hasPrefix(temporary) ? folder + path.dropFirst(temporary.count) : path
    }
    return switch self {
    case .unsupported(let path, let reason): .unsupported(path: named(path), reason: reason)
    case .label(let path, let value, let voxel, let reason):
      .label(path: named(path), value: value, voxel: voxel, reason: reason)
    default: self
    }
  }
}
