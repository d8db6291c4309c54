/// Two masks of a large organ in a scan of 150 slices of 512 x 512 pixels, about a million voxels each.
///
/// Both are ellipsoids with waves on their surface; the second lies a little beside the first.
public struct MaskPair: Sendable {
  /// The extents, slices first.
  public static let extents = [150, 512, 512]
  /// The distances of slices, rows and columns in millimetres.
  public static let spacing = [2.5, 0.8, 0.8]

  /// 1 in the predicted organ, 0 elsewhere.
  public let prediction: [UInt8]
  /// 1 in the organ, 0 elsewhere.
  public let reference: [UInt8]

  /// The masks, made anew.
  public init() {
    prediction = MaskPair.organ(middle: SIMD3(74, 249, 262), phase: 1)
    reference = MaskPair.organ(middle: SIMD3(75, 252, 260), phase: 0)
  }

  private static func organ(middle: SIMD3<Int>, phase: Int) -> [UInt8] {
    let (rows, columns) = (extents[1], extents[2])
    var values = [UInt8](repeating: 0, count: extents[0] * rows * columns)
    for z in -48...48 {
      for y in -84...84 {
        for x in -100...100 {
          // Whole numbers only, so that every machine makes the same masks.
          let radius = x * x * 484 + y * y * 688 + z * z * 2180
          let wave = ((x + 3 * phase) * (y - phase) + 40 * z) % 9973 * 37
          guard radius < 3_690_000 + wave else { continue }
          values[((middle.x + z) * rows + middle.y + y) * columns + middle.z + x] = 1
        }
      }
    }
    return values
  }
}
