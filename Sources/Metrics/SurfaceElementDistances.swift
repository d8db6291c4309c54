/// The distances between the surface elements of two masks, each weighed by its area (its length in a plane).
///
/// The definitions are those of DeepMind's surface-distance: elements lie at the corners between voxels, so that a hole
/// of one voxel is surface, and a coarsely sampled side counts by its size. BraTS 2023 measures its HD95 this way.
/// A plane's lengths and a volume's areas are in the unit of the spacing (mm, mm²).
public struct SurfaceElementDistances: Sendable {
  private let prediction: Directed
  private let reference: Directed

  /// Computes the distances; nil when either mask is empty, as there is then no surface to measure to.
  public init?(prediction: Mask, reference: Mask) {
    prediction.requireSameGrid(as: reference)
    guard let first = prediction.box, let second = reference.box else { return nil }
    let box = first.union(second)
    let table = SurfaceElementTable(spacing: prediction.spacing)
    let one = SurfaceElements(of: prediction, in: box, table: table)
    let other = SurfaceElements(of: reference, in: box, table: table)
    self.prediction = Directed(distances: one.distances(to: other), areas: one.areas)
    self.reference = Directed(distances: other.distances(to: one), areas: other.areas)
  }

  /// The Hausdorff distance: the largest distance of both directions.
  public var hausdorff: Double { max(prediction.largest, reference.largest) }

  /// The distance within which 95 % of each surface's area lies from the other; the larger of the two directions.
  ///
  /// In each direction it is a distance that occurs: the first at which the share of the area reaches 0.95, to a
  /// rounding of 1e-12.
  public var hausdorff95: Double {
    max(prediction.distance(reaching: 0.95), reference.distance(reaching: 0.95))
  }

  /// The mean distance from the prediction's surface to the reference's, weighed by area.
  public var averageFromPrediction: Double { prediction.average }

  /// The mean distance from the reference's surface to the prediction's, weighed by area.
  public var averageFromReference: Double { reference.average }

  /// The area of the prediction's surface; the length of its contour in a plane.
  public var areaOfPrediction: Double { prediction.area }

  /// The area of the reference's surface; the length of its contour in a plane.
  public var areaOfReference: Double { reference.area }

  /// The normalised surface distance: the share of both surfaces' area that lies within `tolerance` of the other.
  ///
  /// A distance counts when it is at most the tolerance times 1 + 1e-9, which is the library's rule in 64 bits but for
  /// their rounding; `SurfaceDistances` is more lenient, as its libraries are.
  public func normalised(within tolerance: Double) -> Double {
    (prediction.area(within: tolerance) + reference.area(within: tolerance))
      / (prediction.area + reference.area)
  }
}

/// The elements of one mask, ordered by their distance to the other.
private struct Directed: Sendable {
  private let elements: [(distance: Double, area: Double)]
  let area: Double

  init(distances: [Double], areas: [Double]) {
    elements = zip(distances, areas).map { (distance: $0, area: $1) }
      .sorted { $0.distance < $1.distance }
    area = areas.reduce(0, +)
  }

  var largest: Double { elements.last?.distance ?? 0 }

  var average: Double { elements.reduce(0) { $0 + $1.distance * $1.area } / area }

  func area(within tolerance: Double) -> Double {
    elements.prefix { $0.distance <= tolerance * (1 + 1e-9) }.reduce(0) { $0 + $1.area }
  }

  func distance(reaching share: Double) -> Double {
    let wanted = share * area * (1 - 1e-12)
    var sum = 0.0
    for element in elements {
      sum += element.area
      if sum >= wanted { return element.distance }
    }
    return largest
  }
}
