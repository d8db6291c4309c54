public import Foundation
public import Volumes

/// Where the files of an evaluation are and what they held, for the report's pictures: `cases.json`.
public struct EvaluationRecord: Sendable, Equatable, Codable {
  /// A file and the SHA-256 of its bytes, with those of its data file where it has one.
  public struct File: Sendable, Equatable, Codable {
    /// The absolute path.
    public let path: String
    /// The SHA-256 in hexadecimal.
    public let sha256: String

    init(_ path: String) throws {
      self.path = URL(fileURLWithPath: path).standardizedFileURL.path
      sha256 = try VolumeFile.digest(of: path)
    }

    /// What keeps the file from being used, in words; nil where it is still what it was.
    func change() -> String? {
      guard FileManager.default.fileExists(atPath: path) else { return "is no longer there" }
      guard let now = try? VolumeFile.digest(of: path) else { return "cannot be read" }
      return now == sha256 ? nil : "has changed since the evaluation"
    }
  }

  /// A prediction's mask.
  public struct Prediction: Sendable, Equatable, Codable {
    /// The prediction's name; nil where there is only one.
    public let name: String?
    /// The mask.
    public let mask: File
  }

  /// A class of the label map.
  public struct Class: Sendable, Equatable, Codable {
    /// Its name.
    public let name: String
    /// The values it merges.
    public let values: [Int32]
  }

  /// The files of one case.
  public struct Case: Sendable, Equatable, Codable {
    /// The case.
    public let name: String
    /// The reference mask.
    public let reference: File
    /// The mask in each prediction.
    public let predictions: [Prediction]
    /// The image, where it was known.
    public let image: File?

    /// Takes the hashes of a case's files.
    init(_ files: CaseFiles, names: [String]?) throws {
      name = files.name
      reference = try File(files.reference)
      predictions = try files.predictions.enumerated().map { index, path in
        Prediction(name: names?[index], mask: try File(path))
      }
      image = try files.image.map { try File($0) }
    }

    enum CodingKeys: String, CodingKey {
      case reference, predictions, image
      case name = "case"
    }
  }

  /// The label map's classes; nil where every value was a label of its own.
  public let classes: [Class]?
  /// The cases.
  public let cases: [Case]

  /// The record of an evaluation's cases.
  public init(map: LabelMap?, cases: [Case]) {
    classes = map?.classes.map { Class(name: $0.name, values: $0.values) }
    self.cases = cases
  }

  /// Reads a `cases.json`.
  public init(contentsOf path: String) throws(ReportError) {
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      self = try JSONDecoder().decode(EvaluationRecord.self, from: data)
    } catch {
      throw .malformed(path: path, reason: "it is no record that graft evaluate wrote")
    }
  }

  /// The text of the file.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(self)
  }
}
