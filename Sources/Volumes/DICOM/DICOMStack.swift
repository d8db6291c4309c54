import Foundation

/// Frames of one series that lie parallel and are equally large and fine: what becomes a volume.
public struct DICOMStack: Sendable {
  /// The frames in the order of their positions along the normal; such without a position in the order of the files.
  let slices: [DICOMSlice]
  /// How many frames were left out because they are here already.
  let copies: Int
  /// The folder or file that it was found in, for sentences.
  let path: String

  /// The number of frames.
  public var count: Int { slices.count }

  /// The files the frames come from, in the order of the frames.
  public var files: [String] {
    var files: [String] = []
    for slice in slices where files.last != slice.file.path { files.append(slice.file.path) }
    return files
  }

  /// What made the frames, such as CT or MR; nil where the files do not say.
  public var modality: String? { slices[0].file.dataSet.text(.modality).map(quoted) }

  /// How the files are encoded.
  public var transferSyntax: String { slices[0].file.syntax.name }

  /// Whether the frames were made to plan others on.
  public var isLocalizer: Bool { slices[0].file.isLocalizer }

  /// Whether another stack is meant where there is one: a localizer, or a picture that does not say where it lies.
  var isAside: Bool { isLocalizer || slices[0].plane == nil }

  /// What the stack is, in a few words: what made it, how many slices of which size.
  public var summary: String {
    let image = slices[0].image
    let size = "\(count) slice\(count == 1 ? "" : "s") of \(image.columns) x \(image.rows)"
    let kind = slices[0].file.dataSet.texts(.imageType).dropFirst(2).prefix(2)
    let words = [modality, kind.isEmpty ? nil : quoted(kind.joined(separator: " ")), size]
    return words.compactMap(\.self).joined(separator: ", ")
  }

  /// The order of several stacks: by the series' number, then its name, then the place of the first slice, then what
  /// tells stacks of one place apart.
  var order: (Int, String, Double, String, String) {
    let data = slices[0].file.dataSet
    let number = (data.text(.seriesNumber)).flatMap { Int($0) } ?? .max
    let phase = slices[0].phase.joined(separator: "\0")
    return (number, data.text(.seriesUID) ?? "", places[0], phase, slices[0].file.path)
  }

  /// The places of the frames along the normal of the first, in millimetres.
  var places: [Double] {
    let normal = slices[0].plane?.normal ?? .zero
    return slices.map { $0.plane?.position.dot(normal) ?? 0 }
  }
}

// MARK: Geometry

extension DICOMStack {
  /// How far slices may lie from even distances without a word, in parts of a distance.
  private static let evenness = 0.01
  /// How far they may lie from them at all.
  private static let unevenness = 0.1

  /// The grid of the frames and what is odd about it.
  ///
  /// Columns of the affine are the row direction times the distance of columns, the column direction times that of
  /// rows, and the step from slice to slice, which is taken from the first and last position and never from a
  /// thickness. A step that is not along the normal (a tilted gantry) stays as it is: the affine then is sheared, and
  /// every voxel lies where it was measured. Slices that are missing or unevenly spaced are an error, as no affine
  /// describes them.
  func geometry() throws(VolumeError) -> (Geometry, warnings: [String]) {
    let image = slices[0].image
    let extents = SIMD3(image.columns, image.rows, count)
    guard let plane = slices[0].plane else {
      let flat = Geometry(extents: extents, affine: Affine(spacing: SIMD3(-1, -1, 1)), unit: .pixel)
      return (flat, ["The file does not say where the picture lies; one pixel counts as one."])
    }
    var warnings: [String] = []
    let step = try step(plane, &warnings)
    let toRAS = SIMD3<Double>(-1, -1, 1)
    let affine = Affine(
      columns: [plane.row * plane.spacing.x, plane.column * plane.spacing.y, step].map {
        $0 * toRAS
      },
      translation: plane.position * toRAS)
    let geometry = try Geometry(
      checked: affine, extents: extents, millimetresPerUnit: 1, path: path)
    return (geometry, warnings)
  }

