import Exemplars
import SegmentAnything
package import Tensors
import Volumes

/// A few subjects of one generated task, each of which is to be understood from the others.
package struct Episode {
  /// The subjects, varied.
  package let subjects: [Subject]

  /// One subject's image and labels at the sizes the model answers in.
  package struct Subject {
    /// The encoder's input [3, S, S].
    package let input: Tensor
    /// The part of each pixel of the logits, [4g, 4g]; see ``PhantomSlice/parts``.
    package let parts: [UInt8]

    /// The label of each pixel of the logits, 0 for what nobody asks for.
    package var labels: [UInt8] { parts.map(PhantomSlice.label) }
  }

  /// The episode of a task: `count` subjects, images of `size` pixels square, logits of `side`.
  package init(task index: Int, seed: UInt64, count: Int, size: Int, side: Int) {
    let task = PhantomTask(seed: seed, index: index, size: size)
    subjects = (0..<count).map { number in
      let (picture, parts) = Episode.varied(
        task.subject(number), seed: seed, task: index, subject: number)
      return Subject(
        input: Preprocessing(size: size, height: size, width: size)
          .normalised(picture.scaled(by: 255)),
        parts: Episode.sampled(parts, side: side))
    }
  }

  /// The image turned, moved, scaled and recoloured a little, as exemplars are varied when a model is adapted.
  private static func varied(
    _ phantom: PhantomSlice, seed: UInt64, task: Int, subject: Int
  ) -> (Tensor, ByteImage) {
    var ranges = FreeAugmentation()
    (ranges.gamma, ranges.contrast, ranges.brightness, ranges.noise) = (1.15, 1.1, 0.03, 0.02)
    return Augmentation.free(ranges)(
      image: phantom.image, label: phantom.parts, seed: seed, case: "pretraining \(task)",
      slice: subject, variant: 1)
  }

  /// The part at the middle of each pixel of the logits.
  private static func sampled(_ parts: ByteImage, side: Int) -> [UInt8] {
    (0..<side * side).map { at in
      let row = (2 * (at / side) + 1) * parts.height / (2 * side)
      let column = (2 * (at % side) + 1) * parts.width / (2 * side)
      return parts.values[row * parts.width + column]
    }
  }
}

/// Which pixels belong to which structure, in the order of the tokens and of the cells inside each.
package struct PixelGroups {
  /// The structures of fewer pixels than this are not counted.
  package static let fewest = 4

  /// The value of each pixel, 16 for each token of the grid in turn.
  package let values: [UInt8]

  /// The groups of pixels [4g, 4g] given row by row.
  package init(_ rows: [UInt8], grid: Int) {
    let side = 4 * grid
    values = (0..<side * side).map { at in
      let (token, cell) = (at / 16, at % 16)
      return rows[(4 * (token / grid) + cell / 4) * side + 4 * (token % grid) + cell % 4]
    }
  }

  /// The pixels of several images, one image after the other.
  package init(joining groups: [PixelGroups]) { values = groups.flatMap(\.values) }

  /// How many pixels have each value.
  package var counts: [Int] {
    var counts = [Int](repeating: 0, count: 256)
    for value in values { counts[Int(value)] += 1 }
    return counts
  }

  /// The place of each pixel's value among the chosen ones, 0 for values that were not chosen.
  package func indices(in chosen: [UInt8]) -> [UInt8] { Self.indices(of: values, in: chosen) }

  /// The place of each value among the chosen ones, 0 for values that were not chosen.
  static func indices(of values: [UInt8], in chosen: [UInt8]) -> [UInt8] {
    var place = [UInt8](repeating: 0, count: 256)
    for (index, value) in chosen.enumerated() { place[Int(value)] = UInt8(index) }
    return values.map { place[Int($0)] }
  }

  /// Weights that take the mean over the pixels of each chosen value, [chosen, pixels].
  package func pixelMeans(of chosen: [UInt8]) -> Tensor { means(of: chosen, cells: 1) }

  /// Weights that take the mean over the tokens of each chosen value, by the share of each token's pixels,
  /// [chosen, tokens].
  package func tokenMeans(of chosen: [UInt8]) -> Tensor { means(of: chosen, cells: 16) }

  private func means(of chosen: [UInt8], cells: Int) -> Tensor {
    let counts = counts
    var row = [Int](repeating: -1, count: 256)
    for (index, value) in chosen.enumerated() { row[Int(value)] = index }
    let width = values.count / cells
    var weights = [Float](repeating: 0, count: chosen.count * width)
    for (at, value) in values.enumerated() where row[Int(value)] >= 0 {
      weights[row[Int(value)] * width + at / cells] += 1 / Float(counts[Int(value)])
    }
    return Tensor([chosen.count, width], weights)
  }
}
