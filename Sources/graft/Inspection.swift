import Archives
import Foundation
import Tensors
import Volumes

/// What a file or folder is, and the facts a user wants of it.
struct Inspection {
  /// The facts in the order in which they are printed; the first is the kind.
  private(set) var facts: [Fact.Entry] = []
  /// What is odd about the file.
  private(set) var warnings: [String] = []

  /// Looks at the file or the run folder at a path.
  init(of path: String) throws {
    var isFolder: ObjCBool = false
    let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard isThere || DICOMFolder.series(path) != nil else {
      throw InspectError.missing(path: path)
    }
    let isRun = FileManager.default.fileExists(atPath: path + "/recipe.yaml")
    switch isRun ? .run : try FileContent(of: path) {
    case .run: facts = try Inspection.run(path)
    case .dicom: (facts, warnings) = try Inspection.dicom(path)
    case .volume: (facts, warnings) = try Inspection.volume(path)
    case .hdf5: facts = try Inspection.hdf5(path)
    case .tensors: facts = try Inspection.checkpoint(path)
    case .unknown: throw InspectError.unknown(path: path)
    }
    if !warnings.isEmpty { facts.add("warnings", .list(warnings.map { .text($0) })) }
  }

  /// The facts of a volume or a picture.
  static func volume(_ path: String) throws -> ([Fact.Entry], warnings: [String]) {
    let volume = try Volume.read(path)
    let (source, geometry) = (volume.source, volume.geometry)
    var facts: [Fact.Entry] = []
    facts.add("kind", source.format == .png ? "picture" : "volume")
    facts.add("format", source.format.rawValue)
    facts.add("datatype", source.datatype)
    let extents = [geometry.extents.x, geometry.extents.y, geometry.extents.z]
    let plain = source.format == .png ? Array(extents.prefix(2)) : extents
    let stored = volume.channels > 1 && source.format != .png ? plain + [volume.channels] : plain
    facts.add("shape", source.header?.dimensions ?? stored)
    facts.add("channels", .integer(volume.channels))
    if geometry.unit == .millimetre {
      let spacing = geometry.spacing
      facts.add("spacing_mm", [spacing.x, spacing.y, spacing.z])
      facts.add("orientation", geometry.orientation.codes)
      facts.add(
        "affine", .list(geometry.affine.rows.map { .list($0.map { .number($0) }) }))
    }
    let outliers = volume.voxels.values.count { !$0.isFinite }
    if let range = volume.range {
      facts.add("range", [Double(range.lowerBound), Double(range.upperBound)])
    }
    if outliers > 0 { facts.add("not_finite", .integer(outliers)) }
    // The labels of a segmentation are its values; a scan in DICOM is never one of labels.
    if source.format != .dicom || source.datatype == "1 bit",
      let labels = try? LabelVolume.read(path)
    {
      let counts = labels.counts.sorted { $0.key < $1.key }
      if counts.count <= 64 {
        facts.add(
          "labels",
          .facts(counts.map { Fact.Entry(name: "\($0.key)", value: .integer($0.value)) }))
      }
    }
    let odd = outliers > 0 ? ["\(outliers) voxels are not finite."] : []
    return (facts, source.warnings + odd)
  }

  /// The facts of a pack, or what any other HDF5 file holds.
  private static func hdf5(_ path: String) throws -> [Fact.Entry] {
    let file = try HDF5File(reading: path)
    if let facts = try pack(file) { return facts }
    var facts: [Fact.Entry] = []
    facts.add("kind", "hdf5")
    var datasets: [Fact.Entry] = []
    try list("", of: file, into: &datasets)
    facts.add("datasets", .facts(datasets))
    return facts
  }

  private static func list(
    _ group: String, of file: HDF5File, into datasets: inout [Fact.Entry]
  ) throws {
    for (name, kind) in try file.members(of: group.isEmpty ? "/" : group) {
      let path = group.isEmpty ? name : "\(group)/\(name)"
      switch kind {
      case .group: try list(path, of: file, into: &datasets)
      case .dataset:
        let layout = try file.layout(of: path)
        datasets.add(path, "\(layout.kind) \(layout.elementBytes * 8) bit \(layout.shape)")
      case .other: datasets.add(path, "other")
      }
    }
  }
}

/// What a file holds, by its first bytes, or a folder.
enum FileContent {
  case run, dicom, volume, hdf5, tensors, unknown

  /// Looks at the first bytes of a file, decompressed where it is gzipped.
  init(of path: String) throws {
    if let (folder, _) = DICOMFolder.series(path) {
      self = DICOMFolder.holdsSeries(folder) ? .dicom : .unknown
      return
    }
    let data = try Data(mapping: path)
    let start =
      Gzip.recognises(data)
      ? (try? Gzip.prefix(of: data, count: 512, source: path)) ?? Data() : Data(data.prefix(512))
    if let kind = VolumeFile(start, path: "") {
      self = kind == .dicom ? .dicom : .volume
    } else if start.starts(with: [0x89, 0x48, 0x44, 0x46]) {
      self = .hdf5
    } else if start.starts(with: Data("PK".utf8)) || start.starts(with: [0x80, 2])
      || start.dropFirst(8).first == UInt8(ascii: "{")
    {
      self = .tensors
    } else {
      self = FileContent(named: path)
    }
  }

  /// What a file's name promises, so that a damaged file is told from a foreign one.
  private init(named path: String) {
    let endings: [([String], FileContent)] = [
      ([".hdr", ".img", ".png"] + VolumeFile.endings, .volume), ([".h5", ".hdf5"], .hdf5),
      ([".dcm"], .dicom),
      ([".pth", ".pt", ".safetensors", ".npz"], .tensors),
    ]
    self = endings.first { $0.0.contains { path.lowercased().hasSuffix($0) } }?.1 ?? .unknown
  }
}
