import Tensors
import Testing
import Training

/// What an episode of pretraining counts: pixels by token and cell, means over structures.
struct EpisodeTests {
  /// A grid of 2 x 2 tokens, so 8 x 8 pixels: 1 in the upper left token, 2 in the last row, 0 elsewhere.
  private let rows = (0..<64).map { at -> UInt8 in
    let (y, x) = (at / 8, at % 8)
    return y < 4 && x < 4 ? 1 : y == 7 ? 2 : 0
  }

  @Test func `pixels are ordered by token, then by cell`() {
    let groups = PixelGroups(rows, grid: 2)
    #expect(groups.values[..<16].allSatisfy { $0 == 1 })
    #expect(groups.values[16..<32].allSatisfy { $0 == 0 })
    #expect(Array(groups.values[32..<48]) == Array(repeating: 0, count: 12) + [2, 2, 2, 2])
    #expect(groups.counts[1] == 16 && groups.counts[2] == 8 && groups.counts[0] == 40)
  }

  @Test func `weights take means over pixels and over tokens`() {
    let groups = PixelGroups(rows, grid: 2)
    let pixels = groups.pixelMeans(of: [2, 1])
    #expect(pixels.shape == [2, 64])
    for row in 0..<2 {
      let weights = pixels.values[row * 64..<(row + 1) * 64]
      #expect(abs(weights.reduce(0, +) - 1) < 1e-6)
    }
    #expect(pixels.values[44] == 1 / 8 && pixels.values[64] == 1 / 16)
    #expect(groups.tokenMeans(of: [1, 2]).values == [1, 0, 0, 0, 0, 0, 0.5, 0.5])
    #expect(groups.indices(in: [1, 2])[44] == 1)
  }

  @Test func `the subjects of an episode share parts, and its number alone decides them`() {
    let one = Episode(task: 5, seed: 3, count: 2, size: 64, side: 32)
    let again = Episode(task: 5, seed: 3, count: 2, size: 64, side: 32)
    let other = Episode(task: 6, seed: 3, count: 2, size: 64, side: 32)
    #expect(one.subjects.map(\.parts) == again.subjects.map(\.parts))
    #expect(one.subjects[0].input == again.subjects[0].input)
    #expect(one.subjects[0].input != other.subjects[0].input)
    #expect(one.subjects[0].parts != one.subjects[1].parts)
    #expect(!Set(one.subjects[0].parts).isDisjoint(with: one.subjects[1].parts))
    #expect(one.subjects[0].labels.allSatisfy { $0 <= 8 })
  }
}
