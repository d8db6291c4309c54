/// A box of voxels in three dimensions, half-open along each axis.
struct Box: Equatable {
  var lower: SIMD3<Int>
  var upper: SIMD3<Int>

  var extents: SIMD3<Int> { upper &- lower }

  func union(_ other: Box) -> Box {
    Box(
      lower: pointwiseMin(lower, other.lower), upper: pointwiseMax(upper, other.upper))
  }
}

extension Mask {
  /// The extents as [D, H, W]; a 2-D mask is one slice deep.
  var depthHeightWidth: SIMD3<Int> {
    extents.count == 3
      ? SIMD3(extents[0], extents[1], extents[2]) : SIMD3(1, extents[0], extents[1])
  }

  /// The spacing as [D, H, W]; a 2-D mask is one slice deep.
  var depthHeightWidthSpacing: SIMD3<Double> {
    spacing.count == 3
      ? SIMD3(spacing[0], spacing[1], spacing[2]) : SIMD3(1, spacing[0], spacing[1])
  }

  /// The smallest box that holds the mask; nil where the mask is empty.
  var box: Box? {
    let extents = depthHeightWidth
    guard count > 0 else { return nil }
    var box = Box(lower: extents, upper: SIMD3(0, 0, 0))
    words.withUnsafeBufferPointer { words in
      for row in 0..<extents.x * extents.y {
        let (slice, line) = row.quotientAndRemainder(dividingBy: extents.y)
        for index in 0..<wordsPerRow where words[row * wordsPerRow + index] != 0 {
          let word = words[row * wordsPerRow + index]
          let first = SIMD3(slice, line, 64 * index + word.trailingZeroBitCount)
          let last = SIMD3(slice, line, 64 * index + 63 - word.leadingZeroBitCount)
          box.lower = pointwiseMin(box.lower, first)
          box.upper = pointwiseMax(box.upper, last &+ 1)
        }
      }
    }
    return box
  }

  /// The voxels that one erosion with the 2d-neighbour cross removes.
  ///
  /// Outside of the array is background, so a mask has surface where it meets the border. A 2-D mask is eroded in its
  /// plane only; the single slice of a 3-D mask is all surface. The definition is MedPy's (connectivity 1).
  var surface: Mask {
    let extents = depthHeightWidth
    let sliceStride = extents.y * wordsPerRow
    var result = [UInt64](repeating: 0, count: words.count)
    guard let box else { return Mask(extents: self.extents, spacing: spacing, words: result) }
    let isVolume = self.extents.count == 3
    words.withUnsafeBufferPointer { words in
      func word(_ slice: Int, _ line: Int, _ index: Int) -> UInt64 {
        guard 0..<extents.x ~= slice, 0..<extents.y ~= line, 0..<wordsPerRow ~= index else {
          return 0
        }
        return words[slice * sliceStride + line * wordsPerRow + index]
      }
      for slice in box.lower.x..<box.upper.x {
        for line in box.lower.y..<box.upper.y {
          for index in box.lower.z / 64...(box.upper.z - 1) / 64 {
            let center = word(slice, line, index)
            guard center != 0 else { continue }
            let left = center << 1 | word(slice, line, index - 1) >> 63
            let right = center >> 1 | word(slice, line, index + 1) << 63
            var inside = left & right & word(slice, line - 1, index) & word(slice, line + 1, index)
            if isVolume { inside &= word(slice - 1, line, index) & word(slice + 1, line, index) }
            result[slice * sliceStride + line * wordsPerRow + index] = center & ~inside
          }
        }
      }
    }
    return Mask(extents: self.extents, spacing: spacing, words: result)
  }
}
