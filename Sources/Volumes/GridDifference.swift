extension Geometry {
  /// What makes this grid differ from another one, in words; nil where both are the same.
  ///
  /// Extents must be equal, and no number of the affine may differ by more than `tolerance`. Shape, spacing, direction
  /// and origin are told apart, this grid's first.
  public func difference(from other: Geometry) -> String? {
    let isNear = affine.largestDifference(from: other.affine) <= Self.tolerance
    guard extents != other.extents || !isNear else { return nil }
    var parts: [String] = []
    if extents != other.extents {
      parts.append("the shape is \(words(extents)), not \(words(other.extents))")
    }
    if !isNear {
      parts += placeDifferences(from: other)
      parts.append("up to \(short(Self.tolerance)) mm is allowed")
    }
    if canonical.extents == other.canonical.extents,
      canonical.affine.largestDifference(from: other.canonical.affine) <= Self.tolerance
    {
      parts.append("both cover the same place, their voxels are only stored in another order")
    }
    return parts.joined(separator: "; ")
  }

  /// How spacing, direction and origin differ, each where it does.
  private func placeDifferences(from other: Geometry) -> [String] {
    var parts: [String] = []
    if !(distance(spacing, other.spacing) <= Self.tolerance) {
      parts.append("the spacing is \(steps(spacing)) mm, not \(steps(other.spacing)) mm")
    }
    if orientation != other.orientation {
      parts.append(
        "the direction is another one: the axes run \(orientation.codes), not "
          + other.orientation.codes)
    } else if let turn = turn(from: other) {
      parts.append(turn)
    }
    let apart = distance(affine.translation, other.affine.translation)
    if !(apart <= Self.tolerance) {
      parts.append(
        "the origin is (\(list(affine.translation))) mm, not (\(list(other.affine.translation))) mm, "
          + "off by \(short(apart)) mm along an axis")
    }
    return parts.isEmpty
      ? ["the affine differs by \(short(affine.largestDifference(from: other.affine))) mm"] : parts
  }

  /// The axis that turns most, where the turn moves a neighbouring voxel by more than `tolerance`.
  private func turn(from other: Geometry) -> String? {
    let turns = (0..<3).map { axis -> (moved: Double, axis: Int) in
      let (one, two) = (affine.columns[axis], other.affine.columns[axis])
      return (distance(one / one.norm, two / two.norm) * one.norm, axis)
    }
    guard let (moved, axis) = turns.max(by: { $0.moved < $1.moved }), !(moved <= Self.tolerance)
    else { return nil }
    let (one, two) = (affine.columns[axis], other.affine.columns[axis])
    return "the direction of axis \(axis + 1) is (\(list(one / one.norm))), not "
      + "(\(list(two / two.norm)))"
  }

  /// The largest difference of two vectors along any axis; NaN where there is one.
  private func distance(_ one: SIMD3<Double>, _ two: SIMD3<Double>) -> Double {
    (0..<3).map { abs(one[$0] - two[$0]) }.reduce(0) { $1 <= $0 ? $0 : $1 }
  }

  private func list(_ vector: SIMD3<Double>) -> String {
    (0..<3).map { short(vector[$0]) }.joined(separator: ", ")
  }

  private func steps(_ vector: SIMD3<Double>) -> String {
    (0..<3).map { short(vector[$0]) }.joined(separator: " x ")
  }
}

extension Affine {
  /// The largest difference of any number of two maps, in millimetres; NaN where there is one.
  public func largestDifference(from other: Affine) -> Double {
    zip(rows.joined(), other.rows.joined()).map { abs($0 - $1) }.reduce(0) { $1 <= $0 ? $0 : $1 }
  }
}
