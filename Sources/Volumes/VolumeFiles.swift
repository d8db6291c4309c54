import Archives
public import Foundation
import Tensors

/// The kinds of file that hold a volume or a picture.
public enum VolumeFile: Sendable {
  /// NIfTI, one file or a pair.
  case nifti
  /// NRRD, attached or detached.
  case nrrd
  /// MetaImage, attached or detached.
  case metaImage
  /// DICOM, a file of a series or of several frames.
  case dicom
  /// A PNG picture.
  case png

  /// The endings of the names of volumes; a header is named for both of its files.
  public static let endings = [".nii.gz", ".nii", ".nrrd", ".nhdr", ".mha", ".mhd"]

  /// The endings of the names masks are written under.
  public static let maskEndings = [".nii.gz", ".nii", ".nrrd", ".mha", ".png"]

  /// The ending of a path that is among some, whatever its case; nil where there is none.
  public static func ending(of path: String, among endings: [String]) -> String? {
    let lower = path.lowercased()
    return endings.first { lower.hasSuffix($0) }
  }

  /// The kind that a file's first bytes show, or else its name; nil for any other.
  public init?(_ bytes: Data, path: String) {
    if PNG.recognises(bytes) {
      self = .png
    } else if NRRD.recognises(bytes) {
      self = .nrrd
    } else if MetaImage.recognises(bytes) {
      self = .metaImage
    } else if DICOMFile.recognises(bytes) {
      self = .dicom
    } else if let prefix = try? NIfTIFile.prefix(of: bytes, path: path),
      NIfTIHeader.isHeader(prefix)
    {
      self = .nifti
    } else {
      let names: [(VolumeFile, [String])] = [
        (.nifti, [".nii.gz", ".nii", ".hdr", ".img"]), (.nrrd, [".nrrd", ".nhdr"]),
        (.metaImage, [".mha", ".mhd"]), (.dicom, DICOMFile.endings), (.png, [".png"]),
      ]
      guard let named = names.first(where: { Self.ending(of: path, among: $0.1) != nil }) else {
        return nil
      }
      self = named.0
    }
  }

  /// The SHA-256 of a file; of a detached header of text, of header and data together; of a DICOM series, of its files
  /// in the order of their slices.
  public static func digest(of path: String) throws(VolumeError) -> String {
    if let (folder, number) = DICOMFolder.series(path) {
      return try DICOMFolder(folder).digest(number)
    }
    let bytes = try fileBytes(path)
    var digest = Digest.Running()
    digest.update(bytes)
    let header = try? VolumeFile(bytes, path: path)?.textHeader(bytes, path: path)
    if let data = header?.dataFile { digest.update(try fileBytes(data)) }
    return digest.hexadecimal
  }

  /// What the header of text says; nil for the kinds that have none.
  fileprivate func textHeader(_ bytes: Data, path: String) throws(VolumeError) -> TextHeader? {
    switch self {
    case .nrrd: try NRRD(bytes, path: path).header()
    case .metaImage: try MetaImage(bytes, path: path).header()
    case .nifti, .dicom, .png: nil
    }
  }
}

extension Volume {
  /// Reads a NIfTI, NRRD or MetaImage file, in one piece or a header with its data, a DICOM file or a PNG picture, told
  /// apart by content; or the DICOM series of a folder, `FOLDER#N` being the N-th of several.
  ///
  /// The image keeps the arrangement of the file; `canonical` turns it. Values are scaled as the file says.
  public static func read(_ path: String) throws(VolumeError) -> Volume {
    if let (folder, number) = DICOMFolder.series(path) { return try dicom(folder, number: number) }
    let bytes = try fileBytes(path)
    let kind = VolumeFile(bytes, path: path)
    if kind == .dicom { return try dicom(path) }
    if kind == .png { return try picture(bytes, path: path) }
    if let header = try kind?.textHeader(bytes, path: path) {
      return try TextHeadedFile(header, path: path, bytes: bytes).volume
    }
    return try NIfTI.volume(NIfTIFile(path: path, bytes: bytes))
  }

  /// Writes the image in the grid of its source, as 32-bit floats: `.nii`, `.nii.gz` or `.nrrd` by name.
  ///
  /// A canonical image is turned back first. The file appears whole or not at all.
  public func write(_ path: String) throws(VolumeError) {
    switch VolumeFile.ending(of: path, among: [".nii.gz", ".nii", ".nrrd"]) {
    case ".nii.gz": try write(Gzip.compressed(nifti), to: path)
    case ".nii": try write(nifti, to: path)
    case ".nrrd": try write(nrrd, to: path)
    default:
      throw .unsupported(path: path, reason: "volumes are written as .nii, .nii.gz or .nrrd")
    }
  }

  private func write(_ data: Data, to path: String) throws(VolumeError) {
    do throws(ArchiveError) { try AtomicFile.write(data, to: path) } catch { throw .archive(error) }
  }
}

extension LabelVolume {
  /// Reads whole-number labels off a NIfTI, NRRD, MetaImage or DICOM file or a PNG picture, told apart by content, or off
  /// a folder of DICOM files.
  ///
  /// Labels stored as floats are accepted where every one is a whole number; the error names the first that is not.
  /// For labels of an image, `grid` is its geometry: the frames of a DICOM segmentation are then put where they lie in
  /// the image, and labels whose axes run otherwise are turned. Labels of another grid come back in their own.
  public static func read(_ path: String, on grid: Geometry? = nil) throws(VolumeError)
    -> LabelVolume
  {
    let labels = try stored(path, on: grid)
    return grid.map { labels.arranged(as: $0) } ?? labels
  }

  private static func stored(_ path: String, on grid: Geometry?) throws(VolumeError) -> LabelVolume
  {
    if let (folder, number) = DICOMFolder.series(path) {
      return try dicom(folder, number: number, on: grid)
    }
    let bytes = try fileBytes(path)
    let kind = VolumeFile(bytes, path: path)
    if kind == .dicom { return try dicom(path, on: grid) }
    if kind == .png { return try picture(bytes, path: path) }
    if let header = try kind?.textHeader(bytes, path: path) {
      return try TextHeadedFile(header, path: path, bytes: bytes).labels()
    }
    return try NIfTI.labels(NIfTIFile(path: path, bytes: bytes))
  }

  /// Writes the labels in the grid of their source: `.nii`, `.nii.gz`, `.nrrd`, `.mha` or `.png` by name.
  ///
  /// Canonical labels are turned back first. The file appears whole or not at all.
  public func write(_ path: String) throws(VolumeError) {
    let file: Data
    switch VolumeFile.ending(of: path, among: VolumeFile.maskEndings) {
    case ".nii.gz": file = Gzip.compressed(nifti)
    case ".nii": file = nifti
    case ".nrrd": file = nrrd
    case ".mha": file = metaImage
    case ".png": file = try picture(path)
    default:
      throw .unsupported(
        path: path, reason: "labels are written as .nii, .nii.gz, .nrrd, .mha or .png")
    }
    do throws(ArchiveError) { try AtomicFile.write(file, to: path) } catch { throw .archive(error) }
  }
}
