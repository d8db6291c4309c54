import Archives
import Foundation
import Tensors
import Volumes

/// What the check of a case found.
public struct CaseCheck: Sendable, Encodable {
  /// What the values of a channel are like.
  public struct Channel: Sendable, Encodable {
    /// The channel's name.
    public let name: String
    /// The smallest finite value; nil where there is none.
    public let minimum: Float?
    /// The largest finite value; nil where there is none.
    public let maximum: Float?
    /// The 0.5th percentile of the body (see `Normalisation`); nil for a channel of one value.
    public let low: Float?
    /// The 99.5th percentile of the body; nil for a channel of one value.
    public let high: Float?
    /// How many values are NaN or infinite.
    public let notFinite: Int

    private enum CodingKeys: String, CodingKey {
      case name, minimum, maximum, low, high
      case notFinite = "not_finite"
    }
  }

  /// The name of the case.
  public let id: String
  /// The split it goes into, if any.
  public let split: String?
  /// Where the scan was made, where the data set says so.
  public let centre: String?
  /// Whose scan it is, where the data set or the name says so.
  public let patient: String?
  /// The kind of the image's file, such as NIfTI-1.
  public let format: String
  /// The type of the numbers in the image's file, such as int16.
  public let datatype: String
  /// The extents of the canonical image [C, D, H, W].
  public let shape: [Int]
  /// The distance of voxels along W, H and D, in `unit`.
  public let spacing: [Double]
  /// `mm`, or `pixel` where the files give no scale.
  public let unit: String
  /// Which way the axes of the file run, fastest first, such as LPS.
  public let orientation: String
  /// By how much the affines of image and label differ at most, in millimetres.
  public let affineDifference: Double
  /// What the values of each channel are like.
  public let channels: [Channel]
  /// How many voxels have each value of the label file, by value.
  public let labels: [String: Int]
  /// How many slices of the canonical label hold background only.
  public let emptySlices: Int
  /// How many slices have a label where the image holds one value only.
  public let labelledBlankSlices: Int
  /// The files of the image.
  public let images: [PackedCase.File]
  /// The files of the label.
  public let labelFiles: [PackedCase.File]
  /// The SHA-256 of the canonical voxels of the image, and of the label.
  public let voxelDigest: String
  let labelDigest: String
  /// Where the files of the image and of the label lie.
  let paths: (images: [String], labels: [String])
  /// Whether image and label hold the same numbers.
  let isItsOwnLabel: Bool

  private enum CodingKeys: String, CodingKey {
    case id, split, centre, patient, format, datatype, shape, spacing, unit, orientation
    case channels, labels, images
    case affineDifference = "affine_difference_mm"
    case emptySlices = "empty_slices"
    case labelledBlankSlices = "labelled_blank_slices"
    case labelFiles = "label_files"
    case voxelDigest = "voxels_sha256"
  }

  /// The values of the label file other than 0, with their voxels.
  var foreground: [Int32: Int] {
    let pairs = labels.compactMap { name, count in Int32(name).map { ($0, count) } }
    return Dictionary(uniqueKeysWithValues: pairs).filter { $0.key != 0 }
  }

  /// The volume of a voxel, in cubic millimetres (or pixels).
  var voxelVolume: Double { spacing.reduce(1, *) }
}

/// What is to be seen of a case in the arrangement of its files.
struct CaseFilesCheck {
  let source: Source
  let orientation: String
  let affineDifference: Double
  let intensities: [Intensities]

  /// Nil where a part is missing, or the canonical extents differ.
  init?(_ parts: CaseParts, _ intensities: [Intensities]) {
    guard let image = parts.image, let label = parts.labels,
      image.geometry.canonical.extents == label.geometry.canonical.extents
    else { return nil }
    source = image.source
    orientation = image.geometry.orientation.codes
    affineDifference = image.geometry.affine.largestDifference(from: label.geometry.affine)
    self.intensities = intensities
  }
}

