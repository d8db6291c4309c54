import Tensors
public import Volumes

/// A picture to look at: rows of slices, each with the outline of its label.
public struct OutlinedSheet: Sendable {
  /// The side of a tile in pixels.
  public static let tile = 192
  private static let gap = 4

  private struct Tile {
    let image: Tensor
    let label: ByteImage
    let range: ClosedRange<Float>

    init(_ image: AnnotatedImage, _ slice: Int, _ range: ClosedRange<Float>) {
      self.image = image.image(ofSlice: slice)
      label = image.label(ofSlice: slice)
      self.range = range
    }
  }

  /// How many images of one exemplar are shown, and how many tiles in all.
  private static let most = (images: 12, tiles: 360)

  /// An exemplar's place: its tile, the slice shown, and what was made of it.
  private struct Group {
    let exemplar: Tile
    let slice: Int
    var made: [Tile] = []
  }

  private let columns: Int
  private var groups: [Group] = []

  /// An empty sheet of so many columns.
  public init(columns: Int) {
    precondition(columns > 1, "OutlinedSheet: \(columns) columns")
    self.columns = columns
  }

  /// Begins with an exemplar; it is shown in the slice with the most labelled pixels, between the 1st and the 99th
  /// percentile there, and so is what is added after it.
  public mutating func begin(_ exemplar: AnnotatedImage) {
    let slice = exemplar.fullestSlice
    let values = exemplar.image(ofSlice: slice).values.sorted()
    let (low, high) = (values[values.count / 100], values[values.count - 1 - values.count / 100])
    groups.append(
      Group(exemplar: Tile(exemplar, slice, low...max(low, high)), slice: slice))
  }

  /// Adds what became of the last exemplar; the first twelve are shown.
  public mutating func add(_ made: AnnotatedImage) {
    guard let last = groups.indices.last, groups[last].made.count < OutlinedSheet.most.images,
      groups.reduce(0, { $0 + 1 + $1.made.count }) < OutlinedSheet.most.tiles
    else { return }
    let group = groups[last]
    groups[last].made.append(Tile(made, group.slice, group.exemplar.range))
  }

  /// The tiles row by row: the exemplar at the left, what became of it beside it.
  private var rows: [[Tile]] {
    groups.flatMap { group in
      stride(from: 0, to: max(group.made.count, 1), by: columns - 1).map { first in
        [group.exemplar] + group.made[first..<min(first + columns - 1, group.made.count)]
      }
    }
  }

  /// The sheet as a picture in colour.
  public var picture: ByteImage {
    let step = OutlinedSheet.tile + OutlinedSheet.gap
    let rows = rows
    let (height, width) = (max(rows.count, 1) * step, columns * step)
    var values = [UInt8](repeating: 24, count: height * width * 3)
    for (row, tiles) in rows.enumerated() {
      for (column, tile) in tiles.enumerated() {
        OutlinedSheet.draw(tile, row * step, column * step, width, &values)
      }
    }
    return ByteImage(height: height, width: width, channels: 3, values: values)
  }

  /// Draws a tile, fitted into its square: the first channel in gray (three as colours), the outer pixels of each class
  /// in its colour.
  private static func draw(
    _ tile: Tile, _ top: Int, _ left: Int, _ width: Int, _ values: inout [UInt8]
  ) {
    let (h, w) = (tile.label.height, tile.label.width)
    let fitted = ByteImage.longestSide(self.tile, of: PlaneSize(height: h, width: w))
    let (tall, wide) = (fitted.height, fitted.width)
    let image = tile.image.resized(height: tall, width: wide, antialias: true).values
    let label = PixelMap.zoom(from: PlaneSize(height: h, width: w), to: fitted)(tile.label).values
    let span = tile.range.upperBound - tile.range.lowerBound
    func isOnEdge(_ row: Int, _ column: Int) -> Bool {
      guard row > 0, column > 0, row + 1 < tall, column + 1 < wide else { return true }
      let at = row * wide + column
      return [at - wide, at + wide, at - 1, at + 1].contains { label[$0] != label[at] }
    }
    for at in 0..<tall * wide {
      let (row, column) = (at / wide, at % wide)
      let own = label[at]
      let isEdge = own != 0 && isOnEdge(row, column)
      let colour = labelColour(own)
      for channel in 0..<3 {
        let plane = tile.image.shape[0] == 3 ? channel * tall * wide : 0
        let unit = span > 0 ? (image[plane + at] - tile.range.lowerBound) / span : 0
        let gray = UInt8((255 * min(max(unit, 0), 1)).rounded())
        values[((top + row) * width + left + column) * 3 + channel] =
          isEdge ? colour[channel] : gray
      }
    }
  }
}

extension AnnotatedImage {
  /// The axis along which slices are shown: that of the coarsest spacing, else the first.
  private var sliceAxis: Int {
    let spacing = lattice.spacing
    return lattice.isFlat ? 0 : (0..<3).max { spacing[$0] < spacing[$1] - 1e-4 } ?? 0
  }

  private func voxels(ofSlice slice: Int) -> (indices: [Int], height: Int, width: Int) {
    let axis = sliceAxis
    let rest = [0, 1, 2].filter { $0 != axis }
    let (height, width) = (lattice.extents[rest[0]], lattice.extents[rest[1]])
    let strides = [lattice.extents[1] * lattice.extents[2], lattice.extents[2], 1]
    // Both axes of a canonical volume run against those of a slice as radiology shows it; a slice lies as it is.
    let isFlipped = !lattice.isFlat
    let indices = (0..<height * width).map { at -> Int in
      let (row, column) = (at / width, at % width)
      return slice * strides[axis]
        + (isFlipped ? height - 1 - row : row) * strides[rest[0]]
        + (isFlipped ? width - 1 - column : column) * strides[rest[1]]
    }
    return (indices, height, width)
  }

  /// The slice with the most labelled voxels, the middle one where there are none.
  var fullestSlice: Int {
    let slices = lattice.extents[sliceAxis]
    let counts = (0..<slices).map { slice in
      voxels(ofSlice: slice).indices.count { label[$0] != 0 }
    }
    let most = counts.max() ?? 0
    return most == 0 ? slices / 2 : counts.firstIndex(of: most) ?? 0
  }

  /// The intensities [C, h, w] of a slice.
  func image(ofSlice slice: Int) -> Tensor {
    let (indices, height, width) = voxels(ofSlice: slice)
    return Tensor(unfilled: [channels, height, width]) { target in
      image.withPointer { source in
        for channel in 0..<channels {
          for (at, voxel) in indices.enumerated() {
            target[channel * indices.count + at] = source[channel * lattice.count + voxel]
          }
        }
      }
    }
  }

  /// The classes of a slice.
  func label(ofSlice slice: Int) -> ByteImage {
    let (indices, height, width) = voxels(ofSlice: slice)
    return ByteImage(height: height, width: width, values: indices.map { label[$0] })
  }
}
