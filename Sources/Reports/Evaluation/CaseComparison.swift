import Archives
public import Metrics
public import Volumes

/// What comes of one case: its rows, where its files are, and what the user should know.
public struct CaseComparison: Sendable {
  /// One row for every prediction and label.
  public let rows: [Evaluation.Row]
  /// The unit of the distances.
  public let spacingUnit: String
  /// The paths and hashes of the masks and the image.
  public let record: EvaluationRecord.Case
  /// Values of the masks that belong to no class of the map.
  public let unmapped: [Int32]
  /// The case's lines of the tables that are asked for.
  public internal(set) var details: [DetailTable: String] = [:]

  /// Compares the masks of a case: each label of the map, else of either mask, 0 excepted.
  ///
  /// A map's class merges its values. The grids must agree (`Geometry.difference`), but a prediction whose axes run in
  /// another order or direction through the same voxels is turned; distances use the reference's spacing. `names` are the predictions' names, or nil where there is only one.
  public init(
    _ files: CaseFiles, names: [String]?, map: LabelMap?, scoring: Scoring
  ) throws {
    let reference = try LabelMasks(files.reference, name: files.name)
    guard scoring.lesions == nil || reference.geometry.unit == .millimetre else {
      throw ReportError.incomparable(
        case: files.name, reason: "the rules for lesions are in mm, and a picture has no scale")
    }
    var rows: [Evaluation.Row] = []
    var values = Set(reference.masks.keys)
    for (index, path) in files.predictions.enumerated() {
      let prediction = try LabelMasks(path, name: files.name, grid: reference)
      values.formUnion(prediction.masks.keys)
      let classes =
        map?.classes.map { (Evaluation.Label.name($0.name), $0.values) }
        ?? Set(reference.masks.keys).union(prediction.masks.keys).sorted()
        .map { (Evaluation.Label.value($0), [$0]) }
      for (label, values) in classes {
        let pair = MaskPair(
          prediction: prediction.mask(of: values), reference: reference.mask(of: values),
          axis: reference.geometry.acquiredAxis, scoring: scoring)
        let row = Evaluation.Row(
          prediction: names?[index], name: files.name, label: label, scores: pair.scores)
        rows.append(row)
        for (table, lines) in pair.details(row) { details[table, default: ""] += lines }
      }
    }
    self.rows = rows
    spacingUnit =
      scoring.convention == .transunet ? "voxel" : reference.geometry.unit.rawValue
    record = try EvaluationRecord.Case(files, names: names)
    unmapped = map.map { values.subtracting($0.classes.flatMap(\.values)).sorted() } ?? []
  }
}

/// What is computed of two masks.
private struct MaskPair {
  let scores: Scores
  private let slices: SliceOverlaps?
  private let lesions: LesionScores?
  private let scoring: Scoring

  init(prediction: Mask, reference: Mask, axis: Int, scoring: Scoring) {
    self.scoring = scoring
    slices =
      scoring.perSlice
      ? SliceOverlaps(prediction: prediction, reference: reference, axis: axis) : nil
    lesions = scoring.lesions.map {
      LesionScores(prediction: prediction, reference: reference, rules: $0.rules)
    }
    scores = Scores(
      prediction: prediction, reference: reference, scoring: scoring, slices: slices,
      lesions: lesions)
  }

  /// The lines of the tables, for the row of the scores.
  func details(_ row: Evaluation.Row) -> [(DetailTable, String)] {
    let penalty = scoring.lesions?.rules.penalty ?? 0
    return [
      slices.map { (.slices, DetailTable.lines(of: $0, row)) },
      lesions.map { (.lesions, DetailTable.lines(of: $0, row, penalty: penalty)) },
    ].compactMap(\.self)
  }
}

/// The masks of all labels of a file.
private struct LabelMasks {
  let geometry: Geometry
  let path: String
  let masks: [Int32: Mask]
  private let extents: [Int]
  private let spacing: [Double]

  /// Reads a file; its grid must be that of `grid`, whose spacing it takes over.
  init(_ path: String, name: String, grid: LabelMasks? = nil) throws {
    let volume = try LabelVolume.read(path, on: grid?.geometry)
    if let grid, let difference = volume.geometry.difference(from: grid.geometry) {
      throw VolumeError.grids(one: path, other: grid.path, difference: difference)
    }
    let isPlanar =
      volume.geometry.extents.z == 1
      && (volume.geometry.unit == .pixel || volume.source.header?.dimensions.count == 2)
    let step = volume.geometry.spacing
    self.path = path
    geometry = volume.geometry
    extents = grid?.extents ?? (isPlanar ? Array(geometry.shape.dropFirst()) : geometry.shape)
    spacing = grid?.spacing ?? (isPlanar ? [step.y, step.x] : [step.z, step.y, step.x])
    guard let masks = Mask.byLabel(volume.values, extents: extents, spacing: spacing) else {
      throw ReportError.incomparable(
        case: name, reason: "\(path) has more than 256 labels; it holds an image, not a mask")
    }
    self.masks = masks
  }

  /// The voxels that have any of the values.
  func mask(of values: [Int32]) -> Mask {
    let found = values.compactMap { masks[$0] }
    guard let first = found.first else { return Mask(empty: extents, spacing: spacing) }
    return found.dropFirst().reduce(first) { $0.union($1) }
  }
}
