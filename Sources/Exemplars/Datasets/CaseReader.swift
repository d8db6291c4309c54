import Archives
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

  func read(_ entry: ListedCase) throws -> LoadedCase {
    let (image, labels): (Volume, LabelVolume)
    switch entry.form {
    case .volumes: (image, labels) = (try volume(entry), try LabelVolume.read(entry.label))
    case .series:
      image = try Volume.read(entry.images[0])
      labels = try LabelVolume.read(entry.label, on: image.geometry)
    case .masks(let files):
      image = try Volume.read(entry.images[0])
      labels = try joined(files, entry, image.geometry)
    case .picture:
      image = try Volume.read(entry.images[0])
      labels = try mask(entry)
    case .slices: (image, labels) = try slices(entry)
    case .arrays: (image, labels) = try arrays(entry)
    }
    if let difference = labels.geometry.difference(from: image.geometry) {
      throw VolumeError.grids(one: entry.label, other: entry.images[0], difference: difference)
    }
    let (kept, names) = try select(image, entry)
    let name = entry.images.count == 1 ? entry.images[0] : entry.id
    return LoadedCase(image: try kept.checkedFinite(name), labels: labels, channels: names)
  }

  /// One volume, or the volumes of all channels, of one channel each, as one.
  private func volume(_ entry: ListedCase) throws -> Volume {
    let parts = try entry.images.map { try Volume.read($0) }
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
    let colours = picture.channels >= 3 ? 3 : 1
    let hasAlpha = picture.channels % 2 == 0
    let values = (0..<picture.width * picture.height).map { pixel -> Int32 in
      let samples = picture.samples[pixel * picture.channels..<(pixel + 1) * picture.channels]
      let isClear = hasAlpha && samples.last == 0
      return !isClear && samples.prefix(colours).contains { $0 != 0 } ? 1 : 0
    }
    return LabelVolume(
      values: values, geometry: .picture(width: picture.width, height: picture.height, slices: 1))
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
