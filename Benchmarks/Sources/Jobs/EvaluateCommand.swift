import Archives
import ArgumentParser
import Foundation
import Metrics
import Tensors
import Workload

/// `jobs evaluate`: Dice and the 95th percentile of the Hausdorff distance of two masks in memory.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate", abstract: "Computes Dice and HD95 of a pair of masks.")

  @OptionGroup var options: JobOptions

  func run() throws {
    try options.apply()
    let prediction = try labels("prediction")
    let reference = try labels("reference")
    func measured() -> [String: Double] {
      let masks = [prediction, reference].map {
        Mask(of: 1, in: $0, extents: MaskPair.extents, spacing: MaskPair.spacing)
      }
      let distances = SurfaceDistances(prediction: masks[0], reference: masks[1])
      return [
        "dice": Overlap(prediction: masks[0], reference: masks[1]).dice ?? 0,
        "hd95": distances?.hausdorff95Pooled ?? 0,
        "hd95_maximum": distances?.hausdorff95Maximum ?? 0,
      ]
    }
    let session = Session()
    while let start = try session.next() {
      let facts = measured()
      session.report(since: start, facts)
    }
  }

  private func labels(_ name: String) throws -> [UInt8] {
    let path = options.path("\(name).npy")
    return [UInt8](try NPY.array(Data(contentsOf: URL(fileURLWithPath: path)), source: path).bytes)
  }
}
