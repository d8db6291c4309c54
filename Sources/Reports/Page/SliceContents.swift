import Volumes

/// The values of some classes, quick to ask for; 0 is never one of them.
struct Members {
  private let small: [Bool]
  private let others: Set<Int32>

  /// The members of the given values.
  init(_ values: [Int32]) {
    let found = Set(values)
    small = (0..<256).map { $0 != 0 && found.contains($0) }
    others = found.filter { !(0..<256).contains($0) }
  }

  /// Whether a value is one of them.
  @inline(__always)
  func contains(_ value: Int32) -> Bool {
    value >= 0 && value < 256 ? small[Int(value)] : others.contains(value)
  }
}

/// What a mask has in one slice: how many pixels belong to any class, and the rows and columns they lie in.
struct SliceContents {
  private(set) var area = 0
  private var (top, bottom, left, right) = (Int.max, 0, Int.max, 0)

  /// What a mask has in each of its slices.
  static func all(of mask: LabelVolume, _ cut: Slices, members: Members) -> [SliceContents] {
    (0..<cut.count).map { index in
      var found = SliceContents()
      cut.labels(index, of: mask.values).withUnsafeBufferPointer { values in
        for row in 0..<cut.height {
          for column in 0..<cut.width {
            let value = values[row * cut.width + column]
            guard value != 0, members.contains(value) else { continue }
            found.area += 1
            (found.top, found.bottom) = (min(found.top, row), row + 1)
            found.left = min(found.left, column)
            found.right = max(found.right, column + 1)
          }
        }
      }
      return found
    }
  }

  /// The rows and columns that hold all of them; nil where there is nothing.
  static func bounds(
    _ contents: [SliceContents]
  ) -> (rows: Range<Int>, columns: Range<Int>)? {
    let filled = contents.filter { $0.area > 0 }
    guard let top = filled.map(\.top).min(), let bottom = filled.map(\.bottom).max(),
      let left = filled.map(\.left).min(), let right = filled.map(\.right).max()
    else { return nil }
    return (top..<bottom, left..<right)
  }

  /// The slice with the largest area of the first mask, of the next where that is empty; nil where all are.
  static func largest(_ masks: [[SliceContents]]) -> Int? {
    for mask in masks {
      let most = mask.map(\.area).max() ?? 0
      if most > 0 { return mask.firstIndex { $0.area == most } }
    }
    return nil
  }

  /// The slice with the most classes of a mask and, of those, the largest area; nil where it is empty.
  static func richest(of mask: LabelVolume, _ cut: Slices, members: [Members]) -> Int? {
    let found = (0..<cut.count).map { index in
      let values = cut.labels(index, of: mask.values)
      let areas = members.map { one in values.count { one.contains($0) } }.filter { $0 > 0 }
      return (index: index, classes: areas.count, area: areas.reduce(0, +))
    }
    return found.filter { $0.classes > 0 }.max { ($0.classes, $0.area) < ($1.classes, $1.area) }?
      .index
  }

  /// The slices to show: all where they fit, else those with a mask and some around them, else every second, third … of
  /// these; always with `key`.
  static func chosen(
    _ masks: [[SliceContents]], around key: Int, fitting most: Int
  ) -> [Int] {
    let count = masks.map(\.count).max() ?? 0
    guard count > most else { return Array(0..<count) }
    let filled = (0..<count).filter { index in masks.contains { $0[index].area > 0 } }
    let (first, last) = (filled.first ?? 0, filled.last ?? count - 1)
    let margin = max(2, (last - first) / 10)
    let part = max(0, first - margin)...min(count - 1, last + margin)
    let step = (part.count + most - 1) / most
    return part.filter { ($0 - key) % step == 0 }
  }
}
