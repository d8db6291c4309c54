import Foundation
package import Tensors

/// What a model says of one slice: the class of each pixel, and how sure it is of it.
package struct SliceAnswer {
  /// How sure the model is of a class.
  package struct Mass: Equatable {
    /// The sum of its probability over the pixels that get the class.
    package var inside = 0.0
    /// The sum of its probability over all pixels.
    package var total = 0.0
    /// The pixels that get the class.
    package var pixels = 0
  }

  /// The class of each pixel of the slice [h, w].
  package let classes: [UInt8]
  /// The mass of each class but the background, class 1 first; empty where it was not asked for.
  package let masses: [Mass]

  /// The answer that logits [K, h, w] give.
  ///
  /// A class's probability is the softmax of its logits; `massed` says whether the masses are wanted.
  package init(_ logits: Tensor, massed: Bool) {
    classes = VolumePrediction.highest(logits)
    masses = massed ? SliceAnswer.masses(logits, classes) : []
  }

  /// The answer of a slice whose columns were mirrored, put back, without its masses.
  package init(mirrored answer: SliceAnswer, width: Int) {
    classes = stride(from: 0, to: answer.classes.count, by: max(1, width)).flatMap {
      answer.classes[$0..<$0 + width].reversed()
    }
    masses = []
  }

  /// The Dice the probabilities of some slices let expect of class `index` (0 for class 1): 2 Σ p over M / (Σ p + |M|), M
  /// being the pixels that get it; nil where there are none.
  package static func expectedDice(_ answers: [SliceAnswer], of index: Int) -> Double? {
    let masses = answers.map { $0.masses[index] }
    let pixels = masses.map(\.pixels).reduce(0, +)
    guard pixels > 0 else { return nil }
    let total = masses.map(\.total).reduce(0, +) + Double(pixels)
    return 2 * masses.map(\.inside).reduce(0, +) / total
  }

  private static func masses(_ logits: Tensor, _ classes: [UInt8]) -> [Mass] {
    let (count, pixels) = (logits.shape[0], classes.count)
    var masses = [Mass](repeating: Mass(), count: count)
    var shares = [Float](repeating: 0, count: count)
    logits.withPointer { logits in
      for pixel in 0..<pixels {
        let best = Int(classes[pixel])
        let highest = logits[best * pixels + pixel]
        var sum: Float = 0
        for k in 0..<count {
          shares[k] = expf(logits[k * pixels + pixel] - highest)
          sum += shares[k]
        }
        for k in 0..<count { masses[k].total += Double(shares[k] / sum) }
        masses[best].pixels += 1
        masses[best].inside += Double(shares[best] / sum)
      }
    }
    return Array(masses.dropFirst())
  }
}
