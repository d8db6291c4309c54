import Archives
import Foundation

/// A DICOM file as far as it can be told without its pixels.
///
/// DICOM PS3.10: 128 bytes of anything, `DICM`, the elements of group 2, the data set. Files without the first two, or
/// without all three, are read too, their encoding guessed.
final class DICOMFile: Sendable {
  let path: String
  let syntax: DICOMTransferSyntax
  let dataSet: DICOMDataSet
  let pixels: DICOMPixelLocation?
  /// Where the deflated data set begins; nil where nothing is deflated.
  private let deflatedStart: Int?

  /// How large a deflated data set may become.
  private static let largestDeflated = 1 << 30

  /// Reads the elements of a file.
  init(path: String, bytes: Data) throws(VolumeError) {
    self.path = path
    guard let start = Self.start(bytes) else {
      throw .malformed(path: path, reason: "this is no DICOM file")
    }
    var (position, syntax) = (start.position, start.syntax)
    if start.hasMeta {
      var parser = try DICOMParser(
        bytes, at: position, syntax: .bare(isExplicit: true, littleEndian: true), path: path)
      let meta = try parser.metaInformation()
      position = parser.position
      guard let uid = meta.text(.transferSyntax) else {
        throw DICOMDataSet.missing(.transferSyntax, path: path)
      }
      syntax = DICOMTransferSyntax(uid: uid)
    }
    self.syntax = syntax
    deflatedStart = syntax.isDeflated ? position : nil
    let content =
      syntax.isDeflated ? try Self.inflated(bytes.dropFirst(position), path: path) : bytes
    var parser = try DICOMParser(
      content, at: syntax.isDeflated ? 0 : position, syntax: syntax, path: path)
    dataSet = try parser.dataSet()
    pixels = parser.pixels
  }

  /// Reads the elements of the file at a path.
  convenience init(_ path: String) throws(VolumeError) {
    try self.init(path: path, bytes: try fileBytes(path))
  }

  /// The bytes the pixels' places count in.
  func content() throws(VolumeError) -> Data {
    let bytes = try fileBytes(path)
    guard let deflatedStart else { return bytes }
    return try Self.inflated(bytes.dropFirst(deflatedStart), path: path)
  }

  private static func inflated(_ bytes: Data, path: String) throws(VolumeError) -> Data {
    var size = max(1 << 16, bytes.count * 4)
    while true {
      let limit = min(size, largestDeflated)
      let result: Data
      do throws(ArchiveError) {
        result = try inflatedPrefix(bytes, .raw, count: limit, source: path)
      } catch { throw .archive(error) }
      if result.count < limit { return result }
      guard limit < largestDeflated else {
        throw .archive(.tooLarge(source: path, limit: largestDeflated))
      }
      size *= 4
    }
  }
}

// MARK: Recognition

extension DICOMFile {
  /// The endings DICOM files have, where they have one.
  static let endings = [".dcm", ".dicom", ".ima"]

  /// Whether bytes begin as a DICOM file does; the first 132 tell.
  static func recognises(_ bytes: Data) -> Bool { start(bytes) != nil }

  /// Whether bytes say outright that they are DICOM.
  static func isMarked(_ bytes: Data) -> Bool {
    bytes.dropFirst(128).starts(with: mark) || bytes.starts(with: mark)
  }

  private static let mark = Data("DICM".utf8)

  private static func start(
    _ bytes: Data
  ) -> (position: Int, hasMeta: Bool, syntax: DICOMTransferSyntax)? {
    let meta = DICOMTransferSyntax.bare(isExplicit: true, littleEndian: true)
    if bytes.dropFirst(128).starts(with: mark) { return (132, true, meta) }
    if bytes.starts(with: mark) { return (4, true, meta) }
    let first = [UInt8](bytes.prefix(8))
    guard first.count == 8 else { return nil }
    let isExplicit = first[4...5].allSatisfy { (0x41...0x5A).contains($0) }
    if isExplicit, first.starts(with: [2, 0]), first[2] <= 0x10, first[3] == 0 {
      return (0, true, meta)
    }
    // A bare data set begins with one of the first elements of group 8, whose value is short.
    let littleEndian = first.starts(with: [8, 0])
    let (high, low) = littleEndian ? (first[3], first[2]) : (first[2], first[3])
    guard littleEndian || first.starts(with: [0, 8]), high == 0, low <= 0x18 else { return nil }
    let isShort = first[5] <= 4 && first[6] == 0 && first[7] == 0
    guard isExplicit || (littleEndian && isShort) else { return nil }
    return (0, false, .bare(isExplicit: isExplicit, littleEndian: littleEndian))
  }
}

// MARK: What it is

extension DICOMFile {
  /// What a file is good for.
  enum Kind: Equatable {
    /// Pictures of the patient.
    case image
    /// Masks made from such.
    case segmentation
    /// The list of the files of a medium.
    case directory
    /// Anything without pictures, in words.
    case other(String)
  }

  var kind: Kind {
    let storage = "1.2.840.10008.5.1.4.1.1."
    switch dataSet.text(.classUID) {
    case storage + "66.4", storage + "66.7": return .segmentation
    case storage + "481.3": return .other("contours (an RT structure set)")
    case "1.2.840.10008.1.3.10": return .directory
    default:
      if dataSet.has(.segmentationType) { return .segmentation }
      if pixels != nil || dataSet.has(.rows) { return .image }
      if dataSet.text(.classUID) == nil, dataSet.text(.seriesUID) == nil { return .directory }
      return .other(
        dataSet.text(.modality).map { "an object of the kind \(quoted($0)) without a picture" }
          ?? "an object without a picture")
    }
  }

  /// Whether the picture was made to plan others on.
  var isLocalizer: Bool {
    dataSet.texts(.imageType).contains { $0.uppercased() == "LOCALIZER" }
  }
}
