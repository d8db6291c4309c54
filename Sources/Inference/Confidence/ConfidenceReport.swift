import Archives
import Foundation
import Metrics
import Volumes

/// How sure the masks of a set of cases are, and which of them are worth a look: the file `confidence.json`.
///
/// A mask is flagged where its confidence is below 0.5, or, from five cases on, below the first quartile of its class in
/// the set less half the distance between first and third quartile. An empty mask is flagged where most cases have the
/// class.
public struct ConfidenceReport: Codable, Equatable, Sendable {
  /// What the file is called.
  public static let name = "confidence.json"

  private static let bound = 0.5
  private static let fewestCases = 5

  /// How the confidence and the flag come about, in a sentence each.
  public private(set) var rule = [
    "confidence: expected_dice times slice_agreement (of a prompted image: predicted_iou)",
    "flagged: below 0.5, or below q1 - (q3 - q1) / 2 of the class in this set, or empty where most cases have the class",
  ]
  /// The confidences, by case and class.
  public private(set) var cases: [Confidence]

  /// A report of some masks, by case and flagged; of a case that comes in `earlier` too, only the later ones count.
  public init(_ rows: [Confidence] = [], after earlier: ConfidenceReport? = nil) {
    let names = Set(rows.map(\.case))
    let all = (earlier?.cases ?? []).filter { !names.contains($0.case) } + rows
    cases = all.enumerated()
      .sorted { ($0.element.case, $0.offset) < ($1.element.case, $1.offset) }.map(\.element)
    flag()
  }

  /// The report in a folder; an empty one where there is none.
  /// - Throws: `ArchiveError` where the file is no report.
  public init(inFolder folder: String) throws {
    let path = "\(folder)/\(ConfidenceReport.name)"
    guard let data = FileManager.default.contents(atPath: path) else {
      self.init()
      return
    }
    do { self = try JSONDecoder().decode(ConfidenceReport.self, from: data) } catch {
      throw ArchiveError.malformed(
        source: path, reason: "it is no report of how sure masks are; remove it")
    }
  }

  /// The names of the cases in the report.
  public var names: Set<String> { Set(cases.map(\.case)) }

  /// Writes the report into a folder.
  public func write(toFolder folder: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(
      try encoder.encode(self) + Data("\n".utf8), to: "\(folder)/\(ConfidenceReport.name)")
  }

  /// The names of the cases that are worth a look.
  public var flagged: [String] {
    cases.filter(\.isFlagged).map(\.case).reduce(into: []) {
      if $0.last != $1 { $0.append($1) }
    }
  }

  /// The flagged cases in a sentence.
  public var sentence: String {
    let flagged = flagged
    let count = names.count
    if flagged.isEmpty { return "None of \(count) cases stands out as uncertain." }
    return "\(flagged.count) of \(count) cases \(flagged.count == 1 ? "is" : "are") worth a look: "
      + "\(flagged.joined(separator: ", "))."
  }

  /// What a mask's case is called: its file's name without the ending.
  public static func caseName(_ path: String) -> String {
    let file = String(path.split(separator: "/").last ?? "")
    return String(file.dropLast(WrittenFormat(path: file)?.ending.count ?? 0))
  }

  private mutating func flag() {
    for rows in Dictionary(grouping: cases.indices, by: { cases[$0].value }).values {
      let known = rows.compactMap { cases[$0].confidence }
      let bound = ConfidenceReport.bound(of: known)
      for row in rows {
        cases[row].isFlagged =
          cases[row].confidence.map { $0 < bound } ?? (2 * known.count > rows.count)
      }
    }
  }

  /// The bound below which one of some confidences is flagged.
  private static func bound(of known: [Double]) -> Double {
    guard known.count >= fewestCases, let low = quantile(0.25, of: known),
      let high = quantile(0.75, of: known)
    else { return bound }
    return max(bound, low - (high - low) / 2)
  }
}
