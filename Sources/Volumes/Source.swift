/// What an image was on disk: enough to write a mask back in exactly the same grid.
public struct Source: Sendable, Equatable {
  /// The kinds of file an image can come from.
  public enum Format: String, Sendable {
    /// NIfTI-1, one file or a pair.
    case nifti1 = "NIfTI-1"
    /// NIfTI-2, one file or a pair.
    case nifti2 = "NIfTI-2"
    /// NRRD, attached or detached.
    case nrrd = "NRRD"
    /// MetaImage, attached or detached.
    case metaImage = "MetaImage"
    /// DICOM: a series of files, or frames of one.
    case dicom = "DICOM"
    /// A PNG picture.
    case png = "PNG"
    /// Made in memory.
    case memory
  }

  /// The kind of file.
  public let format: Format
  /// The type of the stored numbers, such as `int16`.
  public let datatype: String
  /// The grid as stored, before any change of orientation.
  public let geometry: Geometry
  /// What was odd about the file, in sentences for the user.
  public let warnings: [String]
  /// The NIfTI header the image was read with.
  public let header: NIfTIHeader?

  /// The source of an image made in memory, in the given grid; the type is that of the numbers it was made from.
  public init(_ geometry: Geometry, datatype: String = "float32", warnings: [String] = []) {
    self.init(
      format: .memory, datatype: datatype, geometry: geometry, warnings: warnings, header: nil)
  }

  init(
    format: Format, datatype: String, geometry: Geometry, warnings: [String], header: NIfTIHeader?
  ) {
    self.format = format
    self.datatype = datatype
    self.geometry = geometry
    self.warnings = warnings
    self.header = header
  }
}
