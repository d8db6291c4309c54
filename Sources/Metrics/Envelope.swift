/// The lower envelope of the parabolas f(q) + (s (p - q))² over a line of voxels p with spacing s.
///
/// Parabolas are added in the order of their position q. Felzenszwalb and Huttenlocher, Distance Transforms
/// of Sampled Functions (2012), algorithm 1.
struct Envelope {
  private let squaredSpacing: Double
  private var positions: [Double]
  private var heights: [Double]
  /// Where the parabola with the same index starts to be the lowest, in voxels.
  private var starts: [Double]
  private var count = 0

  init(capacity: Int, spacing: Double) {
    squaredSpacing = spacing * spacing
    positions = [Double](repeating: 0, count: capacity)
    heights = positions
    starts = positions
  }

  mutating func removeAll() { count = 0 }

  /// Adds the parabola with height `height` at `position`; an infinite one is left out.
  mutating func add(_ height: Double, at position: Int) {
    guard height < .infinity else { return }
    let position = Double(position)
    var start = -Double.infinity
    while count > 0 {
      let last = count - 1
      let rise = (height - heights[last]) / squaredSpacing
      let gap = position - positions[last]
      start = (rise / gap + position + positions[last]) / 2
      guard start <= starts[last] else { break }
      count = last
      start = -.infinity
    }
    positions[count] = position
    heights[count] = height
    starts[count] = start
    count += 1
  }

  /// Calls `use` with each of the ascending positions and the envelope's value there.
  func evaluate(at asked: some Sequence<Int>, _ use: (Int, Double) -> Void) {
    guard count > 0 else { return asked.forEach { use($0, .infinity) } }
    var index = 0
    for position in asked {
      let place = Double(position)
      while index + 1 < count, starts[index + 1] < place { index += 1 }
      let offset = place - positions[index]
      use(position, heights[index] + offset * offset * squaredSpacing)
    }
  }
}
