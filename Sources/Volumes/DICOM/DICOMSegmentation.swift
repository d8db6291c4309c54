import Foundation

extension DICOMFolder {
  /// The only segmentation, in its own grid or in that of an image; nil where there is none.
  func segmentation(on grid: Geometry? = nil) throws(VolumeError) -> LabelVolume? {
    guard let path = segmentations.first else { return nil }
    guard segmentations.count == 1 else {
      throw .unsupported(
        path: self.path,
        reason: "there are \(segmentations.count) segmentations in it "
          + "(\(segmentations.map(fileName).joined(separator: ", "))); name one of them")
    }
    return try DICOMSegmentation(try DICOMFile(path)).labels(on: grid)
  }
}

/// A segmentation: frames of bits, each of one segment in one place, or frames of labels.
///
/// DICOM PS3.3, section C.8.20. Places without a frame are background.
public struct DICOMSegmentation: Sendable {
  /// A segment: the number its voxels get, and what it is.
  public struct Segment: Sendable, Equatable {
    /// The number.
    public let number: Int
    /// The name of the organ or finding, as the file has it.
    public let label: String
  }

  /// The segments in the order of the file.
  public let segments: [Segment]
  private let file: DICOMFile
  private let image: DICOMImage
  private let slices: [DICOMSlice]

  /// Reads the frames' places of a file; pixels are read with the labels.
  init(_ file: DICOMFile) throws(VolumeError) {
    self.file = file
    guard file.kind == .segmentation else {
      throw .unsupported(path: file.path, reason: "this DICOM file is no segmentation")
    }
    guard file.syntax.pixels != .foreign else {
      throw .unsupported(
        path: file.path,
        reason:
          "a segmentation compressed with \(file.syntax.name) is not read; gdcmconv --raw makes "
          + "an uncompressed one")
    }
    let type = file.dataSet.text(.segmentationType) ?? "BINARY"
    guard ["BINARY", "LABELMAP"].contains(type) else {
      throw .unsupported(
        path: file.path,
        reason: "the segmentation is \(quoted(type)): its voxels belong to a segment in part. Only "
          + "BINARY and LABELMAP are read")
    }
    image = try DICOMImage(file)
    slices = try file.slices(image)
    isMap = type == "LABELMAP"
    var segments: [Segment] = []
    for item in file.dataSet.items(.segments) {
      segments.append(
        Segment(
          number: try item.requiredUnsigned(.segmentNumber, path: file.path),
          label: item.text(.segmentLabel).map(quoted) ?? ""))
    }
    self.segments = segments
  }

  /// The segmentation of a file.
  public init(_ path: String) throws(VolumeError) { try self.init(try DICOMFile(path)) }

  /// Whether pixels are the numbers of segments.
  private let isMap: Bool

  /// The labels in the grid of an image, or in the segmentation's own.
  func labels(on grid: Geometry? = nil) throws(VolumeError) -> LabelVolume {
    let geometry: Geometry
    if let grid { geometry = grid } else { geometry = try ownGeometry() }
    var values = [Int32](repeating: 0, count: geometry.count)
    let frames = try DICOMFrames(file)
    for slice in slices {
      try place(slice, of: frames, in: geometry, &values)
    }
    return LabelVolume(
      values: values, geometry: geometry,
      source: Source(
        format: .dicom, datatype: image.datatype, geometry: geometry, warnings: [], header: nil))
  }

  private func unsupported(_ reason: String) -> VolumeError {
    .unsupported(path: file.path, reason: reason)
  }
}

// MARK: Places

extension DICOMSegmentation {
  /// The steps through a grid's voxels that a frame's pixels take.
  private struct Path {
    /// The voxel of the first pixel.
    let start: SIMD3<Int>
    /// The step to the next column and to the next row.
    let steps: [SIMD3<Int>]
  }

  private func plane(_ slice: DICOMSlice) throws(VolumeError) -> DICOMPlane {
    guard let plane = slice.plane else {
      throw unsupported("the segmentation does not say where in the patient its frames lie")
    }
    return plane
  }

  /// Writes the labels of a frame to where they lie in a grid.
  private func place(
    _ slice: DICOMSlice, of frames: DICOMFrames, in grid: Geometry, _ values: inout [Int32]
  ) throws(VolumeError) {
    guard isMap || slice.segment != nil else {
      throw DICOMDataSet.missing(.referencedSegment, path: file.path)
    }
    let path = try path(of: try plane(slice), in: grid)
    let (number, columns, extents) = (slice.segment ?? 0, image.columns, grid.extents)
    var (outside, doubled) = (0, (count: 0, other: Int32(0)))
    try frames.withStored(slice.frame) { stored in
      for (at, value) in stored.enumerated() where value != 0 {
        let voxel =
          path.start &+ path.steps[0] &* SIMD3(repeating: at % columns)
          &+ path.steps[1] &* SIMD3(repeating: at / columns)
        guard (0..<3).allSatisfy({ (0..<extents[$0]).contains(voxel[$0]) }) else {
          outside += 1
          continue
        }
        let position = (voxel.z * extents.y + voxel.y) * extents.x + voxel.x
        let label = isMap ? Int32(truncatingIfNeeded: value) : Int32(number)
        if values[position] != 0, values[position] != label {
          doubled = (doubled.count + 1, values[position])
        }
        values[position] = label
      }
    }
    guard outside == 0 else {
      throw unsupported("\(outside) voxels of the segmentation lie outside of the image")
    }
    guard doubled.count == 0 else {
      throw unsupported(
        "the segments \(doubled.other) and \(number) overlap (in \(doubled.count) voxels of one "
          + "slice); a voxel has one label. Export them as files of their own")
    }
  }

