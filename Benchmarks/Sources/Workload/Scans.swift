import Exemplars
import Foundation
import Volumes

/// Generated abdominal scans with labels, on disk.
public struct Scans: Sendable {
  /// The folder that holds `images` and `labels`.
  public let folder: String
  /// The number of scans.
  public let count: Int

  /// Generates scans of the given number of slices into a folder.
  public init(_ count: Int, slices: Int = 36, in folder: String) throws {
    self.folder = folder
    self.count = count
    let phantoms = PhantomVolumes(.abdomen, seed: 1, extents: SIMD3(112, 88, slices))
    for name in ["images", "labels"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
    }
    for subject in 0..<count {
      let (image, labels) = phantoms.subject(subject)
      try image.write("\(folder)/images/subject\(subject).nii.gz")
      try labels.write("\(folder)/labels/subject\(subject).nii.gz")
    }
  }

  /// Checks and packs the scans.
  public func pack(to path: String) throws {
    let packing = Packing(kind: .nifti, folders: [folder])
    try packing.write(try packing.check(), to: path)
  }
}
