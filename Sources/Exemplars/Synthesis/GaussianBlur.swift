import Foundation
import Tensors

/// A Gaussian blur of images [n, D, H, W], cut off after three deviations and renormalised at the borders.
struct GaussianBlur {
  private let tables: [AxisWeights?]

  /// A blur of the given deviations in voxels along D, H, W; axes of 0 stay as they are.
  init(_ extents: [Int], deviations: [Float]) {
    tables = zip(extents, deviations).map { count, deviation in
      count > 1 && deviation > 0 ? GaussianBlur.table(count, Double(deviation)) : nil
    }
  }

  /// A blur of the same deviation in pixels along all axes.
  init(_ lattice: Lattice, pixels deviation: Float) {
    self.init(lattice.extents, deviations: lattice.spacing.map { deviation / $0 })
  }

  /// The images, blurred.
  func callAsFunction(_ images: Tensor) -> Tensor {
    var result = images
    for (axis, table) in tables.enumerated() {
      if let table { result = result.resampled(axis: axis + 1, table) }
    }
    return result
  }

  private static func table(_ count: Int, _ deviation: Double) -> AxisWeights {
    let reach = max(1, Int((3 * deviation).rounded(.up)))
    let kernel = (0...reach).map { exp(-Double($0 * $0) / (2 * deviation * deviation)) }
    return AxisWeights(
      length: count,
      rows: (0..<count).map { k in
        let (low, high) = (max(0, k - reach), min(count - 1, k + reach))
        let weights = (low...high).map { kernel[abs($0 - k)] }
        let sum = weights.reduce(0, +)
        return (low, weights.map { $0 / sum })
      })
  }
}