  /// How far a frame's corners may lie from voxels, in voxels.
  private static let tolerance = 0.05

  /// Where the pixels of a frame lie in a grid; a frame that does not lie on its voxels is refused.
  private func path(of plane: DICOMPlane, in grid: Geometry) throws(VolumeError) -> Path {
    let toRAS = SIMD3<Double>(-1, -1, 1)
    let inverse = grid.affine.inverseColumns
    func index(_ vector: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3(inverse[0].dot(vector), inverse[1].dot(vector), inverse[2].dot(vector))
    }
    let start = index(plane.position * toRAS - grid.affine.translation)
    let steps = [
      index(plane.row * plane.spacing.x * toRAS), index(plane.column * plane.spacing.y * toRAS),
    ]
    let whole = steps.map { $0.rounded(.toNearestOrAwayFromZero) }
    let limit = Self.tolerance
    let fits =
      (start - start.rounded(.toNearestOrAwayFromZero)).norm < limit
      && (steps[0] - whole[0]).norm * Double(image.columns) < limit
      && (steps[1] - whole[1]).norm * Double(image.rows) < limit
      && whole.allSatisfy { $0.dot($0) == 1 } && (0..<3).allSatisfy { abs(start[$0]) < 1e6 }
    guard fits else {
      throw unsupported(
        "a frame of the segmentation does not lie on the voxels of the image: its pixels are "
          + "\(short(plane.spacing.x)) x \(short(plane.spacing.y)) mm and begin at voxel "
          + "\((0..<3).map { String(format: "%.2f", start[$0]) }.joined(separator: ", "))")
    }
    func integer(_ vector: SIMD3<Double>) -> SIMD3<Int> {
      let vector = vector.rounded(.toNearestOrAwayFromZero)
      return SIMD3(Int(vector.x), Int(vector.y), Int(vector.z))
    }
    return Path(start: integer(start), steps: whole.map(integer))
  }

  /// The smallest grid all frames lie in.
  ///
  /// Slices follow each other in the distance the file names, or else in the smallest there is.
  private func ownGeometry() throws(VolumeError) -> Geometry {
    let sorted = slices.sorted()
    let first = try plane(sorted[0])
    var positions: [SIMD3<Double>] = []
    for slice in sorted {
      let plane = try plane(slice)
      guard plane.isParallel(to: first) else {
        throw unsupported("the frames of the segmentation do not lie parallel to each other")
      }
      let isNew = positions.last.map { (plane.position - $0).dot(first.normal) > 1e-3 } ?? true
      if isNew { positions.append(plane.position) }
    }
    let gaps = zip(positions.dropFirst(), positions).map { ($0 - $1).dot(first.normal) }
    let depth = try stepLength(gaps, named: sorted[0].depth)
    let last = positions[positions.count - 1]
    let count = gaps.isEmpty ? 1 : Int((gaps.reduce(0, +) / depth).rounded()) + 1
    guard count <= 1 << 13, image.count * count < 1 << 29 else {
      throw unsupported("the segmentation would have \(count) slices")
    }
    let step = count > 1 ? (last - positions[0]) / Double(count - 1) : first.normal * depth
    let toRAS = SIMD3<Double>(-1, -1, 1)
    return try Geometry(
      checked: Affine(
        columns: [first.row * first.spacing.x, first.column * first.spacing.y, step].map {
          $0 * toRAS
        }, translation: positions[0] * toRAS),
      extents: SIMD3(image.columns, image.rows, count), millimetresPerUnit: 1, path: file.path)
  }

  /// The distance of which all gaps between frames are multiples.
  private func stepLength(_ gaps: [Double], named: Double?) throws(VolumeError) -> Double {
    guard let smallest = gaps.min() else { return named ?? 1 }
    for length in [named, smallest].compactMap(\.self) {
      let total = gaps.reduce(0, +) / length
      guard total < 8192 else { continue }
      let isEven = gaps.allSatisfy { gap in
        let steps = gap / length
        return steps > 0.5 && abs(steps - steps.rounded()) < 0.05
      }
      if isEven { return length }
    }
    throw unsupported(
      "the frames of the segmentation lie in uneven distances (\(short(smallest)) mm and more), so that "
        + "they have no grid of their own")
  }
}

extension Affine {
  /// The rows of the inverse of the three columns, which must span space.
  fileprivate var inverseColumns: [SIMD3<Double>] {
    let crosses = [
      columns[1].cross(columns[2]), columns[2].cross(columns[0]), columns[0].cross(columns[1]),
    ]
    let determinant = columns[0].dot(crosses[0])
    return crosses.map { $0 / determinant }
  }
}
