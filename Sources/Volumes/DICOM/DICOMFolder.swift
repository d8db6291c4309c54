import Archives
import Foundation

/// The DICOM files of a folder and all folders in it, or a single one, sorted into stacks of slices.
public struct DICOMFolder: Sendable {
  /// The folder, or the file.
  public let path: String
  /// What can become a volume, in the order in which `FOLDER#N` counts it.
  public let stacks: [DICOMStack]
  /// The files that hold segmentations.
  public let segmentations: [String]
  /// What else was found and left out, in sentences.
  public let notes: [String]

  /// How deep folders are searched.
  private static let deepest = 8
  /// How many files a folder may hold.
  private static let mostFiles = 200_000

  /// Looks at a file, or at every file of a folder; nothing of their pixels is read.
  ///
  /// A file that is no DICOM is left out with a note. A damaged one is an error: its slice would be missing.
  public init(_ path: String) throws(VolumeError) {
    self.path = path
    var search = Search()
    if Self.isFolder(path) {
      for file in try Self.files(in: path, depth: 0) { try search.look(at: file) }
    } else {
      try search.add(try DICOMFile(path))
    }
    if search.slices.isEmpty, search.segmentations.isEmpty, let refusal = search.refusal {
      throw refusal
    }
    stacks = try DICOMStack.grouped(search.slices, path: path)
    segmentations = search.segmentations
    notes = search.notes
  }

  /// What the files of a folder turned out to be.
  private struct Search {
    var slices: [DICOMSlice] = []
    var segmentations: [String] = []
    private var foreign: [String] = []
    private var directories = 0
    private var others: [String: Int] = [:]
    /// Why the first picture that is sound and not read is not read.
    private(set) var refusal: VolumeError?

    mutating func look(at path: String) throws(VolumeError) {
      let bytes: Data
      do throws(VolumeError) { bytes = try fileBytes(path) } catch {
        guard case .unreadable = error else { throw error }
        return foreign.append(path)
      }
      guard DICOMFile.recognises(bytes) else { return foreign.append(path) }
      // Without the mark of DICOM it may be a file that only begins like one.
      guard DICOMFile.isMarked(bytes) else {
        guard let file = try? DICOMFile(path: path, bytes: bytes) else {
          return foreign.append(path)
        }
        return try add(file)
      }
      try add(try DICOMFile(path: path, bytes: bytes))
    }

    mutating func add(_ file: DICOMFile) throws(VolumeError) {
      switch file.kind {
      case .image:
        do throws(VolumeError) { slices += try file.slices(try DICOMImage(file)) } catch {
          // A screenshot in colour among the slices is no reason to refuse these.
          guard case .unsupported = error else { throw error }
          refusal = refusal ?? error
          others["a picture that is not read (in colour, for example)", default: 0] += 1
        }
      case .segmentation: segmentations.append(file.path)
      case .directory: directories += 1
      case .other(let name): others[name, default: 0] += 1
      }
    }

    var notes: [String] {
      var notes: [String] = []
      if directories > 0 { notes.append("The list of a medium (DICOMDIR) was passed over.") }
      if !foreign.isEmpty {
        notes.append(
          "\(counted(foreign.count)) of another kind than DICOM \(foreign.count == 1 ? "was" : "were") "
            + "passed over (\(fileName(foreign[0]))\(foreign.count > 1 ? ", …" : "")).")
      }
      for (name, count) in others.sorted(by: { $0.key < $1.key }) {
        notes.append("\(counted(count)) with \(name) \(count == 1 ? "was" : "were") passed over.")
      }
      return notes
    }

    private func counted(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }
  }

  /// Whether a path is a folder.
  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  /// The regular files of a folder and the folders in it, hidden ones excepted, by name.
  private static func files(in folder: String, depth: Int) throws(VolumeError) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      throw .unreadable(path: folder, reason: "the folder cannot be listed")
    }
    var found: [String] = []
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = folder + (folder.hasSuffix("/") ? "" : "/") + name
      if !isFolder(path) {
        found.append(path)
      } else if depth < deepest {
        found += try files(in: path, depth: depth + 1)
      }
      guard found.count <= mostFiles else {
        throw .unsupported(
          path: folder,
          reason: "there are more than \(mostFiles) files in it; name a folder of one scan")
      }
    }
    return found
  }
}

func fileName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

// MARK: Choice

