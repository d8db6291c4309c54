/// Where a frame lies; positions are LPS, in millimetres.
///
/// DICOM PS3.3, section C.7.6.2.
struct DICOMPlane: Sendable {
  /// The centre of the first pixel.
  let position: SIMD3<Double>
  /// The unit vector along a row, towards higher columns.
  let row: SIMD3<Double>
  /// The unit vector along a column, towards higher rows.
  let column: SIMD3<Double>
  /// The distance between columns and between rows.
  let spacing: SIMD2<Double>

  /// The direction slices follow each other in.
  var normal: SIMD3<Double> { row.cross(column) }

  /// How far two frames of a stack may differ in their directions.
  private static let tolerance = 1e-3

  /// Whether the frames of two planes are parallel, turned alike and equally fine.
  func isParallel(to other: DICOMPlane) -> Bool {
    (row - other.row).norm < Self.tolerance && (column - other.column).norm < Self.tolerance
      && abs(spacing.x - other.spacing.x) < Self.tolerance * spacing.x
      && abs(spacing.y - other.spacing.y) < Self.tolerance * spacing.y
  }

  init(
    position: [Double], orientation: [Double], spacing: [Double], path: String
  ) throws(VolumeError) {
    self.position = SIMD3(position[0], position[1], position[2])
    let row = SIMD3(orientation[0], orientation[1], orientation[2])
    let column = SIMD3(orientation[3], orientation[4], orientation[5])
    guard abs(row.norm - 1) < 0.01, abs(column.norm - 1) < 0.01, abs(row.dot(column)) < 0.01 else {
      throw .malformed(
        path: path,
        reason:
          "the Image Orientation (Patient) (0020,0037) \(orientation) is not two directions at "
          + "right angles")
    }
    guard spacing.allSatisfy({ (1e-4...1e4).contains($0) }) else {
      throw .malformed(
        path: path, reason: "the Pixel Spacing (0028,0030) is \(spacing); expected millimetres")
    }
    guard position.allSatisfy({ abs($0) < 1e7 }) else {
      throw .malformed(
        path: path,
        reason: "the Image Position (Patient) (0020,0032) \(position) lies outside of any patient")
    }
    self.row = row / row.norm
    let upright = column - self.row * self.row.dot(column)
    self.column = upright / upright.norm
    self.spacing = SIMD2(spacing[1], spacing[0])
  }
}

/// A frame of a file with what is needed to put it into a volume.
struct DICOMSlice: Sendable {
  let file: DICOMFile
  let image: DICOMImage
  let frame: Int
  /// Where it lies; nil where the file does not say.
  let plane: DICOMPlane?
  let slope: Double
  let intercept: Double
  /// The distance to the next slice, or else the thickness, where the file says one of them.
  let depth: Double?
  /// What may tell apart frames of one position: kind, echo, acquisition, time, diffusion weighting.
  let phase: [String]
  /// The number of the segment a frame of a segmentation belongs to.
  let segment: Int?
}

extension DICOMFile {
  /// The frames in the order of the file; `image` describes their pixels.
  func slices(_ image: DICOMImage) throws(VolumeError) -> [DICOMSlice] {
    let shared = dataSet.items(.sharedGroups).first
    let perFrame = dataSet.items(.perFrameGroups)
    guard perFrame.isEmpty || perFrame.count == image.frames else {
      throw .malformed(
        path: path,
        reason: "there are \(image.frames) frames, but \(perFrame.count) items in the "
          + "Per-Frame Functional Groups Sequence (5200,9230)")
    }
    var slices: [DICOMSlice] = []
    for frame in 0..<image.frames {
      let groups = DICOMGroups(
        frame: perFrame.isEmpty ? nil : perFrame[frame], shared: shared, whole: dataSet)
      slices.append(try slice(frame, groups, image))
    }
    return slices
  }

  private func slice(
    _ frame: Int, _ groups: DICOMGroups, _ image: DICOMImage
  ) throws(VolumeError) -> DICOMSlice {
    let measures = groups[.pixelMeasures]
    let transformation = groups[.pixelValueTransformation]
    let slope = try transformation.numbers(.rescaleSlope, count: 1, path: path)?[0] ?? 1
    let content = groups[.frameContent]
    let phase = [
      dataSet.text(.imageType), dataSet.text(.echoNumbers), dataSet.text(.acquisitionNumber),
      dataSet.text(.temporalPosition) ?? content.text(.stackID), dataSet.text(.triggerTime),
      "\(content.bytes(.temporalPositionIndex))", "\(dataSet.bytes(.diffusionBValue))",
    ]
    return DICOMSlice(
      file: self, image: image, frame: frame, plane: try plane(groups),
      slope: slope == 0 ? 1 : slope,
      intercept: try transformation.numbers(.rescaleIntercept, count: 1, path: path)?[0] ?? 0,
      depth: try depth(measures), phase: phase.map { $0 ?? "" },
      segment: try groups[.segmentIdentification].unsigned(.referencedSegment, path: path))
  }

  private func plane(_ groups: DICOMGroups) throws(VolumeError) -> DICOMPlane? {
    let position = try groups[.planePosition].numbers(.imagePosition, count: 3, path: path)
    let orientation = try groups[.planeOrientation].numbers(.imageOrientation, count: 6, path: path)
    if position == nil, orientation == nil { return nil }
    guard let position else { throw DICOMDataSet.missing(.imagePosition, path: path) }
    guard let orientation else { throw DICOMDataSet.missing(.imageOrientation, path: path) }
    guard let spacing = try groups[.pixelMeasures].numbers(.pixelSpacing, count: 2, path: path)
    else { throw DICOMDataSet.missing(.pixelSpacing, path: path) }
    return try DICOMPlane(
      position: position, orientation: orientation, spacing: spacing, path: path)
  }

  private func depth(_ measures: DICOMDataSet) throws(VolumeError) -> Double? {
    for tag in [DICOMTag.spacingBetweenSlices, .sliceThickness] {
      if let depth = try measures.numbers(tag, count: 1, path: path)?[0],
        (1e-4...1e4).contains(depth)
      {
        return depth
      }
    }
    return nil
  }
}

/// The functional groups of a frame: its own, else those all frames share, else the file's own elements.
private struct DICOMGroups {
  let frame: DICOMDataSet?
  let shared: DICOMDataSet?
  let whole: DICOMDataSet

  subscript(_ sequence: DICOMTag) -> DICOMDataSet {
    frame?.items(sequence).first ?? shared?.items(sequence).first ?? whole
  }
}
