import Archives
import Failures
import Foundation
import Tensors
import Volumes

/// A case as read: image and labels in the arrangement of their files, of one grid.
struct LoadedCase {
  let image: Volume
  let labels: LabelVolume
  /// The names of the channels.
  let channels: [String]
}

/// What could be read of a case.
struct CaseParts {
  var image: Volume?
  var labels: LabelVolume?
  /// The names of the image's channels.
  var channels: [String] = []
  /// What is wrong with which files, and why parts are missing.
  var problems: [(failure: any Failure, files: [String])] = []

  /// Takes the parts that `read` makes of some files; bad input becomes a problem, any other failure is thrown.
  mutating func gather(
    _ files: [String], _ read: () throws -> (Volume?, LabelVolume?)
  ) throws {
    do {
      let (image, labels) = try read()
      self.image = image ?? self.image
      self.labels = labels ?? self.labels
    } catch let problem as any Failure where problem.kind == .badInput {
      problems.append((problem, files))
    }
  }
}

extension ListedCase {
  /// What errors call the image: its file, or where there are several the case.
  var imageName: String { images.count == 1 ? images[0] : id }
}

/// Reads cases and checks that what belongs together fits together.
struct CaseReader: Sendable {
  /// The names of the channels, as far as the data set declares them.
  let channels: [String]?
  /// The channels to keep, by name or number, in their new order; nil for all.
  let wanted: [String]?
  /// Whether any mask pixel that is neither black nor transparent counts as 1; palette indices count as they are.
  let binaryMasks: Bool
  /// The classes that masks of one class each are named for.
  let classes: LabelMap?

  /// The case, if nothing is wrong with it.
  func read(_ entry: ListedCase) throws -> LoadedCase {
    let parts = try parts(entry)
    if let problem = parts.problems.first { throw problem.failure }
    guard let image = parts.image, let labels = parts.labels else {
      preconditionFailure("CaseReader: \(entry.id) has neither all its parts nor a problem")
    }
    return LoadedCase(
      image: try image.checkedFinite(entry.imageName), labels: labels, channels: parts.channels)
  }

  /// What can be read of a case, and everything that keeps it from being used but voxels that are not finite.
  func parts(_ entry: ListedCase) throws -> CaseParts {
    var parts = CaseParts()
    switch entry.form {
    case .volumes:
      try parts.gather(entry.images) { try (volume(entry), nil) }
      try parts.gather(entry.labelFiles) { try (nil, .read(entry.label)) }
    case .series:
      try parts.gather(entry.images) { try (.read(entry.images[0]), nil) }
      if let geometry = parts.image?.geometry {
        try parts.gather(entry.labelFiles) { try (nil, .read(entry.label, on: geometry)) }
      }
    case .masks(let files):
      try parts.gather(entry.images) { try (.read(entry.images[0]), nil) }
      if let geometry = parts.image?.geometry {
        try parts.gather(entry.labelFiles) { try (nil, joined(files, entry, geometry)) }
      }
    case .picture:
      try parts.gather(entry.images) { try (.read(entry.images[0]), nil) }
      try parts.gather(entry.labelFiles) { try (nil, mask(entry)) }
    case .slices: try parts.gather(entry.images) { try slices(entry) }
    case .arrays: try parts.gather(entry.images) { try arrays(entry) }
    case .described(let assembly):
      try parts.gather(entry.images) { try (image(entry, assembly), nil) }
      if let geometry = parts.image?.geometry {
        try parts.gather(entry.labelFiles) { try (nil, labels(entry, assembly, onto: geometry)) }
      }
    }
    if let image = parts.image, let labels = parts.labels,
      let difference = labels.geometry.difference(from: image.geometry)
    {
      let grids = VolumeError.grids(
        one: entry.label, other: entry.images[0], difference: difference)
      parts.problems.append((grids, [entry.label, entry.images[0]]))
    }
    if let image = parts.image {
      (parts.image, parts.channels) = try select(image, entry)
    }
    return parts
  }

  /// The image of a described case, as far as its channels are wanted.
  func image(of entry: ListedCase) throws -> Volume {
    guard case .described(let assembly) = entry.form else { return try volume(entry) }
    return try select(try image(entry, assembly), entry).0
  }

  /// One volume, or the volumes of all channels, of one channel each, as one.
  private func volume(_ entry: ListedCase) throws -> Volume {
    try joined(try entry.images.map { try Volume.read($0) }, entry)
  }

  /// Volumes of one grid and one channel each as one; a lone one keeps its channels.
  func joined(_ parts: [Volume], _ entry: ListedCase) throws -> Volume {
    if parts.count == 1 { return parts[0] }
    for (part, path) in zip(parts, entry.images) {
      if let difference = part.geometry.difference(from: parts[0].geometry) {
        throw VolumeError.grids(one: path, other: entry.images[0], difference: difference)
      }
      guard part.channels == 1 else {
        throw ExemplarError.voxels(
          id: entry.id, path: path, reason: "a file of one channel holds \(part.channels)")
      }
    }
    let count = parts[0].geometry.count
    let voxels = Tensor(unfilled: [parts.count] + parts[0].geometry.shape) { target in
      for (channel, part) in parts.enumerated() {
        part.voxels.withPointer { (target + channel * count).update(from: $0, count: count) }
      }
    }
    return Volume(voxels: voxels, geometry: parts[0].geometry, source: parts[0].source)
  }

  /// The wanted channels and the names of all that stay.
  private func select(_ image: Volume, _ entry: ListedCase) throws -> (Volume, [String]) {
    let names =
      channels.flatMap { $0.count == image.channels ? $0 : nil }
      ?? (0..<image.channels).map { "\($0)" }
    guard let wanted else { return (image, names) }
    let positions = try wanted.map { name in
      let found = names.firstIndex { $0.lowercased() == name.lowercased() } ?? Int(name)
      guard let found, names.indices.contains(found) else {
        throw ExemplarError.option(
          "--channels asks for \(name); \(entry.id) has \(names.joined(separator: ", ")).")
      }
      return found
    }
    let count = image.geometry.count
    let voxels = Tensor(unfilled: [positions.count] + image.geometry.shape) { target in
      image.voxels.withPointer { source in
        for (channel, position) in positions.enumerated() {
          (target + channel * count).update(from: source + position * count, count: count)
        }
      }
    }
    return (
      Volume(voxels: voxels, geometry: image.geometry, source: image.source),
      positions.map { names[$0] }
    )
  }

  private func mask(_ entry: ListedCase) throws -> LabelVolume {
    let picture = try PNG(try Data(mapping: entry.label), source: entry.label)
    guard picture.indices == nil else { return try LabelVolume.read(entry.label) }
    if !binaryMasks && picture.isGray { return try LabelVolume.read(entry.label) }
    return .foreground(of: picture)
  }
}

extension PNG {
  /// Whether every pixel is gray.
  fileprivate var isGray: Bool {
    channels < 3
      || (0..<width * height).allSatisfy {
        let at = $0 * channels
        return samples[at] == samples[at + 1] && samples[at] == samples[at + 2]
      }
  }
}

extension Geometry {
  /// Slices without a place in a patient, which lie as they are shown: x towards the left, y downwards to posterior.
  static func picture(width: Int, height: Int, slices: Int) -> Geometry {
    Geometry(
      extents: SIMD3(width, height, slices), affine: Affine(spacing: SIMD3(-1, -1, 1)), unit: .pixel
    )
  }
}
