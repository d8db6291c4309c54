/// The border of the pixels of a slice that belong to a class, as the edges between pixels.
///
/// A pixel covers the square from its column and row to the next; the path runs along these squares, so that it
/// shows the mask as it is, without smoothing.
struct Outline {
  /// The `d` of an SVG path, in pixels.
  let path: String

  /// The border of `mask` [height, width]; outside is not part of it.
  init(_ mask: [Bool], height: Int, width: Int) {
    func belongs(_ row: Int, _ column: Int) -> Bool {
      0..<height ~= row && 0..<width ~= column && mask[row * width + column]
    }
    var path = ""
    for row in 0...height {
      for run in Outline.runs(width, { belongs(row - 1, $0) != belongs(row, $0) }) {
        path += "M\(run.lowerBound) \(row)h\(run.count)"
      }
    }
    for column in 0...width {
      for run in Outline.runs(height, { belongs($0, column - 1) != belongs($0, column) }) {
        path += "M\(column) \(run.lowerBound)v\(run.count)"
      }
    }
    self.path = path
  }

  /// The longest ranges of positions for which `holds` is true.
  private static func runs(_ count: Int, _ holds: (Int) -> Bool) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for position in 0...count {
      let isPart = position < count && holds(position)
      if isPart, start == nil { start = position }
      if !isPart, let first = start {
        runs.append(first..<position)
        start = nil
      }
    }
    return runs
  }
}
