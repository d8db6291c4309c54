import Adaptation
import Foundation
import Tensors
import Volumes

/// A scan as a model takes it: canonical, in the model's range of intensities, and cut into slices.
struct PreparedScan {
  /// The canonical volume in the model's range.
  let volume: Volume
  /// Its slices.
  let slices: Slices

  /// Images of up to this many tokens a side are worked on side by side, one a thread; larger ones one by one.
  private static let smallGrid = 32
  /// How many slices are worked on side by side before it is told how many are done.
  private static let part = 32

  /// Prepares a scan for a prediction; `name` is the case errors speak of.
  init(_ scan: Volume, _ prediction: VolumePrediction, case name: String) throws {
    guard (1...3).contains(scan.channels) else {
      throw InferenceError.channels(case: name, found: scan.channels)
    }
    let canonical = scan.canonical
    volume = Volume(
      voxels: try prediction.preparation.normalised(canonical.voxels, case: name),
      geometry: canonical.geometry, source: scan.source)
    slices = prediction.preparation.plane.slices(of: canonical.geometry)
  }

  /// What a prediction says of every slice, in their order; of `mirrored` slices it is put back.
  func answers(
    of prediction: VolumePrediction, mirrored: Bool = false, massed: Bool = false,
    progress: VolumePrediction.Progress
  ) throws -> [SliceAnswer] {
    var answers: [SliceAnswer] = []
    let part = isSmall(prediction) ? PreparedScan.part : 1
    while answers.count < slices.count {
      let range = answers.count..<min(answers.count + part, slices.count)
      answers += self.answers(of: prediction, range, mirrored: mirrored, massed: massed)
      try progress(answers.count, slices.count)
    }
    return answers
  }

  /// What a prediction says of some slices.
  func answers(
    of prediction: VolumePrediction, _ range: Range<Int>, mirrored: Bool = false,
    massed: Bool = false
  ) -> [SliceAnswer] {
    var answers = [SliceAnswer?](repeating: nil, count: range.count)
    answers.withUnsafeMutableBufferPointer { answers in
      let answers = answers
      func answer(_ index: Int) {
        let image = slices.image(range.lowerBound + index, of: volume)
        let logits = prediction.logits(
          of: mirrored ? image.mirrored : image, place: place(of: range.lowerBound + index))
        let answer = SliceAnswer(logits, massed: massed)
        answers[index] = mirrored ? SliceAnswer(mirrored: answer, width: slices.width) : answer
      }
      if isSmall(prediction) {
        parallel(range.count, answer)
      } else {
        range.indices.forEach { answer($0 - range.lowerBound) }
      }
    }
    return answers.compactMap { $0 }
  }

  /// Where a slice lies in the volume, from 0 to 1; nil in a volume of one.
  private func place(of slice: Int) -> Float? { PreparedScan.place(of: slice, among: slices.count) }

  /// Where a slice of several lies, from 0 to 1; nil where there is one.
  static func place(of slice: Int, among count: Int) -> Float? {
    count > 1 ? Float(slice) / Float(count - 1) : nil
  }

  /// Whether slices are worked on side by side.
  func isSmall(_ prediction: VolumePrediction) -> Bool {
    prediction.preparation.size / prediction.segmenter.patch <= PreparedScan.smallGrid
  }
}

extension Tensor {
  /// An image [..., h, w] with its columns from right to left.
  var mirrored: Tensor {
    let width = shape.last ?? 1
    return Tensor(unfilled: shape) { to in
      withPointer { from in
        for line in stride(from: 0, to: count, by: width) {
          for column in 0..<width { to[line + column] = from[line + width - 1 - column] }
        }
      }
    }
  }
}
