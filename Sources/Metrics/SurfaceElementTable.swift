/// The size of the surface element at a corner for each arrangement of the voxels around it, at one spacing.
///
/// A code has a bit for every voxel around the corner, the first in row-major order highest: eight in a volume, the
/// lower four in a plane. A volume's element consists of up to four polygons with one vertex at the middle of each edge
/// between a voxel of the mask and one outside; the choice of polygons is that of DeepMind's surface-distance.
struct SurfaceElementTable {
  /// The area in a volume, the length in a plane, for the codes 0…255.
  let areas: [Double]

  init(spacing: [Double]) {
    areas = (0..<256).map { code in
      spacing.count == 3
        ? Self.area(of: min(code, 255 - code), spacing: spacing)
        : Self.length(of: code & 15, spacing: spacing)
    }
  }

  private static func area(of code: Int, spacing: [Double]) -> Double {
    let faces = [
      spacing[1] * spacing[2], spacing[0] * spacing[2], spacing[0] * spacing[1],
    ]
    return polygons[code].reduce(0) { area, polygon in
      let squares = zip(polygon, faces).reduce(0) { $0 + $1.0 * $1.1 * ($1.0 * $1.1) }
      return area + squares.squareRoot()
    }
  }

  /// A diagonal of half a pixel cuts off one pixel of the four, two such diagonals lie between opposite ones.
  private static func length(of code: Int, spacing: [Double]) -> Double {
    switch code {
    case 0, 15: 0
    case 3, 12: spacing[1]
    case 5, 10: spacing[0]
    case 6, 9: (spacing[0] * spacing[0] + spacing[1] * spacing[1]).squareRoot()
    default: (spacing[0] * spacing[0] + spacing[1] * spacing[1]).squareRoot() / 2
    }
  }

  /// The polygons of the codes 0…127, as area vectors at unit spacing without their signs; those of 255 - code are the same.
  private static let polygons: [[[Double]]] = eighths.split { $0.isWhitespace }.map { element in
    let digits = element.compactMap { $0.wholeNumberValue.map { Double($0) / 8 } }
    return stride(from: 0, to: digits.count, by: 3).map { Array(digits[$0..<$0 + 3]) }
  }

  /// The polygons' three components in eighths, one digit each; "-" stands for no polygon.
  private static let eighths = """
    - 111 111 220220 111 202202 111111 111222400 111 111111 202202 111222400 220220 111222400
    111222400 400400 111 022022 111111 040111222 111111 004111222 111111111 111111222222 111111
    022022111 111202202 022111202333 111220220 022111220333 111111222400 111222400 111 111111
    022022 040111222 111111 111202202 022022111 022111202333 111111 111111111 004111222
    111111222222 111220220 111111222400 022111220333 111222400 220220 040111222 040111222 040040
    111220220 111202220333 040111111222 040111222 111220220 040111111222 111202220333 040111222
    220220220220 111220220 111220220 220220 111 111111 111111 111220220 022022 004111222
    022022111 022111220333 111111 111111111 111202202 111111222400 040111222 111111222222
    022111202333 111222400 202202 004111222 111202202 111202220333 004111222 004004 004111111222
    004111222 111202202 004111111222 202202202202 111202202 111202220333 004111222 111202202
    202202 111111 111111111 022022111 040111111222 022022111 004111111222 022022022022 022022111
    111111111 111111111111 004111111222 111111111 040111111222 111111111 022022111 111111
    111222400 111111222222 022111202333 040111222 022111220333 004111222 022022111 022022
    111111222400 111111111 111202202 111111 111220220 111111 111111 111
    """
}
