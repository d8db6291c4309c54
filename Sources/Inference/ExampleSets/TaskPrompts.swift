import SegmentAnything
import Tensors
public import Volumes

/// What a user shows of one class in an image that a task segments: points, a box, a scribble.
public struct TaskPrompts: Sendable {
  /// What is shown in one slice.
  struct Slice: Sendable {
    /// The pixels [h, w] that were marked: 1 as the class, 2 as none of it.
    var marks: [UInt8]
    /// The rows and columns of the box.
    var box: (rows: ClosedRange<Int>, columns: ClosedRange<Int>)?
  }

  /// The class of the task that is shown, from 1.
  let label: Int
  /// What is shown of it, by the slices of the canonical volume.
  let slices: [Int: Slice]

  /// What is shown of class `label` in an image that is cut into slices of a plane.
  ///
  /// Points and box are places of an image of one slice. A scribble is a volume of the image's grid with other values than
  /// 0 where the class is, in any of its slices. `name` stands for the image in errors.
  public init(
    _ prompt: PixelPrompt, scribble: LabelVolume?, class label: Int, of image: Volume,
    plane: Plane, name: String
  ) throws(PromptError) {
    let shape = image.geometry.shape
    guard prompt.points.isEmpty && prompt.box == nil || shape[0] == 1 else {
      throw .scribbleOnly(path: name, slices: shape[0])
    }
    try prompt.check(height: shape[1], width: shape[2])
    var marks = [Int32](repeating: 0, count: image.geometry.count)
    if let scribble {
      guard scribble.geometry.shape == shape else {
        throw .maskShape(
          path: name, expected: "the image's \(shape)", found: scribble.geometry.shape)
      }
      for (at, value) in scribble.values.enumerated() where value != 0 { marks[at] = 1 }
    }
    var boxed = [Int32](repeating: 0, count: prompt.box == nil ? 0 : marks.count)
    if let box = prompt.box {
      for row in Self.pixels(box.y0, box.y1, of: shape[1]) {
        for column in Self.pixels(box.x0, box.x1, of: shape[2]) {
          boxed[row * shape[2] + column] = 1
        }
      }
    }
    for point in prompt.points {
      let (row, column) = (min(Int(point.y), shape[1] - 1), min(Int(point.x), shape[2] - 1))
      marks[row * shape[2] + column] = point.isForeground ? 1 : 2
    }
    self.label = label
    slices = Self.slices(marks, boxed, image.geometry, plane)
  }

  /// Whether nothing is shown.
  public var isEmpty: Bool { slices.isEmpty }

  /// The pixels of a row or column of `count` that an interval touches.
  private static func pixels(_ low: Double, _ high: Double, of count: Int) -> ClosedRange<Int> {
    let first = min(max(Int(low), 0), count - 1)
    return first...max(first, min(Int(high.rounded(.up)), count) - 1)
  }

  /// What is shown in each slice, of marks and box in an image's own arrangement.
  private static func slices(
    _ marks: [Int32], _ boxed: [Int32], _ geometry: Geometry, _ plane: Plane
  ) -> [Int: Slice] {
    func canonical(_ values: [Int32]) -> [Int32] {
      values.isEmpty ? [] : LabelVolume(values: values, geometry: geometry).canonical.values
    }
    let (marks, boxed) = (canonical(marks), canonical(boxed))
    let cut = plane.slices(of: geometry.canonical)
    var found: [Int: Slice] = [:]
    for index in 0..<cut.count {
      var slice = Slice(marks: cut.labels(index, of: marks).map { UInt8($0) }, box: nil)
      if !boxed.isEmpty {
        let inside = cut.labels(index, of: boxed).enumerated().filter { $1 != 0 }.map(\.offset)
        let (rows, columns) = (inside.map { $0 / cut.width }, inside.map { $0 % cut.width })
        if let top = rows.min(), let bottom = rows.max(), let left = columns.min(),
          let right = columns.max()
        {
          slice.box = (top...bottom, left...right)
        }
      }
      if slice.box != nil || slice.marks.contains(where: { $0 != 0 }) { found[index] = slice }
    }
    return found
  }
}

extension TaskPrompts.Slice {
  /// How many marked pixels the decoder is shown as points.
  private static let mostPoints = 8

  /// The slice's prompt for SAM, in its image: the box, and of the marked pixels some far from each other; nil where nothing
  /// says where the class is.
  func prompt(_ way: Preprocessing) -> Prompt? {
    guard box != nil || marks.contains(1) else { return nil }
    var points = spread(1, way.width) + spread(2, way.width)
    points = Array(points.prefix(Self.mostPoints))
    return Prompt(
      points: points.map { pixel in
        let place = way.mapped(x: Double(pixel % way.width), y: Double(pixel / way.width))
        return Prompt.Point(
          x: place.x, y: place.y, label: marks[pixel] == 1 ? .foreground : .background)
      },
      box: box.map { box in
        let low = way.mapped(x: Double(box.columns.lowerBound), y: Double(box.rows.lowerBound))
        let high = way.mapped(
          x: Double(box.columns.upperBound + 1), y: Double(box.rows.upperBound + 1))
        return Prompt.Box(x0: low.x, y0: low.y, x1: high.x, y1: high.y)
      }, mask: nil)
  }

  /// Up to half of the points' number of the pixels with a mark, each as far as can be from those before.
  private func spread(_ mark: UInt8, _ width: Int) -> [Int] {
    let marked = marks.indices.filter { marks[$0] == mark }
    guard var next = marked.first else { return [] }
    var (chosen, gaps) = ([Int](), [Int](repeating: .max, count: marked.count))
    while chosen.count < min(Self.mostPoints / 2, marked.count) {
      chosen.append(next)
      for (at, pixel) in marked.enumerated() {
        let (dy, dx) = (pixel / width - next / width, pixel % width - next % width)
        gaps[at] = min(gaps[at], dy * dy + dx * dx)
      }
      next = marked[gaps.indices.max { (gaps[$0], $1) < (gaps[$1], $0) } ?? 0]
    }
    return chosen
  }

  /// The cells [low, low] of the logits: 1 where the class was marked, 2 where none of it, 0 else.
  func cells(_ way: Preprocessing, low: Int) -> [UInt8] {
    var cells = [UInt8](repeating: 0, count: low * low)
    for (pixel, mark) in marks.enumerated() where mark != 0 {
      let at = cell(row: pixel / way.width, column: pixel % way.width, way, low: low)
      if cells[at] != 1 { cells[at] = mark }
    }
    return cells
  }

  /// Whether each cell [low, low] of the logits can be the class by the box; nil without one.
  func inside(_ way: Preprocessing, low: Int) -> [Bool]? {
    guard let box else { return nil }
    let first = cell(
      row: box.rows.lowerBound, column: box.columns.lowerBound, way, low: low)
    let last = cell(row: box.rows.upperBound, column: box.columns.upperBound, way, low: low)
    return (0..<low * low).map { at in
      (first / low...last / low).contains(at / low) && (first % low...last % low).contains(at % low)
    }
  }

  /// The cell of the logits a pixel lies in.
  private func cell(row: Int, column: Int, _ way: Preprocessing, low: Int) -> Int {
    func place(_ pixel: Int, _ count: Int, _ resized: Int) -> Int {
      let share = (Double(pixel) + 0.5) * Double(resized) / Double(count) / Double(way.size)
      return min(Int(share * Double(low)), low - 1)
    }
    return place(row, way.height, way.resizedHeight) * low
      + place(column, way.width, way.resizedWidth)
  }
}
