import Foundation
import Metrics

extension Evaluation {
  /// Reads a `metrics.json`; what follows from the scores (`Findings`) is computed anew.
  ///
  /// Files of older versions have fewer measures and no policy, which then is that of their convention.
  public init(contentsOf path: String) throws(ReportError) {
    let file: File
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      file = try JSONDecoder().decode(File.self, from: data)
    } catch is DecodingError {
      throw .malformed(path: path, reason: "it is no metrics.json that graft evaluate wrote")
    } catch {
      throw .malformed(path: path, reason: "it cannot be read: \(error.localizedDescription)")
    }
    try self.init(file, path: path)
  }

  private init(_ file: File, path: String) throws(ReportError) {
    let rows = file.cases.map(\.row)
    struct Key: Hashable {
      let prediction: String?
      let name: String
      let label: Label
    }
    let keys = rows.map { Key(prediction: $0.prediction, name: $0.name, label: $0.label) }
    guard Set(keys).count == keys.count else {
      throw .malformed(path: path, reason: "a case has two rows of one label")
    }
    let predictions = Set(rows.map(\.prediction))
    guard predictions.count < 2 || !predictions.contains(nil) else {
      throw .malformed(path: path, reason: "some rows name a prediction and some do not")
    }
    let known = file.cases.first?.measures ?? []
    let scoring = file.scoring(of: known)
    self.init(
      scoring: scoring, spacingUnit: file.spacingUnit, rows: rows,
      measures: scoring.measures.filter {
        known.contains($0) || $0 == .volumeError || $0 == .relativeVolumeError
      }, seed: file.seed ?? Self.defaultSeed, centres: file.centres ?? [:],
      confidences: (file.confidences ?? []).map(\.confidence))
    if let policy = file.policy { self = try under(policy) }
  }

  private struct File: Decodable {
    let convention: Convention
    let policy: Policy?
    let seed: UInt64?
    let lesions: LesionTask?
    let spacingUnit: String
    let centres: [String: String]?
    let confidences: [StoredConfidence]?
    let cases: [StoredRow]

    enum CodingKeys: String, CodingKey {
      case convention, policy, seed, lesions, centres, confidences, cases
      case spacingUnit = "spacing_unit"
    }

    /// What was computed, as the columns show it.
    func scoring(of known: Set<Measure>) -> Scoring {
      let tolerances = known.compactMap { measure in
        if case .normalised(let tolerance) = measure { tolerance } else { nil }
      }
      return Scoring(
        convention: convention, tolerances: tolerances,
        surfaceElements: convention == .standard && known.contains(.hausdorff95Elements),
        lesions: convention == .standard && known.contains(.lesionDice) ? lesions : nil,
        perSlice: known.contains(.sliceDice))
    }
  }

  private struct StoredConfidence: Decodable {
    let confidence: Confidence

    private enum Key: String, CodingKey {
      case prediction, `case`, label, confidence, parts, flagged
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      confidence = Confidence(
        prediction: try values.decodeIfPresent(String.self, forKey: .prediction),
        name: try values.decode(String.self, forKey: .case),
        label: try values.decodeIfPresent(Label.self, forKey: .label),
        value: try values.decodeIfPresent(Double.self, forKey: .confidence),
        parts: try values.decodeIfPresent([String: Double].self, forKey: .parts) ?? [:],
        isFlagged: try values.decode(Bool.self, forKey: .flagged))
    }
  }

  private struct StoredRow: Decodable {
    let row: Row
    let measures: Set<Measure>

    private struct Key: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.init(stringValue) }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      // Numbers that can be added up: beyond 10^100 they are none that were ever measured.
      for key in values.allKeys {
        guard let number = try? values.decode(Double.self, forKey: key), abs(number) > 1e100 else {
          continue
        }
        throw DecodingError.dataCorruptedError(
          forKey: key, in: values, debugDescription: "not measured")
      }
      var scores = Scores(
        volumeOfPrediction: try values.decode(Double.self, forKey: Key("volume_prediction")),
        volumeOfReference: try values.decode(Double.self, forKey: Key("volume_reference")),
        status: try values.decode(Status.self, forKey: Key("status")))
      scores.diagonal = try values.decodeIfPresent(Double.self, forKey: Key("diagonal"))
      var measures: Set<Measure> = []
      for key in values.allKeys {
        guard let measure = Measure(name: key.stringValue) else { continue }
        measures.insert(measure)
        scores[measure] =
          measure.isCount
          ? try values.decode(Int32?.self, forKey: key).map(Double.init)
          : try values.decode(Double?.self, forKey: key)
      }
      self.measures = measures
      row = Row(
        prediction: try values.decodeIfPresent(String.self, forKey: Key("prediction")),
        name: try values.decode(String.self, forKey: Key("case")),
        label: try values.decode(Label.self, forKey: Key("label")), scores: scores)
    }
  }
}
