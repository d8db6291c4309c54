import Tensors
import TestKit
import Testing

struct ResizeTests {
  @Test(arguments: [(7, 7), (7, 3), (5, 16), (1, 4), (9, 1)], [false, true])
  func `a constant image stays constant`(size: (Int, Int), antialias: Bool) {
    let image = Tensor([2, size.0, size.1], repeating: 0.625)
    let resized = image.resized(height: 11, width: 6, antialias: antialias)
    #expect(resized.shape == [2, 11, 6])
    #expect(resized.values.allSatisfy { abs($0 - 0.625) < 1e-6 })
  }

  @Test func `a ramp at twice the size holds its edges and interpolates between`() {
    let ramp = Tensor([1, 1, 4], [0, 1, 2, 3])
    #expect(
      ramp.resized(height: 1, width: 8).values == [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
  }

  @Test func `the averaging kind halves by a triangle of twice the width`() {
    let image = Tensor([4, 1], [0, 8, 0, 0])
    // Weights 3/7, 3/7, 1/7 at the edge: (0.75, 0.75, 0.25) of a triangle cut off below 0.
    let expected: [Float] = [24.0 / 7, 8.0 / 7]
    let found = image.resized(axis: 0, to: 2, antialias: true).values
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 })
  }

  @Test(arguments: [false, true])
  func `channel-last and planar images agree`(antialias: Bool) {
    var random = Random(seed: 4)
    let planar = randomTensor([3, 9, 13], using: &random)
    let last = Tensor(
      [9, 13, 3], (0..<9 * 13 * 3).map { planar[flat: $0 % 3 * 117 + $0 / 3] })
    let one = planar.resized(height: 17, width: 5, antialias: antialias)
    let other = last.resizedChannelLast(height: 17, width: 5, antialias: antialias)
    for place in 0..<17 * 5 {
      for channel in 0..<3 {
        #expect(abs(one[flat: channel * 85 + place] - other[flat: place * 3 + channel]) < 1e-6)
      }
    }
  }

  @Test func `the number of threads does not change a bit`() {
    var random = Random(seed: 5)
    let image = randomTensor([4, 130, 170], using: &random)
    Threads.use(1)
    let one = image.resized(height: 333, width: 77, antialias: true)
    Threads.use(3)
    let three = image.resized(height: 333, width: 77, antialias: true)
    Threads.use(0)
    #expect(one == three)
  }
}
