import Foundation
public import Volumes

/// The files of a test case that a bench's page shows under all arms.
public struct BenchPicture: Sendable {
  /// The case.
  public let name: String
  /// The path of its image.
  public let image: String
  /// The path of its reference mask.
  public let reference: String
  /// The classes and their values in the masks.
  public let labels: LabelMap

  /// A case's files.
  public init(name: String, image: String, reference: String, labels: LabelMap) {
    self.name = name
    self.image = image
    self.reference = reference
    self.labels = labels
  }

  /// Where the masks of some arms are: those of each arm's first choice and seed.
  func sources(_ groups: [BenchGroup]) -> [Results.Source] {
    groups.map { group in
      let first = group.cells.min { ($0.choice, $0.seed) < ($1.choice, $1.seed) }
      let record = first?.masks.flatMap { self.record(mask: "\($0)/\(name).nii.gz") }
      return Results.Source(name: group.arm, prediction: group.arm, record: record)
    }
  }

  /// The record of one mask; nil where a file is missing.
  private func record(mask: String) -> EvaluationRecord? {
    let files = CaseFiles(name: name, reference: reference, predictions: [mask], image: image)
    guard let record = try? EvaluationRecord.Case(files, names: nil) else { return nil }
    return EvaluationRecord(map: labels, cases: [record])
  }
}
