import Archives
import Tensors
public import Volumes

/// A pack being written, case by case.
///
/// A pack is HDF5 that h5py reads without a plugin:
///
///     /format                 the version, 1; attributes dataset (the kind packed), channels (names)
///     /labels                 the names of the classes, class 1 first; attributes source_values and, of the same
///                             length, source_classes: which value of the source belongs to which class (0: the
///                             background)
///     /cases/<id>             attributes affine [4, 4] (voxel x, y, z to RAS+ mm), spacing [3] (W, H, D),
///                             unit, source_affine, source_extents [3] (W, H, D), image_files, image_sha256,
///                             label_files, label_sha256, and where known split, centre, window [2]; of a synthesised
///                             case, whose files are its exemplar's, synthesised_from (the exemplar and who it was
///                             morphed with), synthesis_kinds, synthesis_seed and synthesis_index
///     /cases/<id>/image       [C, D, H, W] int16 where every value is such a whole number, else float32
///     /cases/<id>/label       [D, H, W] uint8: the class of each voxel
///
/// Voxels are canonical: W runs towards right, H towards anterior, D towards superior. A chunk is one slice, shuffled
/// and deflated.
public final class PackWriter {
  /// The version of the layout.
  public static let version: Int32 = 1

  private let file: HDF5Writer
  private let channels: Int
  private let classes: Int

  private init(_ file: HDF5Writer, channels: Int, classes: Int) {
    self.file = file
    self.channels = channels
    self.classes = classes
  }

  /// Writes the pack at `path`: the cases that `body` adds, or, on any failure, nothing.
  public static func write(
    to path: String, dataset: String, channels: [String], labels: LabelMap,
    _ body: (PackWriter) throws -> Void
  ) throws {
    try HDF5File.write(to: path) { file in
      try file.write([version], as: "format", shape: [])
      try file.set("dataset", of: "format", to: dataset)
      try file.set("channels", of: "format", to: channels)
      try file.write(strings: labels.names, as: "labels")
      let pairs =
        labels.classes.enumerated().flatMap { index, entry in
          entry.values.map { (value: $0, index: Int32(index + 1)) }
        } + labels.background.map { (value: $0, index: 0) }
      try file.set("source_values", of: "labels", to: pairs.map(\.value))
      try file.set("source_classes", of: "labels", to: pairs.map(\.index))
      try file.createGroup("cases")
      try body(PackWriter(file, channels: channels.count, classes: labels.classes.count))
    }
  }

  /// Adds a case: its canonical image [C, D, H, W] and the class of each voxel [D, H, W].
  public func add(_ entry: PackedCase, image: Volume, classes: [UInt8]) throws {
    precondition(
      image.geometry == entry.geometry && classes.count == entry.geometry.count,
      "PackWriter.add: image \(image.voxels.shape) and \(classes.count) classes for \(entry.geometry)"
    )
    precondition(
      image.channels == channels && classes.allSatisfy { $0 <= self.classes },
      "PackWriter.add: \(image.channels) channels in a pack of \(channels), or a class above \(self.classes)"
    )
    precondition(PackedCase.isName(entry.id), "PackWriter.add: no case can be named \(entry.id)")
    let group = "cases/\(entry.id)"
    try file.createGroup(group)
    try describe(entry, group)
    try write(image.voxels, group)
    let plane = Array(entry.geometry.shape.dropFirst())
    try file.write(
      classes, as: "\(group)/label", shape: entry.geometry.shape, chunk: [1] + plane)
  }

  private func describe(_ entry: PackedCase, _ group: String) throws {
    let (grid, source) = (entry.geometry, entry.sourceGeometry)
    try file.set("affine", of: group, to: grid.affine.rows.flatMap { $0 }, shape: [4, 4])
    try file.set("spacing", of: group, to: [grid.spacing.x, grid.spacing.y, grid.spacing.z])
    try file.set("unit", of: group, to: grid.unit.rawValue)
    try file.set("source_affine", of: group, to: source.affine.rows.flatMap { $0 }, shape: [4, 4])
    try file.set(
      "source_extents", of: group,
      to: [source.extents.x, source.extents.y, source.extents.z].map(Int64.init))
    try file.set("image_files", of: group, to: entry.images.map(\.name))
    try file.set("image_sha256", of: group, to: entry.images.map(\.digest))
    try file.set("label_files", of: group, to: entry.labels.map(\.name))
    try file.set("label_sha256", of: group, to: entry.labels.map(\.digest))
    if let split = entry.split { try file.set("split", of: group, to: split) }
    if let centre = entry.centre { try file.set("centre", of: group, to: centre) }
    if let window = entry.window {
      try file.set("window", of: group, to: [window.lowerBound, window.upperBound])
    }
    if let origin = entry.origin { try origin.write(to: group, of: file) }
  }

  /// Writes the image slice by slice, so that only one slice is held twice.
  private func write(_ voxels: Tensor, _ group: String) throws {
    let shape = voxels.shape
    let plane = shape[2] * shape[3]
    let isWhole = voxels.withPointer { values in
      (0..<voxels.count).allSatisfy {
        values[$0] == values[$0].rounded() && abs(values[$0]) <= 32767
      }
    }
    try file.create(
      "\(group)/image", shape: shape, type: isWhole ? .int16 : .float,
      chunk: [1, 1, shape[2], shape[3]])
    for slice in 0..<shape[0] * shape[1] {
      let values = voxels.withPointer {
        Array(UnsafeBufferPointer(start: $0 + slice * plane, count: plane))
      }
      let start = [slice / shape[1], slice % shape[1], 0, 0]
      let count = [1, 1, shape[2], shape[3]]
      if isWhole {
        try file.write(values.map { Int16($0) }, to: "\(group)/image", at: start, count: count)
      } else {
        try file.write(values, to: "\(group)/image", at: start, count: count)
      }
    }
  }
}
