import Foundation
import Metrics

extension Evaluation {
  /// Reads a `metrics.json`; the summary is computed anew.
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
    self.init(
      convention: file.convention, spacingUnit: file.spacingUnit, rows: file.cases.map(\.row))
  }

  private struct File: Decodable {
    let convention: Convention
    let spacingUnit: String
    let cases: [StoredRow]

    enum CodingKeys: String, CodingKey {
      case convention, cases
      case spacingUnit = "spacing_unit"
    }
  }

  private struct StoredRow: Decodable {
    let row: Row

    private struct Key: CodingKey {
      let stringValue: String
      let intValue: Int? = nil
      init(_ name: String) { stringValue = name }
      init?(stringValue: String) { self.init(stringValue) }
      init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Key.self)
      var scores = Scores(
        volumeOfPrediction: try values.decode(Double.self, forKey: Key("volume_prediction")),
        volumeOfReference: try values.decode(Double.self, forKey: Key("volume_reference")),
        status: try values.decode(Status.self, forKey: Key("status")))
      for measure in Measure.allCases {
        scores[keyPath: measure.path] = try values.decode(
          Double?.self, forKey: Key(measure.rawValue))
      }
      let label: Label
      if let value = try? values.decode(Int32.self, forKey: Key("label")) {
        label = .value(value)
      } else {
        label = .name(try values.decode(String.self, forKey: Key("label")))
      }
      row = Row(
        prediction: try values.decodeIfPresent(String.self, forKey: Key("prediction")),
        name: try values.decode(String.self, forKey: Key("case")), label: label, scores: scores)
    }
  }
}
