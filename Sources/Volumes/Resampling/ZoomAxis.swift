import Tensors

/// Where the samples of one zoomed axis lie, by the rule of SciPy's `ndimage.zoom` (mode "constant", grid_mode off).
///
/// Output `k` reads at `k · ((from - 1) / (to - 1))` in double precision, at 0 where `to` is 1. Where rounding puts
/// that beyond `from - 1` the sample counts as outside and becomes 0: of 512 to 224 the last row and column do.
struct ZoomAxis {
  let length: Int
  /// The place each output sample reads at, or nil outside.
  let places: [Double?]

  init(from length: Int, to count: Int) {
    self.length = length
    let step = count > 1 ? Double(length - 1) / Double(count - 1) : 0
    places = (0..<count).map { k in
      let place = Double(k) * step
      return place > Double(length - 1) ? nil : place
    }
  }

  /// The nearest input sample of each output sample, halves rounded up; -1 outside.
  var nearest: [Int32] { places.map { $0.map { Int32(($0 + 0.5).rounded(.down)) } ?? -1 } }

  /// The weights of the cubic B-spline coefficients around each place; indices beyond the ends mirror about the
  /// outermost samples.
  var cubic: AxisWeights {
    AxisWeights(
      length: length,
      rows: places.map { place in
        guard let place else { return (0, [0]) }
        let start = Int(place.rounded(.down))
        let spline = cubicBasis(place - Double(start))
        let indices = (-1...2).map { mirrored(start + $0) }
        let first = indices.min() ?? 0
        var weights = [Double](repeating: 0, count: (indices.max() ?? 0) - first + 1)
        for (index, weight) in zip(indices, spline) { weights[index - first] += weight }
        return (first, weights)
      })
  }

  private func mirrored(_ index: Int) -> Int {
    guard length > 1 else { return 0 }
    let period = 2 * length - 2
    let folded = (index % period + period) % period
    return folded < length ? folded : period - folded
  }
}
