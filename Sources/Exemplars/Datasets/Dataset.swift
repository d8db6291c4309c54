public import Volumes

/// The kinds of data sets that can be packed.
public enum DatasetKind: String, CaseIterable, Sendable {
  /// Volumes (NIfTI, NRRD, MetaImage): folders `images/` and `labels/`, or `imagesTr/` and `labelsTr/` with a dataset.json of nnU-Net or
  /// the Medical Segmentation Decathlon.
  case nifti
  /// BraTS: one folder a case, its modalities as channels.
  case brats
  /// TransUNet's Synapse layout: npz slices, `.npy.h5` volumes and lists of them.
  case transunet
  /// DICOM series: folders `images/CASE/`, and labels of the same names in `labels/`.
  case dicom
  /// Pictures: folders `images/` and `masks/` (or `labels/`) of PNG files.
  case png

  /// The cases found in some folders, which are only looked at, not read.
  public func listing(of folders: [String]) throws -> DatasetListing {
    let found = try folders.map { folder -> DatasetListing in
      _ = try Folder(path: folder).names()
      switch self {
      case .nifti: return try NIfTIFolder(folder).listing()
      case .brats: return try BraTSFolder(folder).listing()
      case .transunet: return try TransUNetFolder(folder).listing()
      case .dicom: return try SeriesFolder(folder).listing()
      case .png: return try PictureFolder(folder).listing()
      }
    }
    return try DatasetListing(joining: found)
  }
}

/// The cases of a data set, before any of them is read.
public struct DatasetListing: Sendable {
  /// The cases in the order of their names.
  public var cases: [ListedCase]
  /// The names of the channels; nil where only the images tell how many there are.
  public var channels: [String]?
  /// The classes the data set itself declares.
  public var labels: LabelMap?
  /// What the user should know of how the folders were understood, in sentences.
  public var notes: [String]

  init(
    cases: [ListedCase], channels: [String]? = nil, labels: LabelMap? = nil, notes: [String] = []
  ) {
    self.cases = cases
    self.channels = channels
    self.labels = labels
    self.notes = notes
  }

  /// Several folders as one data set; they must agree in channels and classes, and no name may come twice.
  init(joining parts: [DatasetListing]) throws {
    guard let first = parts.first else {
      throw ExemplarError.option("No folder to pack was given.")
    }
    self.init(
      cases: parts.flatMap(\.cases).sorted { $0.id < $1.id }, channels: first.channels,
      labels: first.labels, notes: parts.flatMap(\.notes))
    for (one, other) in zip(cases, cases.dropFirst()) where one.id == other.id {
      throw ExemplarError.sameName(id: one.id, one: one.label, other: other.label)
    }
    for part in parts where part.channels != channels || part.labels != labels {
      throw ExemplarError.option(
        "The folders given declare different channels or labels; pack them one by one.")
    }
  }
}

/// A case of a data set: which files to read.
public struct ListedCase: Sendable, Equatable {
  /// How the files are to be read.
  enum Form: Sendable, Equatable {
    /// Volumes: one image of one or more channels, or one image a channel.
    case volumes
    /// A DICOM series, and labels in the same voxels, whichever way their axes run.
    case series
    /// A DICOM series, and masks of one class each by the names of their classes.
    case masks([String: String])
    /// PNG: a picture and its mask.
    case picture
    /// npz files of one slice each, in their order; image and label in the same files.
    case slices
    /// An HDF5 file with the data sets `image` and `label`.
    case arrays
  }

  /// The name of the case.
  public let id: String
  /// The paths of the image files, one or one a channel; of slices in their order.
  public let images: [String]
  /// The path of the label file; for forms that hold both, the (first) image file.
  public let label: String
  /// The split the data set itself puts the case into.
  public let split: String?
  /// Where the scan was made, where the names say so.
  public let centre: String?
  let form: Form

  init(
    id: String, images: [String], label: String, form: Form, split: String? = nil,
    centre: String? = nil
  ) {
    self.id = id
    self.images = images
    self.label = label
    self.form = form
    self.split = split
    self.centre = centre
  }

  /// The files the label is made from.
  var labelFiles: [String] {
    switch form {
    case .slices: images
    case .masks(let files): files.values.sorted()
    case .volumes, .series, .picture, .arrays: [label]
    }
  }
}
