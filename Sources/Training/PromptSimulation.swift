package import SegmentAnything
package import Tensors
import Volumes

/// Prompts as a user would give them, drawn from the label of an object.
///
/// Coordinates are those of the model's square. Box: each side moved by normal noise of a tenth of the box's side, 20
/// pixels at most. Points: one in the object, then up to two more, each with equal chance in the object or outside it.
/// Mask: the object seen at an eighth of the decoder's resolution and moved by up to a tenth of its box, as logits from
/// -10 to 10. Kirillov et al., Segment Anything (2023), appendix A.
package struct PromptSimulation {
  /// The kind of all prompts of a step.
  enum Kind: CaseIterable {
    case box, points, mask
  }

  /// The kind, one drawn for the step where the recipe mixes them.
  let kind: Kind
  /// The points of each prompt, as many for all of a step.
  let points: Int
  /// The side of the model's square in pixels.
  let size: Int

  /// What a step's prompts have in common.
  package init(_ prompts: Recipe.Prompts, size: Int, using random: inout Random) {
    precondition(prompts != .none, "PromptSimulation: there is nothing to simulate")
    switch prompts {
    case .box: kind = .box
    case .points: kind = .points
    case .mask: kind = .mask
    case .mixed, .none: kind = Kind.allCases[Int(random.next() % UInt64(Kind.allCases.count))]
    }
    points = 1 + Int(random.next() % 3)
    self.size = size
  }

  /// A prompt for the object in a target [side, side] of 0 and 1, the decoder's resolution; an empty target has none.
  package func prompt(for target: [UInt8], side: Int, using random: inout Random) -> Prompt? {
    let inside = target.indices.filter { target[$0] == 1 }
    guard !inside.isEmpty else { return nil }
    switch kind {
    case .box: return Prompt(box: box(inside, side, &random))
    case .points: return Prompt(points: points(target, inside, side, &random))
    case .mask: return Prompt(mask: mask(target, inside, side, &random))
    }
  }

  private func bounds(_ inside: [Int], _ side: Int) -> (x: ClosedRange<Int>, y: ClosedRange<Int>) {
    let columns = inside.map { $0 % side }
    let rows = inside.map { $0 / side }
    return (
      (columns.min() ?? 0)...(columns.max() ?? 0), (rows.min() ?? 0)...(rows.max() ?? 0)
    )
  }

  private func box(_ inside: [Int], _ side: Int, _ random: inout Random) -> Prompt.Box {
    let scale = Float(size) / Float(side)
    let (x, y) = bounds(inside, side)
    func moved(_ edge: Int, by length: Int) -> Float {
      let noise = min(max(random.normal() * 0.1 * Float(length) * scale, -20), 20)
      return min(max(Float(edge) * scale + noise, 0), Float(size))
    }
    let (width, height) = (x.count, y.count)
    let (x0, x1) = (moved(x.lowerBound, by: width), moved(x.upperBound + 1, by: width))
    let (y0, y1) = (moved(y.lowerBound, by: height), moved(y.upperBound + 1, by: height))
    return Prompt.Box(x0: min(x0, x1), y0: min(y0, y1), x1: max(x0, x1), y1: max(y0, y1))
  }

  private func points(
    _ target: [UInt8], _ inside: [Int], _ side: Int, _ random: inout Random
  ) -> [Prompt.Point] {
    let scale = Float(size) / Float(side)
    let outside = target.indices.filter { target[$0] == 0 }
    return (0..<points).map { number in
      let isInside = number == 0 || outside.isEmpty || random.next() % 2 == 0
      let places = isInside ? inside : outside
      let place = places[Int(random.next() % UInt64(places.count))]
      return Prompt.Point(
        x: (Float(place % side) + random.uniform()) * scale,
        y: (Float(place / side) + random.uniform()) * scale,
        label: isInside ? .foreground : .background)
    }
  }

  private func mask(
    _ target: [UInt8], _ inside: [Int], _ side: Int, _ random: inout Random
  ) -> Tensor {
    let (x, y) = bounds(inside, side)
    func shift(_ length: Int) -> Int {
      Int((random.uniform(-0.1, 0.1) * Float(length)).rounded())
    }
    let (right, down) = (shift(x.count), shift(y.count))
    let moved = Tensor(
      [1, side, side],
      (0..<side * side).map { pixel in
        let (row, column) = (pixel / side - down, pixel % side - right)
        let exists = (0..<side).contains(row) && (0..<side).contains(column)
        return exists && target[row * side + column] == 1 ? 1 : 0
      })
    let coarse = max(1, side / 8)
    let seen = moved.resized(height: coarse, width: coarse, antialias: true)
      .resized(height: side, width: side)
    return Tensor([side, side], seen.values.map { 20 * $0 - 10 })
  }
}
