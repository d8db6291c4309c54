import Archives
import Foundation
import Tensors

extension Volume {
  /// Reads a NIfTI file (`.nii`, `.nii.gz`, a `.hdr` with its `.img`) or a PNG picture, told apart by content.
  ///
  /// The image keeps the arrangement of the file; `canonical` turns it. Values are scaled as the file says.
  public static func read(_ path: String) throws(VolumeError) -> Volume {
    let bytes = try fileBytes(path)
    if PNG.recognises(bytes) { return try picture(bytes, path: path) }
    return try NIfTI.volume(NIfTIFile(path: path, bytes: bytes))
  }

  /// Writes the image in the grid of its source, as 32-bit floats: `.nii` or `.nii.gz` by name.
  ///
  /// A canonical image is turned back first. The file appears whole or not at all.
  public func write(_ path: String) throws(VolumeError) {
    try writeNIfTI(nifti, path)
  }
}

extension LabelVolume {
  /// Reads whole-number labels off a NIfTI file or a PNG picture, told apart by content.
  ///
  /// Labels stored as floats are accepted where every one is a whole number; the error names the first that is not.
  public static func read(_ path: String) throws(VolumeError) -> LabelVolume {
    let bytes = try fileBytes(path)
    if PNG.recognises(bytes) { return try picture(bytes, path: path) }
    return try NIfTI.labels(NIfTIFile(path: path, bytes: bytes))
  }

  /// Writes the labels in the grid of their source: `.nii`, `.nii.gz` or `.png` by name.
  ///
  /// Canonical labels are turned back first. The file appears whole or not at all.
  public func write(_ path: String) throws(VolumeError) {
    if path.hasSuffix(".png") {
      let file = try picture(path)
      do throws(ArchiveError) { try AtomicFile.write(file, to: path) } catch {
        throw .archive(error)
      }
    } else {
      try writeNIfTI(nifti, path)
    }
  }
}

private func writeNIfTI(_ data: Data, _ path: String) throws(VolumeError) {
  guard path.hasSuffix(".nii") || path.hasSuffix(".nii.gz") else {
    throw .unsupported(path: path, reason: "volumes are written as .nii or .nii.gz")
  }
  let file = path.hasSuffix(".gz") ? Gzip.compressed(data) : data
  do throws(ArchiveError) { try AtomicFile.write(file, to: path) } catch { throw .archive(error) }
}
