public import Tensors

/// The plane a volume is cut in, as a recipe names it.
public enum Plane: String, Sendable, Codable, CaseIterable {
  /// Perpendicular to the axis of the coarsest spacing: how the scan was taken.
  case acquired
  /// Perpendicular to inferior - superior.
  case axial
  /// Perpendicular to posterior - anterior.
  case coronal
  /// Perpendicular to left - right.
  case sagittal

  /// The slices of a canonical grid in this plane.
  ///
  /// `acquired` is axial where no axis is coarser than the two others by more than 1e-3 mm; an image of one voxel along
  /// exactly one axis is taken across that axis.
  public func slices(of geometry: Geometry) -> Slices {
    precondition(
      geometry.orientation == .canonical,
      "Plane: slices are cut of canonical volumes, this one runs \(geometry.orientation.codes)")
    switch self {
    case .axial: return Slices(geometry, axis: 2)
    case .coronal: return Slices(geometry, axis: 1)
    case .sagittal: return Slices(geometry, axis: 0)
    case .acquired:
      let flat = (0..<3).filter { geometry.extents[$0] == 1 }
      if flat.count == 1 { return Slices(geometry, axis: flat[0]) }
      let spacing = geometry.spacing
      let coarsest = (0..<3).filter { axis in
        (0..<3).allSatisfy { $0 == axis || spacing[axis] > spacing[$0] + Geometry.tolerance }
      }
      return Slices(geometry, axis: coarsest.first ?? 2)
    }
  }
}

/// How a canonical volume falls into slices as radiology shows them.
///
/// Axial: the patient's right at the left edge, anterior at the top. Coronal: right at the left, superior at the top.
/// Sagittal: anterior at the left, superior at the top. In each of them both axes of the slice run against the volume's.
public struct Slices: Sendable, Equatable {
  /// The plane: axial, coronal or sagittal.
  public let plane: Plane
  /// The number of slices.
  public let count: Int
  /// The rows of a slice.
  public let height: Int
  /// The columns of a slice.
  public let width: Int
  /// The distance between rows and between columns, in the geometry's unit (mm).
  public let spacing: (row: Double, column: Double)
  /// The distance between slices, in the geometry's unit (mm).
  public let distance: Double
  /// The canonical grid.
  public let geometry: Geometry
  /// The position of the first pixel of slice 0 in a volume, and what to add for a row, a column and a slice.
  private let start: Int
  private let rowStep: Int
  private let columnStep: Int
  private let sliceStep: Int

  fileprivate init(_ geometry: Geometry, axis: Int) {
    let (across, down) = [(1, 2), (0, 2), (0, 1)][axis]
    let extents = geometry.extents
    let strides = [1, extents.x, extents.x * extents.y]
    plane = [.sagittal, .coronal, .axial][axis]
    count = extents[axis]
    height = extents[down]
    width = extents[across]
    spacing = (geometry.spacing[down], geometry.spacing[across])
    distance = geometry.spacing[axis]
    self.geometry = geometry
    start = strides[down] * (extents[down] - 1) + strides[across] * (extents[across] - 1)
    rowStep = -strides[down]
    columnStep = -strides[across]
    sliceStep = strides[axis]
  }

  /// Whether both are slices of the same kind of the same grid.
  public static func == (one: Slices, other: Slices) -> Bool {
    one.plane == other.plane && one.geometry == other.geometry
  }

  /// Calls `body` with the position in a slice (row-major) and in a volume of every pixel of slice `index`.
  @inline(__always)
  private func forEachPixel(of index: Int, _ body: (_ pixel: Int, _ voxel: Int) -> Void) {
    precondition((0..<count).contains(index), "Slices: \(index) is outside 0..<\(count)")
    for row in 0..<height {
      var voxel = start + index * sliceStep + row * rowStep
      for pixel in row * width..<(row + 1) * width {
        body(pixel, voxel)
        voxel += columnStep
      }
    }
  }

  private func check(_ found: Geometry) {
    precondition(
      found.extents == geometry.extents,
      "Slices: cut for extents \(geometry.extents), the volume has \(found.extents)")
  }

  /// Slice `index` of a canonical image: [C, h, w].
  public func image(_ index: Int, of volume: Volume) -> Tensor {
    check(volume.geometry)
    let size = geometry.count
    return Tensor(unfilled: [volume.channels, height, width]) { target in
      volume.voxels.withPointer { source in
        for channel in 0..<volume.channels {
          let (to, from) = (target + channel * height * width, source + channel * size)
          forEachPixel(of: index) { pixel, voxel in to[pixel] = from[voxel] }
        }
      }
    }
  }

  /// Slice `index` of a canonical volume of classes or other whole numbers [D, H, W]: [h, w].
  public func labels<Label: FixedWidthInteger & BitwiseCopyable>(
    _ index: Int, of values: [Label]
  ) -> [Label] {
    precondition(
      values.count == geometry.count,
      "Slices: cut for \(geometry.count) voxels, \(values.count) labels were given")
    return [Label](unsafeUninitializedCapacity: height * width) { target, count in
      values.withUnsafeBufferPointer { source in
        forEachPixel(of: index) { pixel, voxel in target[pixel] = source[voxel] }
      }
      count = height * width
    }
  }

  /// Puts slice `index` [h, w] into a canonical volume of whole numbers [D, H, W].
  public func put<Label: FixedWidthInteger & BitwiseCopyable>(
    _ slice: [Label], _ index: Int, into values: inout [Label]
  ) {
    precondition(
      values.count == geometry.count && slice.count == height * width,
      "Slices: a slice of \(slice.count) pixels and a volume of \(values.count) voxels do not fit "
        + "\(height) x \(width) and \(geometry.count)")
    values.withUnsafeMutableBufferPointer { target in
      slice.withUnsafeBufferPointer { source in
        forEachPixel(of: index) { pixel, voxel in target[voxel] = source[pixel] }
      }
    }
  }

  /// Puts slice `index` [C, h, w] into the values [C, D, H, W] of a canonical image.
  public func put(_ slice: Tensor, _ index: Int, into voxels: inout Tensor) {
    let channels = slice.shape[0]
    precondition(
      slice.shape == [channels, height, width] && voxels.shape == [channels] + geometry.shape,
      "Slices: a slice \(slice.shape) does not fit into voxels \(voxels.shape)")
    let size = geometry.count
    voxels.withMutablePointer { target in
      slice.withPointer { source in
        for channel in 0..<channels {
          let (to, from) = (target + channel * size, source + channel * height * width)
          forEachPixel(of: index) { pixel, voxel in to[voxel] = from[pixel] }
        }
      }
    }
  }
}
