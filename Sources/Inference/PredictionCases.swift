import Archives
public import Exemplars
import Foundation
import Tensors
public import Volumes

/// A case to be predicted: its name, and where its image is.
public struct PredictionCase: Sendable {
  private enum Content {
    /// The image's files, one a channel, or one with all of them.
    case files([String])
    case described(DescribedImage)
    case packed(Pack)
  }

  /// The name, which the prediction's file gets.
  public let name: String
  private let content: Content
  /// Whether the image was named itself, not a folder or pack that has it.
  private var isNamed = false

  private init(_ name: String, _ content: Content, isNamed: Bool = false) {
    self.name = name
    self.content = content
    self.isNamed = isNamed
  }

  /// The image; its channels share one grid.
  public func image() throws -> Volume {
    switch content {
    case .files(let files): try image(of: files)
    case .described(let image): try image.volume().checkedFinite(name)
    case .packed(let pack): try pack.image(name)
    }
  }

  private func image(of files: [String]) throws -> Volume {
    let parts = try files.map { try Volume.read($0).checkedFinite($0) }
    for (part, file) in zip(parts, files).dropFirst() {
      if let difference = parts[0].geometry.difference(from: part.geometry) {
        throw InferenceError.grids(case: name, file: file, difference: difference)
      }
    }
    guard parts.count > 1 else { return parts[0] }
    return Volume(
      voxels: Tensor.concatenated(parts.map(\.voxels), axis: 0), geometry: parts[0].geometry,
      source: parts[0].source)
  }

  /// The files the image is read from; none for a case of a pack.
  public var files: [String] {
    switch content {
    case .files(let files): files
    case .described(let image): image.files
    case .packed: []
    }
  }

  /// How large the image is beside others: the bytes of its files, or the voxels of a case of a pack.
  public var size: Int {
    switch content {
    case .files, .described:
      files.map(FileSize.bytes).reduce(0, +)
    case .packed(let pack):
      pack.cases.first { $0.id == name }?.geometry.count ?? 0
    }
  }

  /// Where the labels go: to `out` for an image that was named itself, else to a file of the case's name in the folder
  /// `out`, in the given format or that of the image; as PNG the labels of a volume go to a folder of that name.
  public func target(_ out: String, format: WrittenFormat? = nil) -> String {
    if isNamed, !out.hasSuffix("/"), !PredictionCase.isFolder(out) { return out }
    let format = format ?? .like(files.first ?? "")
    return (out.hasSuffix("/") ? out : out + "/") + name + format.ending
  }

  /// Writes the labels to their target and returns where they are.
  public func write(
    _ labels: LabelVolume, to out: String, format: WrittenFormat? = nil
  ) throws -> String {
    let target = target(out, format: format)
    guard target != out, let written = WrittenFormat(path: target) else {
      try labels.write(target)
      return target
    }
    return try labels.write(as: written, String(target.dropLast(written.ending.count)))
  }

  /// Whether the labels are at their target, or, as the pictures of a volume, in its folder.
  public func isWritten(to out: String, format: WrittenFormat? = nil) -> Bool {
    let target = target(out, format: format)
    var places = [target]
    if let written = WrittenFormat(path: target) {
      places.append(written.path(String(target.dropLast(written.ending.count)), slices: 2))
    }
    return places.contains { FileManager.default.fileExists(atPath: $0) }
  }

  /// The endings of the images that are looked for in a folder; DICOM files are told by content.
  static let endings = VolumeFile.endings + [".png"]

  /// The file's ending, or nil where its name has none of an image.
  static func ending(of path: String) -> String? {
    VolumeFile.ending(of: path, among: endings + [".dcm"])
  }

