public import Volumes

/// What a pack says of a case beside its voxels.
public struct PackedCase: Equatable, Sendable {
  /// A file a case was made from.
  public struct File: Equatable, Sendable, Codable {
    /// The file's name, without its folder.
    public let name: String
    /// The SHA-256 of the file's bytes, in hexadecimal digits.
    public let digest: String

    /// A file of the given name and SHA-256.
    public init(name: String, digest: String) {
      self.name = name
      self.digest = digest
    }
  }

  /// The name of the case, which is its group's name in the pack.
  public let id: String
  /// The canonical grid the voxels lie in: W towards right, H towards anterior, D towards superior.
  public let geometry: Geometry
  /// The grid of the source, in which predictions are written.
  public let sourceGeometry: Geometry
  /// The files the image was made from, one or one a channel.
  public let images: [File]
  /// The files the label was made from.
  public let labels: [File]
  /// The part of the data the case is for, such as `train`; nil for none.
  public let split: String?
  /// Where the scan was made, where the data set says so.
  public let centre: String?
  /// The intensities that matter, such as -125 to 275 HU: a hint, the voxels are not cut to it.
  public let window: ClosedRange<Float>?
  /// How it was made from exemplars; nil for a scan.
  public let origin: SynthesisOrigin?

  /// A case of the given name and grids.
  public init(
    id: String, geometry: Geometry, sourceGeometry: Geometry, images: [File], labels: [File],
    split: String? = nil, centre: String? = nil, window: ClosedRange<Float>? = nil,
    origin: SynthesisOrigin? = nil
  ) {
    self.id = id
    self.geometry = geometry
    self.sourceGeometry = sourceGeometry
    self.images = images
    self.labels = labels
    self.split = split
    self.centre = centre
    self.window = window
    self.origin = origin
  }

  /// Whether a name can be a group's: not empty, no slash, and neither "." nor "..".
  static func isName(_ id: String) -> Bool {
    !id.isEmpty && !id.contains("/") && !id.contains("\0") && id != "." && id != ".."
  }
}
