/// The name of a data element: a group and a number in it.
struct DICOMTag: Hashable, Sendable, CustomStringConvertible {
  let group: UInt16
  let element: UInt16

  init(_ group: UInt16, _ element: UInt16) {
    self.group = group
    self.element = element
  }

  /// The tag as the standard writes it, such as `(0028,0010)`.
  var description: String { "(\(Self.hexadecimal(group)),\(Self.hexadecimal(element)))" }

  private static func hexadecimal(_ number: UInt16) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// The tags graft keeps; whatever else a file says is skipped unread, the patient's name first of all.
///
/// DICOM PS3.6, the registry of data elements.
extension DICOMTag {
  static let transferSyntax = DICOMTag(0x0002, 0x0010)
  static let imageType = DICOMTag(0x0008, 0x0008)
  static let classUID = DICOMTag(0x0008, 0x0016)
  static let instanceUID = DICOMTag(0x0008, 0x0018)
  static let modality = DICOMTag(0x0008, 0x0060)
  static let sliceThickness = DICOMTag(0x0018, 0x0050)
  static let echoNumbers = DICOMTag(0x0018, 0x0086)
  static let spacingBetweenSlices = DICOMTag(0x0018, 0x0088)
  static let triggerTime = DICOMTag(0x0018, 0x1060)
  static let diffusionBValue = DICOMTag(0x0018, 0x9087)
  static let seriesUID = DICOMTag(0x0020, 0x000E)
  static let seriesNumber = DICOMTag(0x0020, 0x0011)
  static let acquisitionNumber = DICOMTag(0x0020, 0x0012)
  static let imagePosition = DICOMTag(0x0020, 0x0032)
  static let imageOrientation = DICOMTag(0x0020, 0x0037)
  static let temporalPosition = DICOMTag(0x0020, 0x0100)
  static let stackID = DICOMTag(0x0020, 0x9056)
  static let temporalPositionIndex = DICOMTag(0x0020, 0x9128)
  static let samplesPerPixel = DICOMTag(0x0028, 0x0002)
  static let photometricInterpretation = DICOMTag(0x0028, 0x0004)
  static let numberOfFrames = DICOMTag(0x0028, 0x0008)
  static let rows = DICOMTag(0x0028, 0x0010)
  static let columns = DICOMTag(0x0028, 0x0011)
  static let pixelSpacing = DICOMTag(0x0028, 0x0030)
  static let bitsAllocated = DICOMTag(0x0028, 0x0100)
  static let bitsStored = DICOMTag(0x0028, 0x0101)
  static let highBit = DICOMTag(0x0028, 0x0102)
  static let pixelRepresentation = DICOMTag(0x0028, 0x0103)
  static let rescaleIntercept = DICOMTag(0x0028, 0x1052)
  static let rescaleSlope = DICOMTag(0x0028, 0x1053)
  static let segmentationType = DICOMTag(0x0062, 0x0001)
  static let segmentNumber = DICOMTag(0x0062, 0x0004)
  static let segmentLabel = DICOMTag(0x0062, 0x0005)
  static let referencedSegment = DICOMTag(0x0062, 0x000B)

  static let frameContent = DICOMTag(0x0020, 0x9111)
  static let planePosition = DICOMTag(0x0020, 0x9113)
  static let planeOrientation = DICOMTag(0x0020, 0x9116)
  static let modalityTable = DICOMTag(0x0028, 0x3000)
  static let pixelMeasures = DICOMTag(0x0028, 0x9110)
  static let pixelValueTransformation = DICOMTag(0x0028, 0x9145)
  static let segments = DICOMTag(0x0062, 0x0002)
  static let segmentIdentification = DICOMTag(0x0062, 0x000A)
  static let sharedGroups = DICOMTag(0x5200, 0x9229)
  static let perFrameGroups = DICOMTag(0x5200, 0x9230)

  static let floatPixelData = DICOMTag(0x7FE0, 0x0008)
  static let doublePixelData = DICOMTag(0x7FE0, 0x0009)
  static let pixelData = DICOMTag(0x7FE0, 0x0010)

  static let item = DICOMTag(0xFFFE, 0xE000)
  static let itemEnd = DICOMTag(0xFFFE, 0xE00D)
  static let sequenceEnd = DICOMTag(0xFFFE, 0xE0DD)

  /// The elements whose values are kept.
  static let values: Set<DICOMTag> = [
    transferSyntax, imageType, classUID, instanceUID, modality, sliceThickness, echoNumbers,
    spacingBetweenSlices, triggerTime, diffusionBValue, seriesUID, seriesNumber,
    acquisitionNumber, imagePosition, imageOrientation, temporalPosition, stackID,
    temporalPositionIndex, samplesPerPixel, photometricInterpretation, numberOfFrames, rows,
    columns, pixelSpacing, bitsAllocated, bitsStored, highBit, pixelRepresentation,
    rescaleIntercept, rescaleSlope, segmentationType, segmentNumber, segmentLabel,
    referencedSegment,
  ]

  /// The sequences whose items are kept.
  static let sequences: Set<DICOMTag> = [
    frameContent, planePosition, planeOrientation, modalityTable, pixelMeasures,
    pixelValueTransformation, segments, segmentIdentification, sharedGroups, perFrameGroups,
  ]

  /// What the standard calls the elements that sentences speak of.
  var name: String {
    switch self {
    case .transferSyntax: "Transfer Syntax UID"
    case .seriesUID: "Series Instance UID"
    case .imagePosition: "Image Position (Patient)"
    case .imageOrientation: "Image Orientation (Patient)"
    case .samplesPerPixel: "Samples per Pixel"
    case .photometricInterpretation: "Photometric Interpretation"
    case .numberOfFrames: "Number of Frames"
    case .rows: "Rows"
    case .columns: "Columns"
    case .pixelSpacing: "Pixel Spacing"
    case .sliceThickness: "Slice Thickness"
    case .spacingBetweenSlices: "Spacing Between Slices"
    case .bitsAllocated: "Bits Allocated"
    case .bitsStored: "Bits Stored"
    case .highBit: "High Bit"
    case .pixelRepresentation: "Pixel Representation"
    case .rescaleIntercept: "Rescale Intercept"
    case .rescaleSlope: "Rescale Slope"
    case .segmentationType: "Segmentation Type"
    case .segmentNumber: "Segment Number"
    case .referencedSegment: "Referenced Segment Number"
    case .perFrameGroups: "Per-Frame Functional Groups Sequence"
    case .pixelData: "Pixel Data"
    default: "element"
    }
  }
}
