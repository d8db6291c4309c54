public import Archives
public import Failures

/// Why an image, a label volume or a label map cannot be used.
public enum VolumeError: Failure, Equatable {
  /// The file cannot be opened or read at all.
  case unreadable(path: String, reason: String)
  /// Reading, decompressing or writing the file failed below the image format.
  case archive(ArchiveError)
  /// The file is damaged, or no file of this kind.
  case malformed(path: String, reason: String)
  /// The file is sound but holds something that is not supported.
  case unsupported(path: String, reason: String)
  /// A label is no whole number, or too large.
  case label(path: String, value: String, voxel: [Int], reason: String)
  /// Voxels of an image are NaN or infinite: the first of them, and how many there are.
  case notFinite(name: String, value: String, voxel: [Int], count: Int)
  /// Two images that belong together have different grids.
  case grids(one: String, other: String, difference: String)
  /// A label map that cannot be used.
  case labelMap(path: String, reason: String)

  /// Bad input, except where the disk refuses to write.
  public var kind: FailureKind {
    if case .archive(let error) = self { error.kind } else { .badInput }
  }

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)."
    case .archive(let error): error.description
    case .malformed(let path, let reason): "\(path): \(reason)."
    case .unsupported(let path, let reason): "\(path): \(reason)."
    case .label(let path, let value, let voxel, let reason):
      "\(path): the label \(value) at voxel \(voxel.description) \(reason)."
    case .notFinite(let name, let value, let voxel, let count):
      "\(name): the voxel \(voxel.description) is \(value)"
        + (count > 1 ? ", the first of \(count) that are NaN or infinite" : "")
        + "; every value of an image must be finite. Replace them in the file first."
    case .grids(let one, let other, let difference):
      "\(one) and \(other) do not have the same grid: \(difference). Resample one onto the grid of the other "
        + "first (labels with nearest neighbour), or, where only its header is wrong, mend the header."
    case .labelMap(let path, let reason): "\(path): \(reason)."
    }
  }
}
