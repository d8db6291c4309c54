import Tensors

extension PhantomSlices {
  /// Images to look at, each with its labels in colour beside it: a picture of `rows` by `columns` pairs.
  public func contactSheet(rows: Int, columns: Int) -> ByteImage {
    precondition(rows > 0 && columns > 0, "contactSheet: \(rows) x \(columns) images")
    return Volumes.contactSheet((0..<rows * columns).map { self[$0] }, columns: columns)
  }
}

/// Slices side by side, each with its labels in colour beside it; the last row is filled up with black.
public func contactSheet(_ slices: [PhantomSlice], columns: Int) -> ByteImage {
  let side = slices.map(\.parts.height).max() ?? 1
  let rows = (slices.count + columns - 1) / columns
  let width = 2 * columns * side
  var values = [UInt8](repeating: 0, count: max(rows, 1) * side * width * 3)
  for (index, slice) in slices.enumerated() {
    let (top, left) = (index / columns * side, index % columns * 2 * side)
    let label = slice.label
    let (h, w) = (label.height, label.width)
    slice.image.withPointer { image in
      for place in 0..<h * w {
        let at = ((top + place / w) * width + left + place % w) * 3
        let colour = labelColour(label.values[place])
        for channel in 0..<3 {
          values[at + channel] = UInt8((image[channel * h * w + place] * 255).rounded())
          values[at + side * 3 + channel] = colour[channel]
        }
      }
    }
  }
  return ByteImage(height: max(rows, 1) * side, width: width, channels: 3, values: values)
}

/// The red, green and blue a label is shown in; black for 0, and colours far apart for the first eight.
public func labelColour(_ label: UInt8) -> SIMD3<UInt8> {
  let colours: [SIMD3<UInt8>] = [
    SIMD3(230, 60, 60), SIMD3(60, 200, 60), SIMD3(70, 90, 240), SIMD3(230, 210, 50),
    SIMD3(220, 80, 220), SIMD3(60, 210, 210), SIMD3(250, 150, 60), SIMD3(180, 180, 180),
  ]
  return label == 0 ? SIMD3() : colours[(Int(label) - 1) % colours.count]
}
