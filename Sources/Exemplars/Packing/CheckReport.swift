public import Failures
import Foundation
public import Volumes

/// What the check of a case found.
public struct CaseCheck: Sendable, Encodable, Equatable {
  /// The name of the case.
  public let id: String
  /// The split it goes into, if any.
  public let split: String?
  /// The extents of the canonical image [C, D, H, W].
  public let shape: [Int]
  /// The distance of voxels along W, H and D, in `unit`.
  public let spacing: [Double]
  /// `mm`, or `pixel` where the files give no scale.
  public let unit: String
  /// Which way the axes of the file run, fastest first, such as LPS.
  public let orientation: String
  /// The names of the channels.
  public let channels: [String]
  /// The smallest and largest value of each channel.
  public let ranges: [[Float]]
  /// How many voxels have each value of the label file, by value.
  public let labels: [String: Int]
  /// How many slices of the canonical label hold background only.
  public let emptySlices: Int
  /// The files of the image.
  public let images: [PackedCase.File]
  /// The files of the label.
  public let labelFiles: [PackedCase.File]

  /// The values of the label file other than 0, with their voxels.
  var foreground: [Int32: Int] {
    let pairs = labels.compactMap { name, count in Int32(name).map { ($0, count) } }
    return Dictionary(uniqueKeysWithValues: pairs).filter { $0.key != 0 }
  }
}

/// What the check of a data set found, before anything is packed.
public struct CheckReport: Sendable {
  /// The kind of the data set.
  public let kind: DatasetKind
  /// The names of the channels.
  public let channels: [String]
  /// The classes the labels are packed as.
  public let labels: LabelMap
  /// The cases that could be read, in the order of their names.
  public let cases: [CaseCheck]
  /// How the folders were understood, in sentences.
  public let notes: [String]
  /// What the user should look at, in sentences.
  public let warnings: [String]
  /// What keeps the data set from being packed.
  public let errors: [any Failure]

  /// Passes when there is no error; a single one is thrown as it is, several as `refused`.
  public func requireSound() throws {
    guard let first = errors.first else { return }
    throw errors.count == 1 ? first : ExemplarError.refused(errors.map(\.description))
  }

  /// The report as a table and sentences.
  public var text: String {
    var rows = [
      ["case", "split", "C x D x H x W", "spacing", "axes", "intensities", "labels", "empty"]
    ]
    for entry in cases {
      rows.append([
        entry.id, entry.split ?? "-", entry.shape.map(String.init).joined(separator: "x"),
        entry.spacing.map { Self.short($0) }.joined(separator: "x") + " " + entry.unit,
        entry.orientation,
        entry.ranges.map { "\(Self.short(Double($0[0])))…\(Self.short(Double($0[1])))" }
          .joined(separator: " "),
        entry.foreground.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value)" }
          .joined(separator: " "),
        "\(entry.emptySlices)/\(entry.shape[1])",
      ])
    }
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    let table = rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
    let heading =
      "\(kind.rawValue): \(cases.count) cases; channels \(channels.joined(separator: ", ")); "
      + "classes \(labels.summary)"
    return
      ([heading] + notes + table + warnings.map { "warning: \($0)" }
      + errors.map { "error: \($0.description)" }).joined(separator: "\n")
  }

  /// The report as one JSON object with sorted keys.
  public func json() throws -> String {
    struct Content: Encodable {
      let dataset: String
      let channels: [String]
      let labels: [String: [Int32]]
      let cases: [CaseCheck]
      let notes: [String]
      let warnings: [String]
      let errors: [String]
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let content = Content(
      dataset: kind.rawValue, channels: channels,
      labels: Dictionary(uniqueKeysWithValues: labels.classes.map { ($0.name, $0.values) }),
      cases: cases, notes: notes, warnings: warnings, errors: errors.map(\.description))
    return String(decoding: try encoder.encode(content), as: UTF8.self)
  }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : String(format: "%.4g", value)
  }
}
