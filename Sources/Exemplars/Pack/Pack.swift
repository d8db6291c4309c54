import Archives
public import Tensors
public import Volumes

/// A pack open for reading; voxels are read when they are asked for.
///
/// `PackWriter` says how a pack is laid out.
public final class Pack: Sendable {
  /// The path of the file.
  public let path: String
  /// The kind of data set it was made from, such as `nifti`.
  public let dataset: String
  /// The names of the channels, in the order of the images' first axis.
  public let channels: [String]
  /// The classes: their names, class 1 first, and the values of the source that each merges.
  public let labels: LabelMap
  /// The cases in the order of their names.
  public let cases: [PackedCase]
  private let file: HDF5File
  private let positions: [String: Int]

  /// Opens a pack and reads what it says of its cases.
  public init(_ path: String) throws {
    self.path = path
    let file = try HDF5File(reading: path)
    self.file = file
    guard try file.kind(of: "format") == .dataset, try file.kind(of: "cases") == .group else {
      throw ExemplarError.pack(path: path, reason: "it has no /format and /cases")
    }
    let version: [Int64] = try file.read("format")
    guard version == [Int64(PackWriter.version)] else {
      throw ExemplarError.pack(
        path: path, reason: "its version is \(version), this program reads \(PackWriter.version)")
    }
    dataset = try file.string("dataset", of: "format")
    channels = try file.stringAttributes("channels", of: "format")
    labels = try Self.labels(file)
    let reader = PackedCaseReader(file: file, channels: channels.count)
    cases = try file.groups(in: "cases").map { try reader.read($0) }
    positions = Dictionary(uniqueKeysWithValues: cases.enumerated().map { ($1.id, $0) })
  }

  private static func labels(_ file: HDF5File) throws -> LabelMap {
    let names = try file.strings("labels")
    let values: [Int32] = try file.attribute("source_values", of: "labels")
    let classes: [Int32] = try file.attribute("source_classes", of: "labels")
    guard values.count == classes.count, (1...255).contains(names.count),
      classes.allSatisfy({ (0...names.count).contains(Int($0)) })
    else {
      throw ExemplarError.pack(path: file.path, reason: "its /labels do not fit each other")
    }
    return LabelMap(
      names.enumerated().map { index, name in
        LabelMap.Class(
          name: name,
          values: zip(values, classes).filter { Int($0.1) == index + 1 }.map(\.0))
      }, background: zip(values, classes).filter { $0.1 == 0 }.map(\.0))
  }

  /// The case of a name.
  public func entry(_ id: String) throws -> PackedCase {
    guard let position = positions[id] else {
      throw ExemplarError.pack(path: path, reason: "it has no case \(id)")
    }
    return cases[position]
  }

  /// The cases of a split, in the order of their names.
  public func cases(in split: String) -> [PackedCase] { cases.filter { $0.split == split } }

  /// The cases of the split `train`, or all where no case is in a split.
  public var trainingCases: [PackedCase] {
    cases.contains { $0.split != nil } ? cases(in: "train") : cases
  }

  /// The SHA-256 of the pack's bytes, in hexadecimal digits.
  public func digest() throws -> String { try Digest.sha256(ofFile: path) }

  /// The canonical image [C, D, H, W] of a case, which knows the grid of its source.
  public func image(_ id: String) throws -> Volume {
    let entry = try entry(id)
    let values: [Float] = try file.read("cases/\(id)/image")
    return Volume(
      voxels: Tensor([channels.count] + entry.geometry.shape, values), geometry: entry.geometry,
      source: Source(entry.sourceGeometry))
  }

  /// The canonical classes [D, H, W] of a case, 0 for the background, which know the grid of their source.
  public func classes(_ id: String) throws -> LabelVolume {
    let entry = try entry(id)
    let values: [UInt8] = try file.read("cases/\(id)/label")
    try check(values, id)
    return LabelVolume(
      values: values.map(Int32.init), geometry: entry.geometry, source: Source(entry.sourceGeometry)
    )
  }

  /// One axial slice [C, H, W] of a case's canonical image.
  public func slice(_ id: String, _ position: Int) throws -> Tensor {
    let extents = try entry(id).geometry.extents
    let values: [Float] = try file.read(
      "cases/\(id)/image", from: [0, position, 0, 0],
      count: [channels.count, 1, extents.y, extents.x])
    return Tensor([channels.count, extents.y, extents.x], values)
  }

  /// The classes [H, W] of one axial slice of a case.
  public func classSlice(_ id: String, _ position: Int) throws -> [UInt8] {
    let extents = try entry(id).geometry.extents
    let values: [UInt8] = try file.read(
      "cases/\(id)/label", from: [position, 0, 0], count: [1, extents.y, extents.x])
    try check(values, id)
    return values
  }

