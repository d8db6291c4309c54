import Adaptation
import Autodiff
public import SegmentAnything
import Tensors

extension LeaveOneOut {
  /// What SAM's answer to a prompt may be multiplied with, beside the task's own logits.
  private static let promptWeights: [Float] = [1, 0, 0.5, 2, 4, 8]

  /// How much SAM's answer to a point or a box counts best beside the exemplars', and the mean Dice of the classes that
  /// are shown so; nil where there is nothing to ask.
  ///
  /// Of every question each class is shown once by a point in its middle and once by its box. `sam` is the model of the
  /// task's weights without what was learned about example sets.
  public func promptWeight(
    _ settings: ExampleSetSettings, sam: Sam
  ) -> (weight: Float, dice: Double)? {
    var scores = [[[Double]]](repeating: [], count: questions.count)
    scores.withUnsafeMutableBufferPointer { scores in
      let scores = scores
      parallel(questions.count) { scores[$0] = dice(of: questions[$0], settings, sam) }
    }
    let all = scores.flatMap(\.self)
    guard !all.isEmpty else { return nil }
    let means = Self.promptWeights.indices.map { place in
      all.map { $0[place] }.reduce(0, +) / Double(all.count)
    }
    let best = means.indices.max { (means[$0], $1) < (means[$1], $0) } ?? 0
    return (Self.promptWeights[best], means[best])
  }

  /// The Dice of each class of a question by each weight, for a point and for a box.
  private func dice(
    of question: ExampleSlice, _ settings: ExampleSetSettings, _ sam: Sam
  ) -> [[Double]] {
    let others = Self.others(than: question, among: exemplars)
    guard others.contains(where: \.isLabelled) else { return [] }
    let found = network.logits(of: question, exemplars: others, settings: settings).value
    let (logits, pixels) = (found.values, question.classes.count)
    return Set(question.classes).subtracting([0]).sorted().flatMap { label -> [[Double]] in
      let rivals = (0..<pixels).map { at in
        (0..<found.shape[1]).reduce(-Float.infinity) {
          $1 == Int(label) ? $0 : max($0, logits[$1 * pixels + at])
        }
      }
      return prompts(for: label, in: question).map { prompt in
        let answer = sam.answer(about: question.embedding, prompt)
        return Self.promptWeights.map { weight in
          var (both, either) = (0, 0)
          for at in 0..<pixels {
            let own = logits[Int(label) * pixels + at] + weight * answer[at] > rivals[at]
            let right = question.classes[at] == label
            either += (own ? 1 : 0) + (right ? 1 : 0)
            both += own && right ? 1 : 0
          }
          return 2 * Double(both) / Double(max(1, either))
        }
      }
    }
  }

  /// A point in the middle of a class and a box around it, in pixels of the model's image.
  private func prompts(for label: UInt8, in question: ExampleSlice) -> [Prompt] {
    let side = 4 * network.grid
    let cells = question.classes.indices.filter { question.classes[$0] == label }
    let (rows, columns) = (cells.map { $0 / side }, cells.map { $0 % side })
    guard let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
      let right = columns.max()
    else { return [] }
    let middle = (row: rows.reduce(0, +) / rows.count, column: columns.reduce(0, +) / rows.count)
    func distance(_ cell: Int) -> Int {
      let (dy, dx) = (cell / side - middle.row, cell % side - middle.column)
      return dy * dy + dx * dx
    }
    let centre = cells.min { (distance($0), $0) < (distance($1), $1) } ?? cells[0]
    let pixels = Float(network.model.patch) / 4
    let point = Prompt.Point(
      x: (Float(centre % side) + 0.5) * pixels, y: (Float(centre / side) + 0.5) * pixels)
    let box = Prompt.Box(
      x0: Float(left) * pixels, y0: Float(top) * pixels, x1: Float(right + 1) * pixels,
      y1: Float(bottom + 1) * pixels)
    return [Prompt(points: [point], box: nil, mask: nil), Prompt(points: [], box: box, mask: nil)]
  }
}
