import Tensors

/// Where the voxels of one grid lie in another: the map from index to index.
///
/// A position belongs to a grid up to half a voxel beyond its outermost centres, as ITK's image regions do; within
/// that rim the outermost values hold.
private struct GridMap {
  private let columns: [SIMD3<Double>]
  private let origin: SIMD3<Double>
  private let extents: SIMD3<Int>

  /// The map from indices of `target` to indices of `source`; nil where the axes of the source lie in one plane.
  init?(from target: Geometry, to source: Geometry) {
    let c = source.affine.columns
    let volume = c[0].dot(c[1].cross(c[2]))
    guard volume != 0, volume.isFinite else { return nil }
    let rows = [c[1].cross(c[2]) / volume, c[2].cross(c[0]) / volume, c[0].cross(c[1]) / volume]
    func inverse(_ v: SIMD3<Double>) -> SIMD3<Double> {
      SIMD3(rows[0].dot(v), rows[1].dot(v), rows[2].dot(v))
    }
    columns = target.affine.columns.map(inverse)
    origin = inverse(target.affine.translation - source.affine.translation)
    extents = source.extents
  }

  /// The place in the source of a target voxel; nil outside, where rounding of the affines may cost 1e-6 of a voxel.
  func place(_ x: Int, _ y: Int, _ z: Int) -> SIMD3<Double>? {
    let place =
      origin + columns[0] * Double(x) + columns[1] * Double(y) + columns[2] * Double(z)
    let (low, high) = (-0.5 - 1e-6, SIMD3<Double>(extents) - 0.5 + 1e-6)
    guard place.x >= low, place.y >= low, place.z >= low, place.x <= high.x, place.y <= high.y,
      place.z <= high.z
    else { return nil }
    return place
  }

  /// Both neighbours on an axis and the weight of the second.
  func neighbours(_ place: Double, axis: Int) -> (Int, Int, Double) {
    let clamped = min(max(place, 0), Double(extents[axis] - 1))
    let low = Int(clamped)
    return (low, min(low + 1, extents[axis] - 1), clamped - Double(low))
  }

  /// The nearest voxel, halves rounded up.
  func nearest(_ place: SIMD3<Double>) -> Int {
    let at = (0..<3).map {
      min(max(Int((place[$0] + 0.5).rounded(.down)), 0), extents[$0] - 1)
    }
    return (at[2] * extents.y + at[1]) * extents.x + at[0]
  }
}

extension Volume {
  /// The image on another grid by trilinear interpolation; what lies outside the image is the smallest value of its
  /// channel.
  ///
  /// Positions are matched in millimetres, as by ITK's resample filter with linear interpolation. Both geometries
  /// must be in millimetres; nil where this image's axes lie in one plane.
  public func resampled(onto target: Geometry) -> Volume? {
    guard let map = GridMap(from: target, to: geometry) else { return nil }
    let (width, height) = (target.extents.x, target.extents.y)
    let (own, count) = (geometry.extents, geometry.count)
    let result = Tensor(unfilled: [channels] + target.shape) { y in
      voxels.withPointer { x in
        let lows = (0..<channels).map { channel in
          UnsafeBufferPointer(start: x + channel * count, count: count).min() ?? 0
        }
        parallel(target.extents.z) { slice in
          for at in 0..<width * height {
            let place = map.place(at % width, at / width, slice)
            let (i, j, u) = map.neighbours(place?.x ?? 0, axis: 0)
            let (k, l, v) = map.neighbours(place?.y ?? 0, axis: 1)
            let (m, n, w) = map.neighbours(place?.z ?? 0, axis: 2)
            for channel in 0..<channels {
              let to = (channel * target.extents.z + slice) * width * height + at
              guard place != nil else {
                y[to] = lows[channel]
                continue
              }
              let from = x + channel * count
              func line(_ row: Int, _ plane: Int) -> Double {
                let start = (plane * own.y + row) * own.x
                let (a, b) = (Double(from[start + i]), Double(from[start + j]))
                return a + (b - a) * u
              }
              let (near, far) = (
                line(k, m) * (1 - v) + line(l, m) * v, line(k, n) * (1 - v) + line(l, n) * v
              )
              y[to] = Float(near + (far - near) * w)
            }
          }
        }
      }
    }
    return Volume(voxels: result, geometry: target)
  }
}

extension LabelVolume {
  /// The labels on another grid, each voxel from the nearest; what lies outside is background.
  ///
  /// Nil where this volume's axes lie in one plane.
  public func resampled(onto target: Geometry) -> LabelVolume? {
    guard let map = GridMap(from: target, to: geometry) else { return nil }
    var result = [Int32](repeating: 0, count: target.count)
    var at = 0
    for z in 0..<target.extents.z {
      for y in 0..<target.extents.y {
        for x in 0..<target.extents.x {
          if let place = map.place(x, y, z) { result[at] = values[map.nearest(place)] }
          at += 1
        }
      }
    }
    return LabelVolume(values: result, geometry: target)
  }
}
