public import Metrics
import Volumes

/// A table of what lies below a case's scores, which grows case by case: the file `slices.csv` or `lesions.csv`.
public enum DetailTable: String, Sendable, CaseIterable {
  /// The overlap slice by slice: a line for every slice in which either mask has voxels.
  ///
  /// Slices lie across the axis the scan was taken along (`Plane.acquired`) and count from 0 in the file's own order.
  case slices
  /// The lesions of the reference after merging, and how many regions of the prediction reach none.
  case lesions

  /// The tables a scoring asks for.
  public static func asked(by scoring: Scoring) -> [DetailTable] {
    allCases.filter { table in
      switch table {
      case .slices: scoring.perSlice
      case .lesions: scoring.lesions != nil
      }
    }
  }

  /// The name of the file.
  public var fileName: String { "\(rawValue).csv" }

  /// The head; `several` predictions have a column of their own.
  public func header(several: Bool) -> String {
    let columns =
      switch self {
      case .slices: ["slice", "dice", "voxels_prediction", "voxels_reference"]
      case .lesions: ["lesion", "volume", "counts", "found", "dice", "hd95"]
      }
    return csvLine((several ? ["prediction"] : []) + ["case", "label"] + columns)
  }

  /// The lines of the slices of one label of a case.
  static func lines(of slices: SliceOverlaps, _ row: Evaluation.Row) -> String {
    slices.overlaps.enumerated().compactMap { index, overlap in
      overlap.dice.map { dice in
        csvLine(
          row.names + ["\(index)", "\(dice)", "\(overlap.prediction)", "\(overlap.reference)"])
      }
    }.joined()
  }

  /// The lines of the lesions of one label of a case, then one for every false positive.
  static func lines(of lesions: LesionScores, _ row: Evaluation.Row, penalty: Double) -> String {
    let own = lesions.lesions.enumerated().map { index, lesion in
      csvLine(
        row.names + [
          "\(index + 1)", "\(lesion.volume)", lesion.counts ? "yes" : "no",
          lesion.isFound ? "yes" : "no", "\(lesion.dice)", "\(lesion.hausdorff95)",
        ])
    }
    let invented = csvLine(row.names + ["invented", "", "yes", "", "0.0", "\(penalty)"])
    return own.joined() + String(repeating: invented, count: lesions.falsePositives)
  }
}

extension Evaluation.Row {
  /// The cells that say which row it is.
  fileprivate var names: [String] {
    (prediction.map { [$0] } ?? []) + [name, label.description]
  }
}

extension Geometry {
  /// The axis of [D, H, W] the scan was taken along.
  var acquiredAxis: Int {
    let plane = Plane.acquired.slices(of: canonical).plane
    let body = [Plane.sagittal, .coronal, .axial].firstIndex(of: plane) ?? 2
    return 2 - (orientation.axes.firstIndex(of: body) ?? 2)
  }
}
