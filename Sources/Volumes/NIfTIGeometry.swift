extension NIfTIHeader {
  /// The grid the header describes, and what is odd about it.
  ///
  /// The matrix counts where `sformCode` is positive, else the quaternion where `qformCode` is, else the distances alone
  /// with x negated and the origin in the middle of the image, as nibabel does.
  func geometry(path: String) throws(VolumeError) -> (Geometry, warnings: [String]) {
    var warnings: [String] = []
    let affine: Affine
    if sformCode > 0 {
      affine = matrixAffine
      if qformCode > 0, let other = try? quaternionAffine(path: path), other.isFinite {
        let extents = self.extents
        let away = Geometry.corners(of: extents).map {
          (affine.position(of: $0) - other.position(of: $0)).norm
        }.reduce(0, max)
        if away > Geometry.tolerance {
          warnings.append(
            "The sform and the qform disagree by up to \(short(away)) mm; the sform was used.")
        }
      }
    } else if qformCode > 0 {
      affine = try quaternionAffine(path: path)
    } else {
      affine = try plainAffine(path: path)
      warnings.append(
        "Neither sform nor qform is set: orientation and origin are assumed, not known.")
    }
    if millimetresPerUnit != 1 {
      warnings.append(
        "Positions are stored in \(units & 7 == 1 ? "metres" : "micrometres") and were converted to mm."
      )
    }
    let geometry = try Geometry(
      checked: affine, extents: extents, millimetresPerUnit: millimetresPerUnit, path: path)
    return (geometry, warnings)
  }

  private var matrixAffine: Affine {
    Affine(
      columns: (0..<3).map { SIMD3(srow[$0], srow[4 + $0], srow[8 + $0]) },
      translation: SIMD3(srow[3], srow[7], srow[11]))
  }

  /// The rotation of the unit quaternion (a, b, c, d) times the distances; qfac turns the third axis round.
  ///
  /// nifti1.h, method 2.
  private func quaternionAffine(path: String) throws(VolumeError) -> Affine {
    var (b, c, d) = (quaternion[0], quaternion[1], quaternion[2])
    let length = b * b + c * c + d * d
    guard length.isFinite, length < 1.001, offset.allSatisfy(\.isFinite) else {
      throw .malformed(
        path: path,
        reason: "the qform's quaternion \(quaternion) has no rotation, or its offset "
          + "\(offset) is not finite")
    }
    var a = 0.0
    if 1 - length < 1e-7 {
      let scale = 1 / length.squareRoot()
      (b, c, d) = (b * scale, c * scale, d * scale)
    } else {
      a = (1 - length).squareRoot()
    }
    let steps = try distances(path: path)
    let turn: Double = pixdim[0] < 0 ? -1 : 1
    let x = SIMD3(a * a + b * b - c * c - d * d, 2 * (b * c + a * d), 2 * (b * d - a * c))
    let y = SIMD3(2 * (b * c - a * d), a * a + c * c - b * b - d * d, 2 * (c * d + a * b))
    let z = SIMD3(2 * (b * d + a * c), 2 * (c * d - a * b), a * a + d * d - c * c - b * b)
    return Affine(
      columns: [x * steps.x, y * steps.y, z * (steps.z * turn)],
      translation: SIMD3(offset[0], offset[1], offset[2]))
  }

  private func plainAffine(path: String) throws(VolumeError) -> Affine {
    let steps = try distances(path: path) * SIMD3(-1, 1, 1)
    let last = SIMD3(Double(extents.x - 1), Double(extents.y - 1), Double(extents.z - 1))
    return Affine(spacing: steps, translation: -steps * last / 2)
  }

  /// The distances between voxels; an axis of one voxel may leave its distance at 0, which counts as 1.
  private func distances(path: String) throws(VolumeError) -> SIMD3<Double> {
    var steps = SIMD3<Double>(1, 1, 1)
    for axis in 0..<3 {
      let stored = abs(pixdim[axis + 1])
      if (stored == 0 || !stored.isFinite) && extents[axis] == 1 { continue }
      guard stored.isFinite, stored > 0 else {
        throw .malformed(
          path: path, reason: "the voxel spacing along axis \(axis + 1) is \(pixdim[axis + 1])")
      }
      steps[axis] = stored
    }
    return steps
  }
}

extension Geometry {
  /// The grid of a file by the affine its header gives, in the header's unit; one that is no grid is refused.
  init(
    checked affine: Affine, extents: SIMD3<Int>, millimetresPerUnit: Double, path: String
  ) throws(VolumeError) {
    let affine = try affine.completed(extents, path: path).scaled(by: millimetresPerUnit)
    let spacing = affine.spacing
    guard affine.isFinite, spacing.min() > 1e-6, spacing.max() < 1e6 else {
      throw .malformed(
        path: path, reason: "the header's affine \(affine.rows) gives no usable voxel spacing")
    }
    self.init(extents: extents, affine: affine)
  }

  /// The eight corner voxels of an image.
  static func corners(of extents: SIMD3<Int>) -> [SIMD3<Double>] {
    (0..<8).map { corner in
      SIMD3(
        corner & 1 == 0 ? 0 : Double(extents.x - 1), corner & 2 == 0 ? 0 : Double(extents.y - 1),
        corner & 4 == 0 ? 0 : Double(extents.z - 1))
    }
  }
}

extension Affine {
  /// The map with every length multiplied.
  func scaled(by factor: Double) -> Affine {
    factor == 1
      ? self : Affine(columns: columns.map { $0 * factor }, translation: translation * factor)
  }

  /// The map with the direction of an axis of a single voxel filled in where the file leaves it out.
  ///
  /// Axes that do not span space otherwise are an error.
  func completed(_ extents: SIMD3<Int>, path: String) throws(VolumeError) -> Affine {
    guard isFinite else {
      throw .malformed(path: path, reason: "the affine \(rows) holds numbers that are not finite")
    }
    var columns = self.columns
    if let axis = (0..<3).first(where: { columns[$0].norm == 0 && extents[$0] == 1 }) {
      let normal = columns[(axis + 1) % 3].cross(columns[(axis + 2) % 3])
      if normal.norm > 0 { columns[axis] = normal / normal.norm }
    }
    let whole = Affine(columns: columns, translation: translation)
    guard abs(whole.handedness) > 1e-6 else {
      throw .malformed(
        path: path, reason: "the axes of the affine \(rows) lie in one plane or have no length")
    }
    return whole
  }
}