  /// The step from slice to slice.
  private func step(
    _ plane: DICOMPlane, _ warnings: inout [String]
  ) throws(VolumeError) -> SIMD3<Double> {
    guard count > 1, let last = slices[count - 1].plane else {
      if slices[0].depth == nil {
        warnings.append("The file does not say how thick its slice is; 1 mm was assumed.")
      }
      return plane.normal * (slices[0].depth ?? 1)
    }
    let step = (last.position - plane.position) / Double(count - 1)
    let distance = step.dot(plane.normal)
    try checkSpacing(plane, distance, &warnings)
    try checkLine(plane, step)
    let tilt = (step.dot(step) - distance * distance).squareRoot() / distance
    if tilt > 0.01 {
      warnings.append(
        "The slices are shifted against each other (a tilted gantry, "
          + "\(String(format: "%.1f", atan(tilt) * 180 / .pi)) degrees): the affine is sheared, so that "
          + "every voxel keeps its place.")
    }
    return step
  }

  /// Refuses slices that are missing, doubled or unevenly spaced.
  private func checkSpacing(
    _ plane: DICOMPlane, _ mean: Double, _ warnings: inout [String]
  ) throws(VolumeError) {
    let places = places
    let steps = zip(places.dropFirst(), places).map { $0 - $1 }
    guard steps.allSatisfy({ $0 > 1e-3 }) else { throw doubled(steps) }
    let worst = places.enumerated().map { abs($1 - places[0] - Double($0) * mean) }.max() ?? 0
    if worst > Self.unevenness * mean { throw uneven(places, steps) }
    if worst > max(Self.evenness * mean, 0.01) {
      warnings.append(
        "The slices lie up to \(short(worst)) mm from even distances of \(short(mean)) mm.")
    }
  }

  private func doubled(_ steps: [Double]) -> VolumeError {
    let pairs = steps.count { $0 <= 1e-3 }
    return .unsupported(
      path: path,
      reason:
        "\(pairs) of the \(count) slices lie where another one lies, and nothing in the files "
        + "tells them apart (times or echoes of one series?). Keep one image for each position, for "
        + "example after dcm2niix, which makes a file of each")
  }

  /// What is wrong with distances that are not even: missing slices where all are multiples of the smallest.
  private func uneven(_ places: [Double], _ steps: [Double]) -> VolumeError {
    let smallest = steps.min() ?? 0
    let multiples = steps.map { ($0 / smallest).rounded() }
    func between(_ at: Int) -> String {
      "\(short((places[at] * 100).rounded() / 100)) and "
        + "\(short((places[at + 1] * 100).rounded() / 100)) mm (after \(name(at)))"
    }
    guard steps.indices.allSatisfy({ abs(steps[$0] / smallest - multiples[$0]) < 0.1 }) else {
      let usual = steps.sorted()[steps.count / 2]
      let at = steps.indices.max { abs(steps[$0] - usual) < abs(steps[$1] - usual) } ?? 0
      return .unsupported(
        path: path,
        reason: "the slices are unevenly spaced: \(short(steps[at])) mm between \(between(at)), "
          + "\(short(usual)) mm elsewhere. No affine describes such a volume; resample it first, or "
          + "name a part of it")
    }
    let wide = steps.indices.filter { multiples[$0] > 1 }
    let missing = wide.reduce(0) { $0 + Int(multiples[$1]) - 1 }
    return .malformed(
      path: path,
      reason: "\(missing) slice\(missing == 1 ? " is" : "s are") missing between "
        + wide.prefix(3).map(between).joined(separator: ", between ")
        + (wide.count > 3 ? " and in \(wide.count - 3) more places" : "")
        + "; the others are \(short(smallest)) mm apart. Export the series again, whole")
  }

  private func name(_ at: Int) -> String { fileName(slices[at].file.path) }

  /// Refuses slices that do not lie on one line.
  private func checkLine(_ plane: DICOMPlane, _ step: SIMD3<Double>) throws(VolumeError) {
    let allowed = 0.1 * max(plane.spacing.min(), step.norm * 0.1)
    for (at, slice) in slices.enumerated() {
      guard let position = slice.plane?.position else { continue }
      let even = plane.position + step * Double(at)
      let off = position - even
      let across = off - plane.normal * off.dot(plane.normal)
      guard across.norm <= max(allowed, 0.01) else {
        throw .unsupported(
          path: path,
          reason:
            "the slice \(name(at)) is shifted sideways by \(short(across.norm)) mm against the "
            + "others; no affine describes such a volume")
      }
    }
  }
}