extension CaseParts {
  /// Makes the parts canonical; their former arrangement is let go.
  mutating func turn() {
    image = image?.canonical
    labels = labels?.canonical
  }
}

extension CaseCheck {
  /// Looks at the canonical parts of a case, all of which are there; nil where one is not.
  init?(
    _ entry: ListedCase, _ parts: CaseParts, _ files: CaseFilesCheck, split: String?
  ) throws {
    guard let image = parts.image, let label = parts.labels else { return nil }
    id = entry.id
    paths = (entry.images, entry.labelFiles)
    self.split = split
    centre = entry.centre
    patient = entry.patient ?? PatientName.found(in: entry.id)
    format = files.source.format.rawValue
    datatype = files.source.datatype
    orientation = files.orientation
    affineDifference = files.affineDifference
    channels = zip(parts.channels, files.intensities).map { Channel(name: $0, $1) }
    shape = image.voxels.shape
    let geometry = image.geometry
    spacing = [geometry.spacing.x, geometry.spacing.y, geometry.spacing.z]
    unit = geometry.unit.rawValue
    labels = Dictionary(uniqueKeysWithValues: label.counts.map { ("\($0.key)", $0.value) })
    (emptySlices, labelledBlankSlices) = Self.slices(image, label)
    voxelDigest = Self.digest(image)
    labelDigest = Self.digest(label)
    isItsOwnLabel = Self.isSame(image, label)
    images = try entry.images.map(PackedCase.File.init(at:))
    labelFiles = try entry.labelFiles.map(PackedCase.File.init(at:))
  }

  /// How many slices have no label, and how many have one though the image holds one value only.
  private static func slices(_ image: Volume, _ label: LabelVolume) -> (empty: Int, blank: Int) {
    let extents = image.geometry.extents
    let plane = extents.x * extents.y
    var (empty, blank) = (0, 0)
    image.voxels.withPointer { voxels in
      for slice in 0..<extents.z {
        let range = slice * plane..<(slice + 1) * plane
        guard label.values[range].contains(where: { $0 != 0 }) else {
          empty += 1
          continue
        }
        let isBlank = (0..<image.channels).allSatisfy { channel in
          let values = voxels + channel * image.geometry.count
          return range.allSatisfy { values[$0] == values[range.lowerBound] }
        }
        blank += isBlank ? 1 : 0
      }
    }
    return (empty, blank)
  }

  private static func digest(_ image: Volume) -> String {
    var digest = Digest.Running()
    digest.update(Data("\(image.voxels.shape)".utf8))
    image.voxels.withPointer {
      digest.update(UnsafeRawBufferPointer(start: $0, count: 4 * image.voxels.count))
    }
    return digest.hexadecimal
  }

  private static func digest(_ label: LabelVolume) -> String {
    var digest = Digest.Running()
    digest.update(Data("\(label.geometry.shape)".utf8))
    label.values.withUnsafeBytes { digest.update($0) }
    return digest.hexadecimal
  }

  private static func isSame(_ image: Volume, _ label: LabelVolume) -> Bool {
    guard image.channels == 1, label.values.contains(where: { $0 != 0 }) else { return false }
    return image.voxels.withPointer { voxels in
      label.values.indices.allSatisfy { voxels[$0] == Float(label.values[$0]) }
    }
  }
}

extension CaseCheck.Channel {
  fileprivate init(name: String, _ found: Intensities) {
    self.name = name
    minimum = found.range?.lowerBound
    maximum = found.range?.upperBound
    low = found.body?.lowerBound
    high = found.body?.upperBound
    notFinite = found.notFinite
  }
}

extension PackedCase.File {
  /// The name and SHA-256 of the file at a path.
  init(at path: String) throws {
    self.init(
      name: URL(fileURLWithPath: path).lastPathComponent, digest: try VolumeFile.digest(of: path))
  }
}
