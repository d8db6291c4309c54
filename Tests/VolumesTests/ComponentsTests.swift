import Tensors
import Testing
import Volumes

struct ComponentsTests {
  /// Two pixels that touch at a corner, one apart, and a second class.
  private let picture: [UInt8] = [
    1, 0, 0, 0, 2,
    0, 1, 0, 0, 2,
    0, 0, 0, 1, 2,
  ]
  private let extents = SIMD3(5, 3, 1)

  @Test func `corners connect, or do not`() {
    let corners = Components(of: picture, extents: extents, connectivity: .corners)
    #expect(corners.sizes == [2, 3, 1])
    #expect(corners.labels == [1, 2, 1])
    #expect(corners.regions == [1, 0, 0, 0, 2, 0, 1, 0, 0, 2, 0, 0, 0, 3, 2])
    let faces = Components(of: picture, extents: extents, connectivity: .faces)
    #expect(faces.sizes == [1, 3, 1, 1])
  }

  @Test func `the largest region of each class stays, the first of equal ones`() {
    #expect(
      Components.keepingLargest(perClass: picture, extents: extents)
        == [1, 0, 0, 0, 2, 0, 1, 0, 0, 2, 0, 0, 0, 0, 2])
    #expect(
      Components.keepingLargest(perClass: picture, extents: extents, connectivity: .faces)
        == [1, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2])
    #expect(Components.keepingLargest(perClass: [0, 0], extents: SIMD3(2, 1, 1)) == [0, 0])
  }

  @Test func `in a volume 26 neighbours connect, or 6`() {
    var classes = [UInt8](repeating: 0, count: 27)
    classes[0] = 1
    classes[13] = 1
    classes[26] = 1
    #expect(Components(of: classes, extents: SIMD3(3, 3, 3)).sizes == [3])
    #expect(
      Components(of: classes, extents: SIMD3(3, 3, 3), connectivity: .faces).sizes == [1, 1, 1])
  }

  @Test(arguments: [Connectivity.faces, .corners], 0..<10)
  func `regions are those a flood fill finds`(connectivity: Connectivity, seed: UInt64) {
    var random = Random(seed: seed)
    let (width, height, depth) = (9, 7, 6)
    let classes = (0..<width * height * depth).map { _ in UInt8.random(in: 0...2, using: &random) }
    var expected = [Int32](repeating: 0, count: classes.count)
    var next: Int32 = 0
    for start in classes.indices where classes[start] != 0 && expected[start] == 0 {
      next += 1
      expected[start] = next
      var open = [start]
      while let at = open.popLast() {
        let (x, y, z) = (at % width, at / width % height, at / (width * height))
        for c in max(z - 1, 0)...min(z + 1, depth - 1) {
          for b in max(y - 1, 0)...min(y + 1, height - 1) {
            for a in max(x - 1, 0)...min(x + 1, width - 1) {
              let other = (c * height + b) * width + a
              let steps = abs(a - x) + abs(b - y) + abs(c - z)
              guard connectivity == .corners || steps == 1, classes[other] == classes[start],
                expected[other] == 0
              else { continue }
              expected[other] = next
              open.append(other)
            }
          }
        }
      }
    }
    let extents = SIMD3(width, height, depth)
    let found = Components(of: classes, extents: extents, connectivity: connectivity)
    #expect(found.regions == expected)
  }

  @Test func `a whole brain takes less than a second`() {
    let extents = SIMD3(240, 240, 155)
    var classes = [UInt8](repeating: 0, count: 240 * 240 * 155)
    for z in 20..<120 {
      for y in 40..<200 { for x in 40..<200 { classes[(z * 240 + y) * 240 + x] = 1 } }
    }
    for at in stride(from: 0, to: classes.count, by: 1001) { classes[at] = 2 }
    let start = ContinuousClock.now
    let kept = Components.keepingLargest(perClass: classes, extents: extents)
    let taken = ContinuousClock.now - start
    #expect(kept.count { $0 == 2 } == 1)
    // The suites share the machine, so the bound is wider than the second of a quiet one.
    #expect(taken < .seconds(3), "\(taken)")
  }
}
