import Archives
import Tensors
import Volumes

extension CaseReader {
  /// The npz slices of a case as one volume; `image` and `label` [H, W] are in each.
  func slices(_ entry: ListedCase) throws -> (Volume, LabelVolume) {
    var (values, labels): ([Float], [Int32]) = ([], [])
    var shape: [Int] = []
    let rounding = Rounding()
    var types: Set<String> = []
    for path in entry.images {
      let file = try NPZ(contentsOf: path)
      let image = try file.array("image")
      let label = try file.array("label")
      if shape.isEmpty { shape = image.shape }
      guard shape.count == 2, image.shape == shape, label.shape == shape, image.count > 0 else {
        throw ExemplarError.voxels(
          id: entry.id, path: path,
          reason:
            "image \(image.shape) and label \(label.shape) are not slices [H, W] of the shape \(shape)"
        )
      }
      let floats = image.floats
      if image.type.mayRound { rounding.compare(image.doubles, with: floats) }
      types.insert(image.type.rawValue)
      values += floats
      guard let whole = label.integers?.map(Int32.init(exactly:)) else {
        throw ExemplarError.voxels(id: entry.id, path: path, reason: "a label is no whole number")
      }
      labels += try whole.map { try Self.label($0, entry, path) }
    }
    return volumes(
      [entry.images.count] + shape, values, labels,
      types: types.sorted().joined(separator: ", "), rounding)
  }

  /// An HDF5 file of a case, `image` and `label` [D, H, W].
  func arrays(_ entry: ListedCase) throws -> (Volume, LabelVolume) {
    let path = entry.images[0]
    let file = try HDF5File(reading: path)
    let shape = try file.layout(of: "image").shape
    guard shape.count == 3, try file.layout(of: "label").shape == shape, shape.product > 0 else {
      throw ExemplarError.voxels(
        id: entry.id, path: path, reason: "image and label are not of one shape [D, H, W]")
    }
    let labels: [Double] = try file.read("label")
    let values: [Float] = try file.read("image")
    let layout = try file.layout(of: "image")
    let rounding = Rounding()
    if layout.mayRound { rounding.compare(try file.read("image"), with: values) }
    return volumes(
      shape, values, try labels.map { try Self.label(Int32(exactly: $0), entry, path) },
      types: layout.typeName, rounding)
  }

  private static func label(
    _ value: Int32?, _ entry: ListedCase, _ path: String
  ) throws -> Int32 {
    guard let value else {
      throw ExemplarError.voxels(id: entry.id, path: path, reason: "a label is no whole number")
    }
    return value
  }

  private func volumes(
    _ shape: [Int], _ values: [Float], _ labels: [Int32], types: String, _ rounding: Rounding
  ) -> (Volume, LabelVolume) {
    let geometry = Geometry.picture(width: shape[2], height: shape[1], slices: shape[0])
    return (
      Volume(
        voxels: Tensor([1] + shape, values), geometry: geometry,
        source: Source(
          geometry, datatype: types, warnings: [rounding.warning(types)].compactMap(\.self))),
      LabelVolume(values: labels, geometry: geometry)
    )
  }
}

extension ElementType {
  /// Whether 32-bit floats may not hold a number of the type.
  fileprivate var mayRound: Bool { byteCount > (isInteger ? 2 : 4) }
}

extension HDF5Layout {
  /// Whether 32-bit floats may not hold a number of the type.
  fileprivate var mayRound: Bool { elementBytes > (kind == .real ? 4 : 2) }

  /// The type as it is called in the field, such as `float64`.
  fileprivate var typeName: String {
    "\(kind == .real ? "float" : kind == .unsigned ? "uint" : "int")\(8 * elementBytes)"
  }
}
