import Foundation

/// How sure a prediction was of a case or of one of its labels: a row of `confidence.json`, which lies beside the masks.
public struct Confidence: Sendable, Equatable {
  /// Which prediction it is; nil where there is only one.
  public let prediction: String?
  /// The case: the mask's name without its ending.
  public let name: String
  /// The label; nil for the case as a whole.
  public let label: Evaluation.Label?
  /// From 0 to 1, which is sure; nil where the prediction cannot say.
  public let value: Double?
  /// What it was made of, by name.
  public let parts: [String: Double]
  /// Whether the prediction asks for a look at it.
  public let isFlagged: Bool

  /// A confidence in a case or label.
  public init(
    prediction: String? = nil, name: String, label: Evaluation.Label?, value: Double?,
    parts: [String: Double] = [:], isFlagged: Bool
  ) {
    self.prediction = prediction
    self.name = name
    self.label = label
    self.value = value
    self.parts = parts
    self.isFlagged = isFlagged
  }

  /// The file that lies beside the masks of a prediction, a folder or a file.
  public static func path(beside prediction: String) -> String {
    let url = URL(fileURLWithPath: prediction)
    var isFolder: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: prediction, isDirectory: &isFolder)
    let folder = exists && isFolder.boolValue ? url : url.deletingLastPathComponent()
    return folder.appendingPathComponent("confidence.json").path
  }

  /// Reads the file beside the masks of a prediction; none where there is no file.
  ///
  /// `cases` says which case the mask of a name is; others are left out. A label is taken by its value where the
  /// evaluation knows labels by value, else by name.
  public static func read(
    beside path: String, prediction: String?, cases: [String: String], byValue: Bool
  ) throws(ReportError) -> [Confidence] {
    let path = self.path(beside: path)
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let file: File
    do {
      file = try JSONDecoder().decode(
        File.self, from: try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw .malformed(
        path: path,
        reason:
          "it is no list of confidences that graft predict wrote; move it away to go on without it")
    }
    var found: [Confidence] = []
    for row in file.cases {
      guard let name = cases[row.case] else { continue }
      guard row.confidence.map((0...1).contains) ?? true else {
        throw .malformed(
          path: path, reason: "the case \(row.case) has a confidence outside of 0...1")
      }
      found.append(
        Confidence(
          prediction: prediction, name: name,
          label: byValue ? row.value.map { .value($0) } ?? row.label : row.label,
          value: row.confidence, parts: (row.parts ?? [:]).compactMapValues(\.self),
          isFlagged: row.flagged ?? false))
    }
    return found
  }

  private struct File: Decodable {
    let cases: [Entry]
  }

  private struct Entry: Decodable {
    let `case`: String
    let label: Evaluation.Label?
    let value: Int32?
    let confidence: Double?
    let parts: [String: Double?]?
    let flagged: Bool?
  }
}

extension Evaluation.Label: Decodable {
  /// A name, or a value as a number.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Int32.self) {
      self = .value(value)
    } else {
      self = .name(try container.decode(String.self))
    }
  }
}
