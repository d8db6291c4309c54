extension Mask {
  /// The masks of all labels but 0 that occur in a row-major label image, found in one pass.
  ///
  /// Nil when there are more than `limit` labels: an image was taken for a label image.
  public static func byLabel(
    _ labels: [Int32], extents: [Int], spacing: [Double], limit: Int = 256
  ) -> [Int32: Mask]? {
    precondition(
      labels.count == extents.reduce(1, *), "mask: \(labels.count) labels for extents \(extents)")
    let width = extents.last ?? 0
    let perRow = wordsPerRow(extents)
    let rows = extents.dropLast().reduce(1, *)
    var found: [Int32: Int] = [:]
    var words: [[UInt64]] = []
    var last: (label: Int32, index: Int)?
    var position = 0
    for row in 0..<rows {
      for column in 0..<width {
        let label = labels[position]
        position += 1
        guard label != 0 else { continue }
        if last?.label != label {
          if found[label] == nil {
            guard words.count < limit else { return nil }
            found[label] = words.count
            words.append([UInt64](repeating: 0, count: rows * perRow))
          }
          last = found[label].map { (label, $0) }
        }
        guard let index = last?.index else { continue }
        words[index][row * perRow + column >> 6] |= 1 << UInt64(column & 63)
      }
    }
    return found.mapValues { Mask(extents: extents, spacing: spacing, words: words[$0]) }
  }
}
