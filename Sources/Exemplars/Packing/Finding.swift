import Failures
import Volumes

/// Something the check of a data set found.
public struct Finding: Sendable, Encodable {
  /// What was looked at.
  public enum Check: String, Sendable, Encodable {
    /// Files that are missing, doubled or cannot be read.
    case files
    /// What is odd about a file that can be read.
    case header
    /// Image and label, or two channels, in different grids.
    case grid
    /// Distances between voxels far from those of the other cases.
    case spacing
    /// NaN and infinite values.
    case notFinite = "not_finite"
    /// Values far from those of the other cases, or without any contrast.
    case intensities
    /// Label values outside the map, and classes no case has.
    case labels
    /// Labels without any voxel, or where the image holds nothing.
    case emptyLabel = "empty_label"
    /// Structures far smaller or larger than in the other cases.
    case labelSize = "label_size"
    /// The same scan or label under two names.
    case duplicate
    /// One case, scan or patient in two splits.
    case split
    /// Channels that differ between cases.
    case channels
  }

  /// What was looked at.
  public let check: Check
  /// The names of the cases concerned.
  public let cases: [String]
  /// The paths of the files concerned.
  public let files: [String]
  /// What was found and what to do, as a whole sentence that names the cases.
  public let message: String
  /// The sentence without the name, where it may be the same for several cases.
  let shared: String?
  /// What is thrown where this is the only error.
  let failure: (any Failure)?

  private enum CodingKeys: String, CodingKey { case check, cases, files, message }

  /// A finding about some cases, as a whole sentence.
  init(_ check: Check, _ cases: [String], files: [String] = [], _ message: String) {
    (self.check, self.cases, self.files, self.message) = (check, cases, files, message)
    shared = nil
    failure = nil
  }

  /// A finding about one case, and maybe others it is compared with; the sentence does not name the case itself.
  init(
    _ check: Check, case id: String, and others: [String] = [], files: [String] = [],
    _ sentence: String
  ) {
    (self.check, self.files, self.cases) = (check, files, [id] + others)
    message = "\(id): \(sentence)"
    shared = sentence
    failure = nil
  }

  /// An error that says by itself what is wrong.
  init(_ failure: any Failure, cases: [String], files: [String]) {
    check = Self.check(of: failure)
    (self.cases, self.files, self.failure) = (cases, files, failure)
    message = failure.description
    shared = nil
  }

  /// An error found while the folders were listed.
  init(listing failure: any Failure) {
    switch failure as? ExemplarError {
    case .missingPartner(let id, _, _), .twoSplits(let id, _, _):
      self.init(failure, cases: [id], files: [])
    case .sameName(let id, let one, let other):
      self.init(failure, cases: [id], files: [one, other])
    case .layout(let path, _): self.init(failure, cases: [], files: [path])
    default: self.init(failure, cases: [], files: [])
    }
  }

  private static func check(of failure: any Failure) -> Check {
    switch (failure as? VolumeError, failure as? ExemplarError) {
    case (.grids, _): .grid
    case (.notFinite, _): .notFinite
    case (.label, _), (_, .labels), (_, .option): .labels
    case (_, .twoSplits): .split
    default: .files
    }
  }
}
