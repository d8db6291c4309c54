public import Adaptation
import Autodiff
import Foundation
public import SegmentAnything
public import Tensors
public import Volumes

/// Segments one image by a task's exemplars and by what a user shows of a class in it.
///
/// - Marked tokens of the image join the exemplars, so that their likes, in all slices, are recalled with them.
/// - SAM's own answer to points and box is added to the logits of the class, in the slice where they are, as much as the
///   task's settings say.
/// - A cell that was marked gets what it was marked as, and the class does not leave its box.
public final class PromptedTaskSegmenter: PlacedSegmenter {
  /// What a slice in which something is shown is told of it.
  private struct Shown {
    /// The logits of SAM's answer as far as they count, [4g · 4g]; nil where it has nothing to answer.
    let answer: [Float]?
    /// The cells that were marked, [4g · 4g]: 1 as the class, 2 as none of it.
    let cells: [UInt8]
    /// Where the box leaves room for the class.
    let inside: [Bool]?
  }

  /// What marks and the box put between the logits of cells.
  private static let decided: Float = 20

  private let task: TaskSegmenter
  private let label: Int
  private let count: Int
  private var marked: [MarkedTokens] = []
  private var shown: [Int: Shown] = [:]

  /// A segmenter of the slices of one image; `sam` is the model of the task's weights without what was learned about
  /// example sets, and `name` the image in errors.
  public init(
    _ task: TaskSegmenter, _ prompts: TaskPrompts, in image: Volume,
    preparation: ImagePreparation, sam: Sam, name: String
  ) throws {
    self.task = task
    label = prompts.label
    let plain = VolumePrediction(task, preparation: preparation, labels: [], keepsLargest: false)
    let scan = try PreparedScan(image, plain, case: name)
    count = scan.slices.count
    let way = preparation.way(height: scan.slices.height, width: scan.slices.width)
    let grid = task.network.grid
    for (index, slice) in prompts.slices.sorted(by: { $0.key < $1.key }) {
      let input = preparation.input(scan.slices.image(index, of: scan.volume))
      let query = ExampleQuery(
        embedding: task.network.embedding(of: input),
        place: PreparedScan.place(of: index, among: count))
      let answer = slice.prompt(way).map { sam.answer(about: query.embedding, $0) }
      let weight = task.settings.prompt ?? 1
      let cells = slice.cells(way, low: 4 * grid)
      let logits = task.network.logits(
        of: query, among: task.exemplars, settings: task.settings
      ).value
      shown[index] = Shown(
        answer: answer.map { $0.map { weight * $0 } }, cells: cells,
        inside: slice.inside(way, low: 4 * grid))
      if let tokens = MarkedTokens(query, cells, of: label, logits: logits, grid: grid) {
        marked.append(tokens)
      }
    }
  }

  /// The side of a patch in pixels.
  public var patch: Int { task.patch }

  /// The logits of a picture, which lies in no volume.
  public func logits(of image: Tensor) -> Tensor { logits(of: image, place: nil) }

  /// The logits [K, 4g, 4g] of the image's slice at a place.
  public func logits(of image: Tensor, place: Float?) -> Tensor {
    let query = ExampleQuery(embedding: task.network.embedding(of: image), place: place)
    let nearest = Support.nearest(
      to: query, among: task.exemplars, count: task.settings.count)
    let support = Support(nearest, marked: marked, grid: task.network.grid)
    let found = task.network.logits(of: query, support: support, settings: task.settings).value
    let logits = found.reshaped(Array(found.shape.dropFirst()))
    let index = place.map { Int(($0 * Float(count - 1)).rounded()) } ?? 0
    return shown[index].map { told(logits, $0) } ?? logits
  }

  /// Logits after what is shown in their slice.
  private func told(_ logits: Tensor, _ shown: Shown) -> Tensor {
    let (classes, pixels) = (logits.shape[0], logits.shape[1] * logits.shape[2])
    var values = logits.values
    for at in 0..<pixels {
      let own = label * pixels + at
      values[own] += shown.answer?[at] ?? 0
      let others = (0..<classes).filter { $0 != label }.map { values[$0 * pixels + at] }
      let highest = others.max() ?? 0
      if shown.cells[at] == 1 { values[own] = max(values[own], highest + Self.decided) }
      if shown.cells[at] == 2 || shown.inside?[at] == false {
        values[own] = min(values[own], highest - Self.decided)
      }
    }
    return Tensor(logits.shape, values)
  }
}

/// Tokens of an image of which a user marked something, as if an exemplar had them.
struct MarkedTokens {
  /// The directions of the tokens with their places, [M, C + 5].
  let keys: Tensor
  /// Their cells [M, 16 K]: what was marked, and the task's own answer beside it.
  let cells: Tensor

  /// The tokens in which cells were marked as class `label`, 1, or as none of it, 2; nil where there are none.
  init?(_ query: ExampleQuery, _ marks: [UInt8], of label: Int, logits: Tensor, grid: Int) {
    let side = 4 * grid
    func cell(_ token: Int, _ place: Int) -> Int {
      (token / grid * 4 + place / 4) * side + token % grid * 4 + place % 4
    }
    let tokens = (0..<grid * grid).filter { token in
      (0..<16).contains { marks[cell(token, $0)] != 0 }
    }
    guard !tokens.isEmpty else { return nil }
    let classes = logits.shape[1]
    let values = logits.values
    var rows: [Float] = []
    for token in tokens {
      var row = [Float](repeating: 0, count: 16 * classes)
      for place in 0..<16 {
        let at = cell(token, place)
        var scores = (0..<classes).map { values[$0 * side * side + at] }
        if marks[at] == 2 { scores[label] = -.infinity }
        let highest = scores.max() ?? 0
        var shares = scores.map { exp($0 - highest) }
        if marks[at] == 1 { shares = shares.indices.map { $0 == label ? 1 : 0 } }
        let sum = shares.reduce(0, +)
        for value in 0..<classes { row[16 * value + place] = shares[value] / sum }
      }
      rows += row
    }
    cells = Tensor([tokens.count, 16 * classes], rows)
    keys = Tensor.concatenated(
      [
        query.directions.rows(tokens),
        Support.places(at: query.place, grid: grid).rows(tokens),
      ], axis: 1)
  }
}

extension Sam {
  /// The size the logits of an answer are held to.
  private static let certainty: Float = 10

  /// The logits [4g · 4g] of the answer to a prompt about an image's embedding [g·g, C].
  func answer(about embedding: Tensor, _ prompt: Prompt) -> [Float] {
    let grid = Int(Double(embedding.shape[0]).squareRoot())
    let image = Variable(embedding.reshaped([1, grid, grid, embedding.shape[1]]))
    let answer = masks(of: image, prompts: [prompt]).chosen(multimask: false)
    return answer.masks.value.values.map { min(max($0, -Self.certainty), Self.certainty) }
  }
}

extension Tensor {
  /// Some rows of [N, C].
  fileprivate func rows(_ chosen: [Int]) -> Tensor {
    Tensor.concatenated(chosen.map { sliced(axis: 0, $0..<$0 + 1) }, axis: 0)
  }
}
