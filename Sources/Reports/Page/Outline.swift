/// The border of the pixels of a slice that belong to a class, as closed loops between pixels.
///
/// A pixel covers the square from its column and row to the next; the loops run along these squares, so that they show
/// the mask as it is, without smoothing. Pixels lie at the right of a loop's direction; those that touch at a corner
/// only belong to different loops.
struct Outline {
  /// The `d` of an SVG path, in pixels from the corner of `part`.
  let path: String

  /// The border of `mask` [height, width], seen from the first row and column of a part of it.
  init(_ mask: [Bool], height: Int, width: Int, from corner: (row: Int, column: Int) = (0, 0)) {
    var tracer = Tracer(mask: mask, height: height, width: width, corner: corner)
    for row in 0..<height {
      for column in 0..<width where mask[row * width + column] {
        tracer.follow(from: (column, row))
      }
    }
    path = tracer.path
  }

  private struct Tracer {
    let mask: [Bool]
    let height: Int
    let width: Int
    let corner: (row: Int, column: Int)
    var path = ""
    /// The upper edges of pixels that belong to a loop already.
    private var seen: [Bool]

    init(mask: [Bool], height: Int, width: Int, corner: (row: Int, column: Int)) {
      self.mask = mask
      self.height = height
      self.width = width
      self.corner = corner
      seen = [Bool](repeating: false, count: mask.count)
    }

    private func belongs(_ column: Int, _ row: Int) -> Bool {
      0..<height ~= row && 0..<width ~= column && mask[row * width + column]
    }

    /// Whether the pixels ahead, at the left and at the right of a direction (0 right, 1 down, 2 left, 3 up), belong.
    private func ahead(_ x: Int, _ y: Int, _ direction: Int) -> (left: Bool, right: Bool) {
      switch direction {
      case 0: (belongs(x, y - 1), belongs(x, y))
      case 1: (belongs(x, y), belongs(x - 1, y))
      case 2: (belongs(x - 1, y), belongs(x - 1, y - 1))
      default: (belongs(x - 1, y - 1), belongs(x, y - 1))
      }
    }

    /// Adds the loop that begins with the upper edge of a pixel, where there is one that has not been followed.
    mutating func follow(from start: (x: Int, y: Int)) {
      guard !belongs(start.x, start.y - 1), !seen[start.y * width + start.x] else { return }
      path += "M\(start.x - corner.column) \(start.y - corner.row)"
      var (x, y, direction, length) = (start.x, start.y, 0, 0)
      repeat {
        if direction == 0 { seen[y * width + x] = true }
        x += [1, 0, -1, 0][direction]
        y += [0, 1, 0, -1][direction]
        length += 1
        let (left, right) = ahead(x, y, direction)
        guard !right || left else { continue }
        path += "\(direction % 2 == 0 ? "h" : "v")\(direction < 2 ? length : -length)"
        length = 0
        direction = (direction + (right ? 3 : 1)) % 4
      } while (x, y) != (start.x, start.y) || direction != 0
      if let last = path.lastIndex(where: { $0 == "v" }) { path.removeSubrange(last...) }
      path += "z"
    }
  }
}
