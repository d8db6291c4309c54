import Autodiff
import Foundation
package import SegmentAnything
package import Tensors

extension PerSAM.Target {
  /// The number of steps in which the weights of the scales are found.
  package static let steps = 1000

  /// What references show of a class.
  ///
  /// Its embedding is the mean of the features in the objects; with training, half of that and half of their maximum.
  package init(_ references: [PerSAM.Reference], _ model: Sam, _ variant: PerSAM.Variant) {
    let embeddings = references.map { model.imageEncoder($0.image).detached }
    let inside = zip(embeddings, references).flatMap { embedding, reference in
      PerSAM.Target.features(embedding.value, in: reference.mask)
    }
    let width = model.configuration.promptWidth
    let columns = (0..<width).map { channel in inside.map { $0[channel] } }
    let mean = columns.map { values in
      Float(values.reduce(0.0) { $0 + Double($1) } / Double(values.count))
    }
    guard variant == .tuned else {
      self.init(embedding: Tensor([width], mean), scales: nil, threshold: nil)
      return
    }
    let highest = columns.map { $0.reduce(-Float.infinity, max) }
    let embedding = Tensor([width], zip(mean, highest).map { ($0 + $1) / 2 })
    let masks = zip(embeddings, references).map { own, reference in
      let view = SimilarityView(reference.image, embedding: own.value)
      var decoding = Decoding(model: model, embedding: own, view: view)
      decoding.points = [view.similarity(to: embedding).highest.point]
      return decoding.masks().chosen(multimask: true).masks.value
    }
    self.init(
      embedding: embedding,
      scales: PerSAM.Target.scales(of: masks, targets: references.map(\.mask)).weights,
      threshold: nil)
  }

  /// The features of the tokens whose cell's middle is in the object; of an object that has none, those of the cells it
  /// fills most.
  package static func features(_ embedding: Tensor, in mask: [UInt8]) -> [[Float]] {
    let (grid, width) = (embedding.shape[1], embedding.shape[3])
    precondition(mask.count == 16 * grid * grid, "PerSAM: a mask of \(mask.count) pixels")
    func share(_ token: Int, _ range: Range<Int>) -> Int {
      range.reduce(0) { sum, y in
        let row = (4 * (token / grid) + y) * 4 * grid + 4 * (token % grid)
        return sum + range.count { mask[row + $0] != 0 }
      }
    }
    let tokens = Array(0..<grid * grid)
    var inside = tokens.filter { share($0, 1..<3) >= 2 }
    if inside.isEmpty {
      let most = tokens.map { share($0, 0..<4) }.max() ?? 0
      inside = tokens.filter { share($0, 0..<4) == most }
    }
    let values = embedding.values
    return inside.map { Array(values[$0 * width..<($0 + 1) * width]) }
  }

  /// The weights of three masks that add up to 1, two of them learned, and the losses on the way there.
  ///
  /// What is minimised is Dice and focal loss of the weighed sum of the logits [1, 3, 4g, 4g] of each reference, by AdamW at a
  /// rate of 1e-3 that falls by half a cosine, an ε of 1e-4 and a decay of 0.01. The paper's loss is taken on the
  /// original pixels, this one on the logits' own.
  package static func scales(
    of masks: [Tensor], targets: [[UInt8]]
  ) -> (weights: [Float], losses: [Double]) {
    let problems = zip(masks, targets).map { masks, target in
      let pixels = masks.shape[2] * masks.shape[3]
      let rows = masks.reshaped([3, pixels])
      let first = rows.sliced(axis: 0, 0..<1)
      let others = (1..<3).map { rows.sliced(axis: 0, $0..<$0 + 1).adding(first.scaled(by: -1)) }
      return (
        first: Variable(first.reshaped([pixels, 1])),
        others: Variable(Tensor.concatenated(others, axis: 0).swappingAxes(0)),
        shape: [1, 1, masks.shape[2], masks.shape[3]], target: target
      )
    }
    var weights = Tensor([1, 2], repeating: 1 / 3)
    var (mean, square) = (Tensor(zeros: [1, 2]), Tensor(zeros: [1, 2]))
    var losses: [Double] = []
    for step in 0..<steps {
      let leaf = Variable(weights, wantsGradient: true)
      var gradient = Tensor(zeros: [1, 2])
      var loss = 0.0
      for problem in problems {
        let sum = add(problem.first, linear(problem.others, leaf, nil))
        let part = focalDiceIoU(
          reshape(sum, problem.shape), iou: nil, targets: problem.target, focalWeight: 1)
        loss += part.value / Double(problems.count)
        guard let own = Gradients(of: part.total)[leaf] else { continue }
        gradient = gradient.adding(own.scaled(by: 1 / Float(problems.count)))
      }
      losses.append(loss)
      let rate = 1e-3 * (1 + cos(Double.pi * Double(step) / Double(steps))) / 2
      weights.stepAdamW(
        gradient: gradient, mean: &mean, square: &square, step: step + 1, rate: rate,
        betas: (0.9, 0.999), decay: 0.01, epsilon: 1e-4)
    }
    let learned = weights.values
    return ([1 - learned[0] - learned[1]] + learned, losses)
  }
}
