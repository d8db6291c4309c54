/// The lower envelope of the parabolas f(q) + (s (p - q))² over a line of voxels p with spacing s.
///
/// Parabolas are added in the order of their position q. Felzenszwalb and Huttenlocher, Distance Transforms
/// of Sampled Functions (2012), algorithm 1. The storage is taken once and used for many lines.
struct Envelope: ~Copyable {
  private let squaredSpacing: Double
  private let perSquaredSpacing: Double
  private let positions: UnsafeMutablePointer<Double>
  private let heights: UnsafeMutablePointer<Double>
  /// Where the parabola with the same index starts to be the lowest, in voxels.
  private let starts: UnsafeMutablePointer<Double>

  /// Takes storage for lines of up to `capacity` voxels.
  init(capacity: Int, spacing: Double) {
    squaredSpacing = spacing * spacing
    perSquaredSpacing = 1 / squaredSpacing
    positions = .allocate(capacity: capacity)
    heights = .allocate(capacity: capacity)
    starts = .allocate(capacity: capacity)
  }

  deinit {
    positions.deallocate()
    heights.deallocate()
    starts.deallocate()
  }

  /// Replaces the f of a line of voxels, which lie `stride` apart, by the envelope's value there.
  ///
  /// An infinite f has no parabola; a line of nothing else stays infinite.
  func transform(_ line: UnsafeMutablePointer<Double>, count: Int, stride: Int) {
    let parabolas = build(line, count: count, stride: stride)
    guard parabolas > 0 else { return }
    var index = 0
    for voxel in 0..<count {
      let place = Double(voxel)
      while index + 1 < parabolas, starts[index + 1] < place { index += 1 }
      let offset = place - positions[index]
      line[voxel * stride] = heights[index] + offset * offset * squaredSpacing
    }
  }

  /// Finds the parabolas that are the lowest somewhere; how many they are.
  private func build(_ line: UnsafeMutablePointer<Double>, count: Int, stride: Int) -> Int {
    var kept = 0
    for voxel in 0..<count {
      let height = line[voxel * stride]
      guard height < .infinity else { continue }
      let position = Double(voxel)
      var start = -Double.infinity
      while kept > 0 {
        let last = kept - 1
        let rise = (height - heights[last]) * perSquaredSpacing
        start = (rise / (position - positions[last]) + position + positions[last]) * 0.5
        guard start <= starts[last] else { break }
        kept = last
        start = -.infinity
      }
      positions[kept] = position
      heights[kept] = height
      starts[kept] = start
      kept += 1
    }
    return kept
  }
}