  private func check(_ values: [UInt8], _ id: String) throws {
    guard let largest = values.max(), Int(largest) > labels.classes.count else { return }
    throw ExemplarError.pack(
      path: path,
      reason: "the case \(id) has the class \(largest), its /labels name \(labels.classes.count)")
  }
}

/// Reads and checks what a pack says of a case.
struct PackedCaseReader {
  let file: HDF5File
  let channels: Int

  func read(_ id: String) throws -> PackedCase {
    let group = "cases/\(id)"
    let unitName = try file.string("unit", of: group)
    guard let unit = LengthUnit(rawValue: unitName) else {
      throw problem(id, "the unit is \(unitName)")
    }
    let image = try file.layout(of: "\(group)/image")
    let label = try file.layout(of: "\(group)/label")
    guard image.shape.count == 4, image.shape[0] == channels, image.shape.allSatisfy({ $0 > 0 }),
      image.isNumeric, label.shape == Array(image.shape.dropFirst()), label.kind == .unsigned
    else {
      throw problem(
        id, "image \(image.shape) and label \(label.shape) do not fit, or are not numbers")
    }
    let geometry = Geometry(
      extents: SIMD3(image.shape[3], image.shape[2], image.shape[1]),
      affine: try affine("affine", group, id), unit: unit)
    guard geometry.orientation == .canonical else {
      throw problem(id, "the voxels are \(geometry.orientation.codes), not RAS")
    }
    let window: [Float]? = try optional("window", group) { try file.attribute("window", of: group) }
    if let window {
      guard window.count == 2, window[0] < window[1] else {
        throw problem(id, "the window is \(window)")
      }
    }
    return PackedCase(
      id: id, geometry: geometry, sourceGeometry: try sourceGeometry(group, id, geometry),
      images: try files("image", group), labels: try files("label", group),
      split: try optional("split", group) { try file.string("split", of: group) },
      centre: try optional("centre", group) { try file.string("centre", of: group) },
      window: window.map { $0[0]...$0[1] },
      origin: try optional("synthesised_from", group) { try SynthesisOrigin(group, of: file) })
  }

  private func sourceGeometry(
    _ group: String, _ id: String, _ geometry: Geometry
  ) throws -> Geometry {
    let extents: [Int64] = try file.attribute("source_extents", of: group)
    let own = [geometry.extents.x, geometry.extents.y, geometry.extents.z].sorted()
    guard extents.count == 3, extents.map({ Int($0) }).sorted() == own else {
      throw problem(id, "the source's extents are \(extents)")
    }
    return Geometry(
      extents: SIMD3(Int(extents[0]), Int(extents[1]), Int(extents[2])),
      affine: try affine("source_affine", group, id), unit: geometry.unit)
  }

  /// An affine whose columns are finite and do not lie in one plane.
  private func affine(_ name: String, _ group: String, _ id: String) throws -> Affine {
    let values: [Double] = try file.attribute(name, of: group)
    let rows = stride(from: 0, to: values.count - 3, by: 4).map { Array(values[$0..<$0 + 4]) }
    guard values.count == 16, let affine = Affine(rows: rows), affine.isFinite,
      affine.spansSpace
    else { throw problem(id, "the \(name) is no map of three axes") }
    return affine
  }

  private func files(_ role: String, _ group: String) throws -> [PackedCase.File] {
    let names = try file.stringAttributes("\(role)_files", of: group)
    let digests = try file.stringAttributes("\(role)_sha256", of: group)
    return zip(names, digests).map(PackedCase.File.init)
  }

  private func optional<Value>(
    _ name: String, _ group: String, _ read: () throws -> Value
  ) throws -> Value? {
    try file.attributes(of: group).contains(name) ? try read() : nil
  }

  private func problem(_ id: String, _ reason: String) -> ExemplarError {
    .pack(path: file.path, reason: "the case \(id) is damaged: \(reason)")
  }
}

extension Affine {
  /// Whether the three columns are of the lengths voxels have and independent, so that each voxel has its own place.
  var spansSpace: Bool {
    guard spacing.min() > 1e-6, spacing.max() < 1e6 else { return false }
    let (a, b, c) = (columns[0], columns[1], columns[2])
    let determinant =
      a.x * (b.y * c.z - b.z * c.y) - a.y * (b.x * c.z - b.z * c.x) + a.z * (b.x * c.y - b.y * c.x)
    return abs(determinant) > 1e-6 * spacing.x * spacing.y * spacing.z
  }
}
