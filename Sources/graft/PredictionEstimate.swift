import Foundation
import Inference
import Training
import Volumes

extension CasePredictions {
  /// Tells what the prediction is going to take, by the first case's image and one of its slices; nothing is written.
  func estimate() throws {
    guard let first = cases.first else { return }
    let start = Work.uptime()
    let image = try first.image()
    let reading = Work.uptime() - start
    let (slices, seconds) = try prediction.trial(of: image, case: first.name)
    let passes = judgement == .mirrored ? 2.0 : 1
    let share = totalSize / max(1, Double(first.size))
    console.tell(
      estimate: [
        ("reading", share * reading), ("predicting", share * passes * Double(slices) * seconds),
      ],
      memory: ProcessMemory.peak, disk: Int(share * Double(image.geometry.count)))
  }

  private var totalSize: Double { cases.map { Double($0.size) }.reduce(0, +) }
}
