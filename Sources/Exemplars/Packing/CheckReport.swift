import Foundation
public import Volumes

/// What the check of a data set found, before anything is packed.
public struct CheckReport: Sendable {
  /// The name of the data set's descriptor or kind.
  public let dataset: String
  /// The names of the channels.
  public let channels: [String]
  /// The classes the labels are packed as.
  public let labels: LabelMap
  /// How many cases were listed, whether they could be read or not.
  public let listed: Int
  /// The cases that could be read, in the order of their names.
  public let cases: [CaseCheck]
  /// How the folders were understood, in sentences.
  public let notes: [String]
  /// What the user should look at.
  public let warnings: [Finding]
  /// What keeps the data set from being packed: everything that is wrong with any case.
  public let errors: [Finding]

  /// Passes when there is no error; a single one is thrown as it is, several as `refused`.
  public func requireSound() throws {
    guard let first = errors.first else { return }
    if errors.count == 1, let failure = first.failure { throw failure }
    throw ExemplarError.refused(errors.map(\.message))
  }

  /// How many cases go into each split, and how many were made at each centre.
  var splits: [String: Int] { Self.counts(cases.compactMap(\.split)) }
  var centres: [String: Int] { Self.counts(cases.compactMap(\.centre)) }

  static func counts(_ names: [String]) -> [String: Int] {
    Dictionary(names.map { ($0, 1) }, uniquingKeysWith: +)
  }

  /// A class as it was found: in how many cases, with how many voxels in all.
  struct ClassCount: Encodable {
    let name: String
    let values: [Int32]
    let cases: Int
    let voxels: Int
  }

  var classCounts: [ClassCount] {
    labels.classes.map { entry in
      let found = cases.map { one in entry.values.reduce(0) { $0 + (one.foreground[$1] ?? 0) } }
      return ClassCount(
        name: entry.name, values: entry.values, cases: found.count { $0 > 0 },
        voxels: found.reduce(0, +))
    }
  }

  /// The report as one JSON object with sorted keys.
  ///
  /// This is the shape of version 1:
  ///
  ///     version, dataset, sound (no errors), affine_tolerance_mm, channels [name], listed (cases found)
  ///     classes [{name, values, cases, voxels}], splits {name: cases}, centres {name: cases}
  ///     cases [{id, split, centre, patient, format, datatype, shape [C, D, H, W], spacing [W, H, D], unit, orientation,
  ///       affine_difference_mm, channels [{name, minimum, maximum, low, high, not_finite}], labels {value: voxels},
  ///       empty_slices, labelled_blank_slices, images [{name, digest}], label_files [{name, digest}], voxels_sha256}]
  ///     notes [sentence], warnings and errors [{check, cases, files, message}]
  ///
  /// What is not known is left out. `check` is one of `Finding.Check`.
  public func json() throws -> String {
    struct Content: Encodable {
      let version = 1
      let dataset: String
      let sound: Bool
      let affine_tolerance_mm = Geometry.tolerance
      let channels: [String]
      let listed: Int
      let classes: [ClassCount]
      let splits: [String: Int]
      let centres: [String: Int]
      let cases: [CaseCheck]
      let notes: [String]
      let warnings: [Finding]
      let errors: [Finding]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let content = Content(
      dataset: dataset, sound: errors.isEmpty, channels: channels, listed: listed,
      classes: classCounts, splits: splits, centres: centres, cases: cases, notes: notes,
      warnings: warnings, errors: errors)
    return String(decoding: try encoder.encode(content), as: UTF8.self)
  }
}