extension DICOMFolder {
  /// What can be read of a folder that itself holds DICOM pictures; folders in it do not count.
  ///
  /// That is the folder, or each of its files where all of them have several frames, or nothing.
  public static func inputs(in folder: String) -> [String] {
    var (pictures, frames): ([String], [Int]) = ([], [])
    for path in names(in: folder) {
      guard let bytes = try? fileBytes(path), DICOMFile.recognises(bytes) else { continue }
      // A damaged file counts, so that what is wrong with it is told.
      guard let file = try? DICOMFile(path: path, bytes: bytes) else {
        if DICOMFile.isMarked(bytes) { return [folder] }
        continue
      }
      guard file.kind == .image else { continue }
      pictures.append(path)
      frames.append((try? DICOMImage(file).frames) ?? 1)
    }
    return pictures.count > 1 && frames.allSatisfy { $0 > 1 } || pictures.isEmpty
      ? pictures : [folder]
  }

  /// Whether a folder, or one in it, holds DICOM pictures.
  public static func holdsSeries(_ folder: String) -> Bool { holdsSeries(folder, depth: 0) }

  private static func holdsSeries(_ folder: String, depth: Int) -> Bool {
    let paths = names(in: folder)
    return paths.contains { holdsPicture($0) }
      || (depth < deepest && paths.contains { isFolder($0) && holdsSeries($0, depth: depth + 1) })
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      .filter { !$0.hasPrefix(".") }.map { folder + "/" + $0 }
  }

  private static func holdsPicture(_ path: String) -> Bool {
    guard let bytes = try? fileBytes(path), DICOMFile.recognises(bytes) else { return false }
    // A damaged file counts, so that what is wrong with it is told.
    guard let file = try? DICOMFile(path: path, bytes: bytes) else {
      return DICOMFile.isMarked(bytes)
    }
    return file.kind == .image
  }

  /// The folder of a path `FOLDER` or `FOLDER#N`, and the number; nil for a file.
  ///
  /// What is there as it stands has no number.
  public static func series(_ path: String) -> (folder: String, number: Int?)? {
    if isFolder(path) { return (path, nil) }
    guard let mark = path.lastIndex(of: "#"), let number = Int(path[path.index(after: mark)...]),
      !FileManager.default.fileExists(atPath: path)
    else { return nil }
    let folder = String(path[..<mark])
    return isFolder(folder) ? (folder, number) : nil
  }

  /// The stack that becomes the volume: the one of that number, else the only one, localizers set aside.
  ///
  /// Where there are several the error lists them.
  func stack(_ number: Int? = nil) throws(VolumeError) -> (DICOMStack, notes: [String]) {
    if let number {
      guard stacks.indices.contains(number - 1) else {
        throw .unsupported(
          path: path, reason: "there is no series \(number) in it; there are \(listing)")
      }
      return (stacks[number - 1], [])
    }
    let own = stacks.filter { !$0.isAside }
    let possible = own.isEmpty ? stacks : own
    guard let stack = possible.first else {
      throw .unsupported(
        path: path,
        reason: (segmentations.isEmpty
          ? "there is no DICOM picture in it" : "it holds a segmentation and no picture")
          + (notes.isEmpty ? "" : " (\(notes.joined(separator: " ")))"))
    }
    guard possible.count == 1 else {
      throw .unsupported(
        path: path,
        reason: "there are several series in it: \(listing). Choose one by its number, as in "
          + "\(path)#\((stacks.firstIndex { $0.count == possible.map(\.count).max() } ?? 0) + 1), or "
          + "keep only its files in the folder")
    }
    var notes = notes
    if stacks.count > 1 {
      notes.append(
        "Localizers and pictures without a place were left out: "
          + stacks.filter(\.isAside).map(\.summary).joined(separator: "; ") + ".")
    }
    if !segmentations.isEmpty {
      notes.append(
        "Segmentations were passed over: \(segmentations.map(fileName).joined(separator: ", ")).")
    }
    return (stack, notes)
  }

  /// The SHA-256 of the files of a stack, in the order of its slices; of a segmentation where there is no stack.
  func digest(_ number: Int?) throws(VolumeError) -> String {
    let files = stacks.isEmpty ? segmentations : try stack(number).0.files
    var digest = Digest.Running()
    for file in files { digest.update(try fileBytes(file)) }
    return digest.hexadecimal
  }

  private var listing: String {
    stacks.enumerated().map { "\($0 + 1): \($1.summary)" }.joined(separator: "; ")
  }
}
