import SegmentAnything
import Tensors

/// A way of asking for a structure, simulated from its mask.
public enum SimulatedPrompt: String, CaseIterable, Sendable {
  /// The mask itself, coarsened to 8 x 8 cells.
  case mask
  /// Its bounding box, each edge moved by up to a tenth of the box's side.
  case box
  /// One point inside.
  case point
  /// Three points inside and one outside.
  case points

  /// The prompt for a mask of `side` pixels a side, in pixels of an image of `imageSide`.
  func prompt(
    for mask: [Bool], side: Int, imageSide: Int, using random: inout Random
  ) -> Prompt {
    let ratio = Float(imageSide) / Float(side)
    func point(_ at: Int, _ label: Prompt.Point.Label) -> Prompt.Point {
      Prompt.Point(
        x: (Float(at % side) + 0.5) * ratio - 0.5, y: (Float(at / side) + 0.5) * ratio - 0.5,
        label: label)
    }
    let inside = mask.indices.filter { mask[$0] }
    func draw(_ places: [Int]) -> Int { places.randomElement(using: &random) ?? 0 }
    switch self {
    case .mask: return Prompt(mask: coarse(mask, side: side))
    case .box: return Prompt(box: jittered(inside, side: side, ratio: ratio, using: &random))
    case .point: return Prompt(points: [point(draw(inside), .foreground)])
    case .points:
      let outside = mask.indices.filter { !mask[$0] }
      return Prompt(
        points: (0..<3).map { _ in point(draw(inside), .foreground) }
          + [point(draw(outside), .background)])
    }
  }

  /// Logits of +4 in the cells the mask fills by at least 30 %, -4 elsewhere.
  private func coarse(_ mask: [Bool], side: Int) -> Tensor {
    let cell = max(1, side / 8)
    var filled = [Int](repeating: 0, count: 64)
    for at in mask.indices where mask[at] {
      filled[min(7, at / side / cell) * 8 + min(7, at % side / cell)] += 1
    }
    let enough = Double(cell * cell) * 0.3
    return Tensor(
      [side, side],
      mask.indices.map { at in
        Double(filled[min(7, at / side / cell) * 8 + min(7, at % side / cell)]) >= enough ? 4 : -4
      })
  }

  private func jittered(
    _ inside: [Int], side: Int, ratio: Float, using random: inout Random
  ) -> Prompt.Box {
    let columns = inside.map { $0 % side }
    let rows = inside.map { $0 / side }
    let (left, right) = (Float(columns.min() ?? 0), Float((columns.max() ?? 0) + 1))
    let (top, bottom) = (Float(rows.min() ?? 0), Float((rows.max() ?? 0) + 1))
    func moved(_ edge: Float, _ length: Float) -> Float {
      min(max(edge + random.uniform(-0.1, 0.1) * length, 0), Float(side)) * ratio
    }
    return Prompt.Box(
      x0: moved(left, right - left), y0: moved(top, bottom - top), x1: moved(right, right - left),
      y1: moved(bottom, bottom - top))
  }
}
