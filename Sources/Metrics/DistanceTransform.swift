import Tensors

/// The exact Euclidean distances to the nearest voxel of a target set, one axis after the other.
///
/// With g(z, y, x) the squared distance inside slice z, the squared distance is the minimum over z' of
/// g(z', y, x) + (s (z - z'))², the lower envelope of parabolas; g is made of the distances along the rows in the
/// same way. Only the box that holds both sets is visited, and along the last axis only
/// the columns that are asked for. Everything is Double, and no result depends on the number of threads.
struct DistanceTransform {
  private let box: Box
  private let spacing: SIMD3<Double>
  /// The squared distances in the slices, [D, H, W] of the box; infinite where a slice has no target.
  private let planar: [Double]

  /// Prepares the distances to `targets` for all voxels of `box`, which holds every target.
  init(to targets: Mask, in box: Box) {
    self.box = box
    let spacing = targets.depthHeightWidthSpacing
    let extents = box.extents
    let area = extents.y * extents.z
    planar = [Double](unsafeUninitializedCapacity: extents.x * area) { buffer, count in
      count = extents.x * area
      guard let start = buffer.baseAddress else { return }
      parallel(extents.x) { slice in
        let plane = start + slice * area
        for line in 0..<extents.y {
          squaredRowDistances(
            to: targets.positions(
              slice: box.lower.x + slice, line: box.lower.y + line, from: box.lower.z),
            spacing: spacing.z, width: extents.z, into: plane + line * extents.z)
        }
        combineLines(of: plane, extents: extents, spacing: spacing.y)
      }
    }
    self.spacing = spacing
  }

  /// The distance of every voxel of `queries`; their order is fixed but not the voxels' own.
  func distances(of queries: Mask) -> [Double] {
    var lines = [[Double]](repeating: [], count: box.extents.y)
    lines.withUnsafeMutableBufferPointer { lines in
      guard let result = lines.baseAddress else { return }
      parallel(box.extents.y) { result[$0] = distances(of: queries, line: $0) }
    }
    return lines.flatMap { $0 }
  }

  private func distances(of queries: Mask, line: Int) -> [Double] {
    let extents = box.extents
    var slices = [[Int]](repeating: [], count: extents.z)
    for slice in 0..<extents.x {
      let asked = queries.positions(
        slice: box.lower.x + slice, line: box.lower.y + line, from: box.lower.z)
      for column in asked { slices[column].append(slice) }
    }
    var envelope = Envelope(capacity: extents.x, spacing: spacing.x)
    var found: [Double] = []
    for column in 0..<extents.z where !slices[column].isEmpty {
      envelope.removeAll()
      for slice in 0..<extents.x {
        envelope.add(planar[(slice * extents.y + line) * extents.z + column], at: slice)
      }
      envelope.evaluate(at: slices[column]) { found.append($1.squareRoot()) }
    }
    return found
  }
}

extension Mask {
  /// The columns of the mask's voxels in a row, ascending, counted from `first`; none lies before it.
  func positions(slice: Int, line: Int, from first: Int) -> [Int] {
    let row = (slice * depthHeightWidth.y + line) * wordsPerRow
    var found: [Int] = []
    for index in 0..<wordsPerRow {
      var word = words[row + index]
      while word != 0 {
        found.append(64 * index + word.trailingZeroBitCount - first)
        word &= word - 1
      }
    }
    return found
  }
}

/// Writes the squared distance from each of `width` voxels of a row to the nearest of `targets`.
private func squaredRowDistances(
  to targets: [Int], spacing: Double, width: Int, into row: UnsafeMutablePointer<Double>
) {
  guard var nearest = targets.first else {
    return row.initialize(repeating: .infinity, count: width)
  }
  var next = 1
  for column in 0..<width {
    while next < targets.count, abs(targets[next] - column) <= abs(nearest - column) {
      nearest = targets[next]
      next += 1
    }
    let distance = Double(column - nearest) * spacing
    (row + column).initialize(to: distance * distance)
  }
}

/// Turns the squared distances along the rows of a slice into those in the slice.
private func combineLines(
  of plane: UnsafeMutablePointer<Double>, extents: SIMD3<Int>, spacing: Double
) {
  let (height, width) = (extents.y, extents.z)
  guard (0..<height).contains(where: { plane[$0 * width] < .infinity }) else { return }
  var envelope = Envelope(capacity: height, spacing: spacing)
  for column in 0..<width {
    envelope.removeAll()
    for line in 0..<height { envelope.add(plane[line * width + column], at: line) }
    envelope.evaluate(at: 0..<height) { plane[$0 * width + column] = $1 }
  }
}
