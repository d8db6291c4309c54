extension MetaImage {
  /// The grid in RAS+ millimetres, and what had to be assumed or does not agree.
  func geometry(_ sizes: [Int]) throws(VolumeError) -> (Geometry, warnings: [String]) {
    let rank = sizes.count
    var warnings: [String] = []
    let matrix = try numbers(["TransformMatrix", "Rotation", "Orientation"], count: rank * rank)
    let origin = try numbers(["Offset", "Position", "Origin"], count: rank)
    let letters = try anatomicalOrientation()
    var directions = [SIMD3(1.0, 0, 0), SIMD3(0, 1.0, 0), SIMD3(0, 0, 1.0)]
    if let matrix {
      for axis in 0..<rank {
        for row in 0..<rank { directions[axis][row] = matrix[axis * rank + row] }
      }
    } else if let letters, rank == 3 {
      directions = letters.directions
      warnings.append(
        "There is no TransformMatrix: the axes were taken from AnatomicalOrientation "
          + "\(letters.text).")
    } else {
      warnings.append("There is no TransformMatrix: the orientation is assumed, not known.")
    }
    if origin == nil { warnings.append("There is no Offset: the position is assumed, not known.") }
    let steps = try spacing(rank, &warnings)
    var extents = SIMD3(1, 1, 1)
    var position = SIMD3<Double>.zero
    for axis in 0..<rank {
      extents[axis] = sizes[axis]
      directions[axis] *= steps[axis]
      position[axis] = origin?[axis] ?? 0
    }
    let signs = SIMD3<Double>(-1, -1, 1)
    let geometry = try Geometry(
      checked: Affine(columns: directions.map { $0 * signs }, translation: position * signs),
      extents: extents,
      millimetresPerUnit: try fields.millimetres(per: fields["DistanceUnits"] ?? ""),
      path: fields.path)
    if matrix != nil, rank == 3, let letters,
      Orientation(of: Affine(columns: letters.directions.map { $0 * signs }, translation: .zero))
        != geometry.orientation
    {
      warnings.append(
        "AnatomicalOrientation \(letters.text) and the TransformMatrix disagree; the matrix was used."
      )
    }
    return (geometry, warnings)
  }

  private func spacing(_ rank: Int, _ warnings: inout [String]) throws(VolumeError) -> [Double] {
    for name in ["ElementSpacing", "ElementSize"] {
      guard let steps = try fields.numbers(name, count: rank) else { continue }
      guard steps.allSatisfy({ $0 > 0 }) else {
        throw fields.wrong(name, fields[name] ?? "", expected: "\(rank) positive numbers")
      }
      return steps
    }
    warnings.append("There is no ElementSpacing: 1 mm is assumed.")
    return [Double](repeating: 1, count: rank)
  }

  private func numbers(_ names: [String], count: Int) throws(VolumeError) -> [Double]? {
    guard let (name, _) = try first(names) else { return nil }
    return try fields.numbers(name, count: count)
  }

  /// The sides of the patient at which the axes begin, such as `RAI`; nil where the file does not say.
  private func anatomicalOrientation() throws(VolumeError) -> (
    text: String, directions: [SIMD3<Double>]
  )? {
    guard let text = fields["AnatomicalOrientation"], text.contains(where: { $0 != "?" }) else {
      return nil
    }
    var directions: [SIMD3<Double>] = []
    var used: Set<Int> = []
    for letter in text.uppercased() {
      guard let side = Self.sides[letter], used.insert(side.axis).inserted else { break }
      var direction = SIMD3<Double>.zero
      direction[side.axis] = side.step
      directions.append(direction)
    }
    guard directions.count == 3, text.count == 3 else {
      if text.count == 2, directions.count == 2 { return nil }
      throw fields.wrong(
        "AnatomicalOrientation", text, expected: "three letters such as RAI, one of each axis")
    }
    return (text, directions)
  }

  /// Which axis begins at a side, and which way it then runs in left-posterior-superior coordinates.
  private static let sides: [Character: (axis: Int, step: Double)] = [
    "R": (0, 1), "L": (0, -1), "A": (1, 1), "P": (1, -1), "I": (2, 1), "S": (2, -1),
  ]
}
