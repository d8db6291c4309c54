import SegmentAnything
import Tensors
import TestKit
import Testing
import Training

/// Prompts drawn from a label lie where the label says, within the stated jitter.
struct PromptSimulationTests {
  /// A target of 16 x 16 with an object at rows 4 to 7, columns 8 to 13.
  private let target: [UInt8] = (0..<256).map {
    (4..<8).contains($0 / 16) && (8..<14).contains($0 % 16) ? 1 : 0
  }

  private func prompt(_ prompts: Recipe.Prompts, seed: UInt64) throws -> Prompt {
    var random = Random(seed: seed)
    let simulation = PromptSimulation(prompts, size: 64, using: &random)
    return try #require(simulation.prompt(for: target, side: 16, using: &random))
  }

  @Test(arguments: 0..<20) func `a box lies around the object within its jitter`(seed: Int) throws {
    let box = try #require(try prompt(.box, seed: UInt64(seed)).box)
    // The object reaches from (32, 16) to (56, 32); five deviations of a tenth of its sides are 12 and 8 pixels.
    #expect(abs(box.x0 - 32) <= 12 && abs(box.x1 - 56) <= 12)
    #expect(abs(box.y0 - 16) <= 8 && abs(box.y1 - 32) <= 8)
    #expect(box.x0 <= box.x1 && box.y0 <= box.y1)
  }

  @Test(arguments: 0..<20) func `points say truly where they lie`(seed: Int) throws {
    let points = try prompt(.points, seed: UInt64(seed)).points
    #expect((1...3).contains(points.count))
    #expect(points.first?.label == .foreground)
    for point in points {
      let inside = target[Int(point.y / 4) * 16 + Int(point.x / 4)] == 1
      #expect(inside == (point.label == .foreground))
    }
  }

  @Test func `a mask is coarse logits that are highest at the object`() throws {
    let mask = try #require(try prompt(.mask, seed: 3).mask)
    #expect(mask.shape == [16, 16])
    #expect(mask.values.allSatisfy { abs($0) <= 10 })
    #expect(mask[flat: 6 * 16 + 11] > mask[flat: 0])
  }

  @Test func `an empty target has no prompt, and all prompts of a step are of one kind`() {
    var random = Random(seed: 4)
    let simulation = PromptSimulation(.mixed, size: 64, using: &random)
    let empty = [UInt8](repeating: 0, count: 256)
    #expect(simulation.prompt(for: empty, side: 16, using: &random) == nil)
    let kinds = (0..<5).map { _ in
      let prompt = simulation.prompt(for: target, side: 16, using: &random)
      return [prompt?.box != nil, prompt?.mask != nil, prompt?.points.isEmpty == false]
    }
    #expect(Set(kinds).count == 1)
  }
}