  /// The cases at a path: the one of an image file or a DICOM series, those of a pack, or those of a folder's images, by
  /// name.
  ///
  /// A folder that itself holds DICOM pictures is one series, and `FOLDER#N` the N-th of several; of a folder of such
  /// folders each is a case.
  /// Of a pack, `split` picks one part; without it the split `test` is taken, or all cases where there is none. A folder
  /// with `images/` or `imagesTs/` in it stands for that. BraTS folders are cases of several modalities. Where all names in
  /// a folder end in four digits from `_0000` on, as nnU-Net's, these count the channels of one case.
  ///
  /// With a data set's descriptor, a folder's cases are those that lie as it says, labelled or not, with the channels and
  /// the grid their pack would have; `channels` picks others than it keeps.
  public static func found(
    at path: String, split: String? = nil, dataset: Descriptor? = nil, channels: [String]? = nil
  ) throws -> [PredictionCase] {
    if let dataset {
      let images = try dataset.images(in: path, channels: channels)
      guard !images.isEmpty else {
        throw InferenceError.notDescribed(path: path, dataset: dataset.name)
      }
      return images.map { PredictionCase($0.id, .described($0)) }
    }
    if isFolder(path) { return try inFolder(path) }
    if let (folder, _) = DICOMFolder.series(path) {
      return [PredictionCase(name(of: folder), .files([path]), isNamed: true)]
    }
    guard path.hasSuffix(".h5") else {
      return [PredictionCase(name(of: path), .files([path]), isNamed: true)]
    }
    let pack = try Pack(path)
    let test = pack.cases(in: "test")
    let entries = split.map { pack.cases(in: $0) } ?? (test.isEmpty ? pack.cases : test)
    guard !entries.isEmpty else {
      throw InferenceError.emptySplit(
        path: path, split: split ?? "", splits: Set(pack.cases.compactMap(\.split)).sorted())
    }
    return entries.map { PredictionCase($0.id, .packed(pack)) }
  }

  private static func inFolder(_ path: String) throws -> [PredictionCase] {
    if let inner = ["images", "imagesTs"].map({ path + "/" + $0 }).first(where: isFolder) {
      return try inFolder(inner)
    }
    let series = DICOMFolder.inputs(in: path)
    if series == [path] { return [PredictionCase(name(of: path), .files(series), isNamed: true)] }
    if !series.isEmpty { return series.map { PredictionCase(name(of: $0), .files([$0])) } }
    let modalities = (try? Descriptor.named("brats").images(in: path)) ?? []
    if !modalities.isEmpty, modalities.allSatisfy({ $0.files.count > 1 }) {
      return modalities.map { PredictionCase($0.id, .described($0)) }
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { !$0.hasPrefix(".") && VolumeFile.ending(of: $0, among: endings) != nil }
    guard !files.isEmpty else {
      let series = try seriesFolders(path)
      guard !series.isEmpty else { throw InferenceError.nothingToPredict(path: path) }
      return series.map { PredictionCase(name(of: $0), .files([$0])) }
    }
    return byChannel(files, in: path)
      ?? files.map { PredictionCase(name(of: $0), .files([path + "/" + $0])) }
  }

  /// The folders in a folder that hold DICOM pictures, at any depth.
  private static func seriesFolders(_ path: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      .filter { !$0.hasPrefix(".") }.map { path + "/" + $0 }
      .filter { isFolder($0) && DICOMFolder.holdsSeries($0) }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// The name of a file or folder without the folders around it and its ending.
  private static func name(of path: String) -> String {
    let file = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
    return String(file.dropLast(ending(of: file)?.count ?? 0))
  }

  /// Files `CASE_0000`, `CASE_0001` as one case each; nil where some name does not follow this.
  private static func byChannel(_ files: [String], in folder: String) -> [PredictionCase]? {
    var groups: [String: [String]] = [:]
    for file in files {
      let parts = name(of: file).split(separator: "_", omittingEmptySubsequences: false)
      guard parts.count > 1, let last = parts.last, last.count == 4, let channel = Int(last)
      else { return nil }
      let name = parts.dropLast().joined(separator: "_")
      guard channel == groups[name, default: []].count else { return nil }
      groups[name, default: []].append(folder + "/" + file)
    }
    return groups.sorted { $0.key < $1.key }
      .map { PredictionCase($0.key, .files($0.value)) }
  }
}
