import Archives
import Foundation
import Tensors
import Volumes

/// How the files a descriptor names become a case.
struct CaseAssembly: Sendable, Equatable {
  /// The paths of the label files.
  var labels: [String] = []
  /// The number of channels the image must have; nil where one file a channel tells it.
  var channels: Int?
  /// The image of a file of several that is meant, counted from 0.
  var frame: Int?
  /// The file whose grid the case lies in; nil where all images share one.
  var grid: String?
  var labelGrid = DescribedLayout.LabelGrid.keep
  var mask = DescribedLayout.MaskRule.values
  /// The label that each label file's foreground gets; empty where the files' own values count.
  var values: [Int32] = []
}

extension CaseReader {
  /// The image of a described case, all channels on one grid.
  func image(_ entry: ListedCase, _ assembly: CaseAssembly) throws -> Volume {
    var parts = try entry.images.map { try Volume.read($0) }
    if let frame = assembly.frame {
      parts = try zip(parts, entry.images).map { try $0.frame(frame, of: entry.id, path: $1) }
    }
    if let grid = assembly.grid {
      let geometry =
        try zip(entry.images, parts).first { $0.0 == grid }?.1.geometry
        ?? Volume.read(grid).geometry
      parts = try zip(parts, entry.images).map { part, path in
        if part.geometry.difference(from: geometry) == nil { return part }
        guard let moved = part.resampled(onto: geometry) else {
          throw ExemplarError.voxels(
            id: entry.id, path: path, reason: "its axes lie in one plane, so it has no grid")
        }
        return moved
      }
    }
    let image = try joined(parts, entry)
    if let count = assembly.channels, image.channels != count {
      throw ExemplarError.voxels(
        id: entry.id, path: entry.images[0],
        reason: "it has \(image.channels) channels, the descriptor names \(count)")
    }
    return image
  }

  /// The labels of a described case on the grid of its image, as far as the descriptor allows it to be moved there.
  func labels(
    _ entry: ListedCase, _ assembly: CaseAssembly, onto grid: Geometry
  ) throws -> LabelVolume {
    let isSeries = Folder.isFolder(entry.images[0])
    let parts = try assembly.labels.map { path in
      let areValues = assembly.mask == .values && assembly.values.isEmpty
      let part =
        areValues
        ? try LabelVolume.read(path, on: isSeries ? grid : nil) : try LabelVolume.foreground(path)
      return isSeries ? part.arranged(as: grid) : part
    }
    let labels = try merged(parts, entry, assembly)
    guard assembly.labelGrid == .nearest, labels.geometry.difference(from: grid) != nil else {
      return labels
    }
    guard let moved = labels.resampled(onto: grid) else {
      throw ExemplarError.voxels(
        id: entry.id, path: entry.label, reason: "its axes lie in one plane, so it has no grid")
    }
    return moved
  }

  /// Several masks as one: those of classes must not overlap, those of one class may.
  private func merged(
    _ parts: [LabelVolume], _ entry: ListedCase, _ assembly: CaseAssembly
  ) throws -> LabelVolume {
    let (files, values) = (assembly.labels, assembly.values)
    if parts.count == 1, values.isEmpty { return parts[0] }
    var labels = [Int32](repeating: 0, count: parts[0].geometry.count)
    for (index, part) in parts.enumerated() {
      if let difference = part.geometry.difference(from: parts[0].geometry) {
        throw VolumeError.grids(
          one: files[index], other: files[0], difference: difference)
      }
      let value = values.isEmpty ? 1 : values[index]
      var doubled = 0
      for (at, label) in part.values.enumerated() where label != 0 {
        doubled += labels[at] != 0 && labels[at] != value ? 1 : 0
        labels[at] = value
      }
      guard doubled == 0 else {
        throw ExemplarError.voxels(
          id: entry.id, path: files[index],
          reason:
            "\(doubled) of its voxels belong to another class's mask as well; a voxel has one "
            + "class, so leave one of the masks out of the descriptor or merge them first")
      }
    }
    return LabelVolume(values: labels, geometry: parts[0].geometry, source: parts[0].source)
  }
}

extension Volume {
  /// One image of several that lie in one file.
  fileprivate func frame(_ index: Int, of id: String, path: String) throws -> Volume {
    guard (0..<channels).contains(index) else {
      throw ExemplarError.voxels(
        id: id, path: path,
        reason: "it holds \(channels) images; number \(index + 1) of them is asked for")
    }
    return Volume(
      voxels: voxels.sliced(axis: 0, index..<index + 1), geometry: geometry, source: source)
  }
}

extension LabelVolume {
  /// A mask: 1 where a volume is not 0, or where a picture is neither black nor transparent.
  static func foreground(_ path: String) throws -> LabelVolume {
    if VolumeFile.ending(of: path, among: [".png"]) != nil {
      return foreground(of: try PNG(try Data(mapping: path), source: path))
    }
    let volume = try Volume.read(path)
    guard volume.channels == 1 else {
      throw VolumeError.unsupported(
        path: path, reason: "a mask holds one image, this file holds \(volume.channels)")
    }
    return LabelVolume(
      values: volume.voxels.withPointer { values in
        (0..<volume.geometry.count).map { values[$0] == 0 ? 0 : 1 }
      }, geometry: volume.geometry, source: volume.source)
  }

  /// 1 where a picture is neither black nor transparent.
  static func foreground(of picture: PNG) -> LabelVolume {
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
