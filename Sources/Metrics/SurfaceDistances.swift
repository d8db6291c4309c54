/// The distances between the surfaces of two masks, from which every surface measure is read.
///
/// Each surface voxel of one mask has its distance, centre to centre in the unit of the spacing, to the nearest
/// surface voxel of the other. Surface is what one erosion with the 2d-neighbour cross removes (as MedPy and MONAI
/// define it), so two masks can have the same surface and HD 0 although one has a hole of one voxel.
public struct SurfaceDistances: Sendable {
  /// From each surface voxel of the prediction to the reference, in no order that means anything.
  public let fromPrediction: [Double]
  /// From each surface voxel of the reference to the prediction, in no order that means anything.
  public let fromReference: [Double]

  /// Computes the distances; nil when either mask is empty, as there is then no surface to measure to.
  public init?(prediction: Mask, reference: Mask) {
    prediction.requireSameGrid(as: reference)
    guard let first = prediction.box, let second = reference.box else { return nil }
    let box = first.union(second)
    let one = Surface(of: prediction, in: box)
    let other = Surface(of: reference, in: box)
    fromPrediction = one.distances(to: other)
    fromReference = other.distances(to: one)
  }

  /// The Hausdorff distance: the largest distance of both directions.
  public var hausdorff: Double { max(fromPrediction.max() ?? 0, fromReference.max() ?? 0) }

  /// The larger of the two directed 95th percentiles, with linear interpolation (as MONAI).
  public var hausdorff95Maximum: Double {
    max(quantile(0.95, of: fromPrediction) ?? 0, quantile(0.95, of: fromReference) ?? 0)
  }

  /// The 95th percentile of the distances of both directions together, with linear interpolation (as MedPy).
  public var hausdorff95Pooled: Double {
    quantile(0.95, of: fromPrediction + fromReference) ?? 0
  }

  /// The mean distance from the prediction's surface to the reference's.
  public var averageFromPrediction: Double {
    fromPrediction.reduce(0, +) / Double(fromPrediction.count)
  }

  /// The mean distance from the reference's surface to the prediction's.
  public var averageFromReference: Double {
    fromReference.reduce(0, +) / Double(fromReference.count)
  }

  /// The mean of the distances of both directions together (as MedPy 0.5 and MONAI).
  public var averageSymmetric: Double {
    let sum = fromPrediction.reduce(0, +) + fromReference.reduce(0, +)
    return sum / Double(fromPrediction.count + fromReference.count)
  }

  /// The normalised surface distance: the share of both surfaces that lies within `tolerance` of the other.
  ///
  /// A distance counts when it is at most the tolerance times 1 + 1e-6. Files keep spacings in 32 bits, in which five
  /// voxels of 0.2 mm are 1.0000000149 mm and shall lie within 1 mm, as they do in MONAI, which computes in 32 bits.
  public func normalised(within tolerance: Double) -> Double {
    let limit = tolerance * (1 + 1e-6)
    let within = fromPrediction.count { $0 <= limit } + fromReference.count { $0 <= limit }
    return Double(within) / Double(fromPrediction.count + fromReference.count)
  }
}
