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
        plane.initialize(repeating: .infinity, count: area)
        for line in 0..<extents.y {
          targets.writeSquaredDistances(
            slice: box.lower.x + slice, line: box.lower.y + line,
            columns: box.lower.z..<box.upper.z, to: plane + line * extents.z)
        }
        let envelope = Envelope(capacity: extents.y, spacing: spacing.y)
        for column in 0..<extents.z {
          envelope.transform(plane + column, count: extents.y, stride: extents.z)
        }
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

  /// The distances of the queries in one line of every slice.
  private func distances(of queries: Mask, line: Int) -> [Double] {
    let extents = box.extents
    var asked = [Bool](repeating: false, count: extents.z)
    var count = 0
    for slice in 0..<extents.x {
      queries.forEachColumn(slice: box.lower.x + slice, line: box.lower.y + line) {
        asked[$0 - box.lower.z] = true
        count += 1
      }
    }
    guard count > 0 else { return [] }
    var section = [Double](unsafeUninitializedCapacity: extents.x * extents.z) { section, count in
      for slice in 0..<extents.x {
        let start = (slice * extents.y + line) * extents.z
        _ = section[(slice * extents.z)...].initialize(from: planar[start..<start + extents.z])
      }
      count = extents.x * extents.z
    }
    section.withUnsafeMutableBufferPointer { section in
      guard let start = section.baseAddress else { return }
      let envelope = Envelope(capacity: extents.x, spacing: spacing.x)
      for column in 0..<extents.z where asked[column] {
        envelope.transform(start + column, count: extents.x, stride: extents.z)
      }
    }
    var found: [Double] = []
    found.reserveCapacity(count)
    for slice in 0..<extents.x {
      queries.forEachColumn(slice: box.lower.x + slice, line: box.lower.y + line) {
        found.append(section[slice * extents.z + $0 - box.lower.z].squareRoot())
      }
    }
    return found
  }
}

extension Mask {
  /// Calls `use` with the column of each of the mask's voxels in a row, ascending.
  func forEachColumn(slice: Int, line: Int, _ use: (Int) -> Void) {
    let row = (slice * depthHeightWidth.y + line) * wordsPerRow
    for index in 0..<wordsPerRow {
      var word = words[row + index]
      while word != 0 {
        use(64 * index + word.trailingZeroBitCount)
        word &= word - 1
      }
    }
  }

  /// Writes the squared distance along a row from each voxel of `columns` to the mask's nearest in that row.
  ///
  /// A row without any is left as it is.
  fileprivate func writeSquaredDistances(
    slice: Int, line: Int, columns: Range<Int>, to row: UnsafeMutablePointer<Double>
  ) {
    let step = spacing[spacing.count - 1]
    var written = 0
    var previous: Int?
    func write(upTo end: Int, nearest: Int) {
      while written < end {
        let distance = Double(written - nearest) * step
        row[written] = distance * distance
        written += 1
      }
    }
    forEachColumn(slice: slice, line: line) {
      let column = $0 - columns.lowerBound
      if let previous { write(upTo: (previous + column) / 2 + 1, nearest: previous) }
      write(upTo: column, nearest: column)
      previous = column
    }
    if let previous { write(upTo: columns.count, nearest: previous) }
  }
}
