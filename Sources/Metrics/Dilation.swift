extension Mask {
  /// The mask grown `times` times by the voxels that share a face or an edge with one of its own, within its grid.
  ///
  /// These are 18 neighbours in a volume and all 8 in a plane.
  func dilated(times: Int) -> Mask {
    var mask = self
    for _ in 0..<times { mask = mask.dilatedOnce() }
    return mask
  }

  private func dilatedOnce() -> Mask {
    guard let box else { return self }
    let grid = depthHeightWidth
    var grown = words
    for slice in max(box.lower.x - 1, 0)..<min(box.upper.x + 1, grid.x) {
      for line in max(box.lower.y - 1, 0)..<min(box.upper.y + 1, grid.y) {
        for from in max(slice - 1, 0)..<min(slice + 2, grid.x) {
          for row in max(line - 1, 0)..<min(line + 2, grid.y) {
            add(
              (from * grid.y + row) * wordsPerRow, to: &grown,
              at: (slice * grid.y + line) * wordsPerRow,
              spreading: from == slice || row == line)
          }
        }
      }
    }
    return Mask(extents: extents, spacing: spacing, words: grown)
  }

  /// Adds the row of words from `start` on to one of `grown`, with the neighbours along the row where it spreads.
  private func add(_ start: Int, to grown: inout [UInt64], at target: Int, spreading: Bool) {
    for word in 0..<wordsPerRow {
      let own = words[start + word]
      var added = own
      if spreading {
        added |= own << 1 | (word > 0 ? words[start + word - 1] >> 63 : 0)
        added |= own >> 1 | (word + 1 < wordsPerRow ? words[start + word + 1] << 63 : 0)
      }
      grown[target + word] |= added
    }
    let beyond = 64 * wordsPerRow - (extents.last ?? 0)
    grown[target + wordsPerRow - 1] &= ~0 >> UInt64(beyond)
  }
}
