public import Failures
public import Volumes

/// The kinds of data sets that can be packed.
public enum DatasetKind: String, CaseIterable, Sendable {
  /// Volumes (NIfTI, NRRD, MetaImage): folders `images/` and `labels/`, or `imagesTr/` and `labelsTr/` with a dataset.json of nnU-Net or
  /// the Medical Segmentation Decathlon.
  case nifti
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
  /// The channels a pack gets where nothing else is asked for; nil for all.
  var keep: [String]?
  /// The classes the data set itself declares.
  public var labels: LabelMap?
  /// The schemes the labels may follow, of which the values or the user choose one.
  public var schemes: [LabelScheme] = []
  /// What the user should know of how the folders were understood, in sentences.
  public var notes: [String]
  /// What keeps cases from being packed, such as a missing partner; those cases are not in `cases`.
  public var problems: [any Failure]

  init(
    cases: [ListedCase], channels: [String]? = nil, labels: LabelMap? = nil, notes: [String] = [],
    problems: [any Failure] = []
  ) {
    self.cases = cases
    self.channels = channels
    self.labels = labels
    self.notes = notes
    self.problems = problems
  }

  /// Several folders as one data set; they must agree in channels and classes, and no name may come twice.
  init(joining parts: [DatasetListing]) throws {
    guard let first = parts.first else {
      throw ExemplarError.option("No folder to pack was given.")
    }
    self.init(
      cases: parts.flatMap(\.cases).sorted { $0.id < $1.id }, channels: first.channels,
      labels: first.labels, notes: parts.flatMap(\.notes), problems: parts.flatMap(\.problems))
    (keep, schemes) = (first.keep, first.schemes)
    let repeated = zip(cases, cases.dropFirst()).filter { $0.id == $1.id }
    problems += repeated.map { one, other in
      ExemplarError.sameName(id: one.id, one: one.label, other: other.label)
    }
    let doubled = Set(repeated.map(\.1.id))
    cases.removeAll { doubled.contains($0.id) }
    for part in parts
    where part.channels != channels || part.labels != labels || part.schemes != schemes {
      throw ExemplarError.option(
        "The folders given declare different channels or labels; pack them one by one.")
    }
  }

  /// The listing of some channels only, where each is a file of its own; else it stays as it is.
  ///
  /// Channels that are not wanted are then never read.
  func choosing(_ wanted: [String]?) -> DatasetListing {
    guard let channels, channels.count > 1, let wanted = wanted ?? keep,
      cases.allSatisfy({ $0.images.count == channels.count })
    else { return self }
    let places = wanted.map { name in
      channels.firstIndex { $0.lowercased() == name.lowercased() } ?? Int(name) ?? -1
    }
    guard places.allSatisfy(channels.indices.contains) else { return self }
    var listing = self
    listing.channels = places.map { channels[$0] }
    for (index, entry) in cases.enumerated() {
      listing.cases[index].images = places.map { entry.images[$0] }
    }
    return listing
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
    /// As a descriptor says.
    case described(CaseAssembly)
  }

  /// The name of the case.
  public let id: String
  /// The paths of the image files, one or one a channel; of slices in their order.
  public var images: [String]
  /// The path of the label file; for forms that hold both, the (first) image file; of several files the first.
  public let label: String
  /// The split the data set itself puts the case into.
  public var split: String?
  /// Where the scan was made, where the data set says so.
  public var centre: String?
  /// Whose scan it is, where the data set says so.
  public let patient: String?
  let form: Form

  init(
    id: String, images: [String], label: String, form: Form, split: String? = nil,
    centre: String? = nil, patient: String? = nil
  ) {
    self.id = id
    self.images = images
    self.label = label
    self.form = form
    self.split = split
    self.centre = centre
    self.patient = patient
  }

  /// The files the label is made from.
  var labelFiles: [String] {
    switch form {
    case .slices: images
    case .masks(let files): files.values.sorted()
    case .described(let assembly): assembly.labels
    case .volumes, .series, .picture, .arrays: [label]
    }
  }
}
