import Metrics

/// A mask made of boxes: later ones are added, or taken away where `minus` names them.
func mask(
  _ extents: [Int], _ boxes: [[Range<Int>]], minus holes: [[Range<Int>]] = [],
  spacing: [Double]? = nil
) -> Mask {
  Mask(extents: extents, spacing: spacing ?? extents.map { _ in 1 }) { index in
    var rest = index
    var position: [Int] = []
    for extent in extents.reversed() {
      position.insert(rest % extent, at: 0)
      rest /= extent
    }
    func lies(in box: [Range<Int>]) -> Bool {
      zip(box, position).allSatisfy { $0.0.contains($0.1) }
    }
    return boxes.contains(where: lies) && !holes.contains(where: lies)
  }
}

/// A deterministic stream of numbers for random masks (SplitMix64).
struct Numbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A union of up to three random boxes and some single voxels; never empty.
func randomMask(
  _ extents: [Int], spacing: [Double], using random: inout Numbers
) -> Mask {
  var boxes: [[Range<Int>]] = []
  for _ in 0..<Int.random(in: 1...3, using: &random) {
    boxes.append(
      extents.map { extent in
        let lower = Int.random(in: 0..<extent, using: &random)
        return lower..<Int.random(in: lower + 1...extent, using: &random)
      })
  }
  for _ in 0..<3 {
    boxes.append(
      extents.map { extent in
        let place = Int.random(in: 0..<extent, using: &random)
        return place..<place + 1
      })
  }
  return mask(extents, boxes, spacing: spacing)
}
