import Foundation
import Metrics
import Reports
import TestKit
import Tensors
import Volumes

/// Folders as `graft tune` and `graft evaluate` leave them, for pages.
enum RunFolders {
  /// A run with a recipe, a log of three steps whose last line is torn, and an evaluation without files.
  static func run(
    _ name: String, recipe: String = "method: decoder-lora\n", rows: [Evaluation.Row]? = nil,
    log: String? = nil, in root: URL
  ) throws -> URL {
    let folder = root.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("evaluation"), withIntermediateDirectories: true)
    func write(_ text: String, _ file: String) throws {
      try text.write(to: folder.appendingPathComponent(file), atomically: true, encoding: .utf8)
    }
    try write(recipe, "recipe.yaml")
    try write(
      #"{"version": "0.1.0", "blas": {"core": "Haswell", "threads": 1}, "pack_sha256": "abc"}"#,
      "environment.json")
    try write(#"{"seconds": 81.2, "peak_memory_bytes": 734003200}"#, "finished.json")
    try write(
      log ?? """
        {"step": 1, "epoch": 0, "loss": 1.0, "ce": 0.9, "dice": 1.1, "lr": 0.001, "seconds": 0.5}
        {"step": 2, "epoch": 0, "loss": 0.5, "ce": 0.4, "dice": 0.6, "lr": 0.001, "seconds": 0.9}
        {"step": 3, "ep
        """, "metrics.jsonl")
    let evaluation = Evaluation(spacingUnit: "mm", rows: rows ?? twoRows)
    try write(Findings(evaluation).json, "evaluation/metrics.json")
    return folder
  }

  /// A case with one label that is scored and one that is missed; both names need escaping.
  static var twoRows: [Evaluation.Row] {
    [
      row("case <1>", .name("a&b"), dice: 2.0 / 3),
      Evaluation.Row(
        name: "case <1>", label: .name("c"),
        scores: Scores(volumeOfPrediction: 0, volumeOfReference: 5, status: .predictionEmpty)),
    ]
  }

  /// A scored pair of masks.
  static func row(_ name: String, _ label: Evaluation.Label, dice: Double) -> Evaluation.Row {
    var scores = Scores(volumeOfPrediction: 10, volumeOfReference: 20, status: .ok)
    scores[.dice] = dice
    return Evaluation.Row(name: name, label: label, scores: scores)
  }

  /// Masks and images of scans of 20 x 16 x 4 voxels, and their evaluation: boxes in slice 2, the prediction one voxel off.
  ///
  /// `empties` are the cases whose predictions are empty.
  static func evaluation(
    of names: [String], empties: Set<String> = [], in root: URL
  ) async throws -> URL {
    let geometry = Geometry(
      extents: SIMD3(20, 16, 4), affine: Affine(spacing: SIMD3(1, 1, 3)))
    func box(_ shift: Int, _ slice: Int = 2) -> LabelVolume {
      LabelVolume(
        values: (0..<geometry.count).map { index in
          let (x, y, z) = (index % 20, index / 20 % 16, index / 320)
          return 5 + shift..<9 + shift ~= x && 6..<9 ~= y && z == slice ? 1 : 0
        }, geometry: geometry)
    }
    func path(_ name: String) -> String { root.appendingPathComponent(name).path }
    for folder in ["labels", "images", "predictions"] {
      try FileManager.default.createDirectory(
        atPath: path(folder), withIntermediateDirectories: true)
    }
    let image = Tensor([1, 4, 16, 20], (0..<geometry.count).map { Float($0) })
    for (index, name) in names.enumerated() {
      try box(0).write(path("labels/\(name).nii.gz"))
      try (empties.contains(name) ? box(0, 9) : box(1 + index)).write(
        path("predictions/\(name).nii.gz"))
      try Volume(voxels: image, geometry: geometry).write(path("images/\(name).nii.gz"))
    }
    let cases = try CaseFiles.matched(
      predictions: [path("predictions")], reference: path("labels"))
    let found = try await Evaluator.compared(cases, names: nil, map: nil)
    try Findings(found.evaluation).write(to: path("out"), record: found.record)
    return root.appendingPathComponent("out")
  }

  /// The page of a study of two evaluations of the same cases, which are called "out" and "out (2)".
  static func study(in root: URL) async throws -> String {
    var arms: [Study.Arm] = []
    for name in ["a", "b"] {
      let place = root.appendingPathComponent(name)
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
      let folder = try await evaluation(of: (0..<7).map { "case<\($0)>" }, in: place)
      arms.append(
        Study.Arm(
          try Run(folder: folder.path), words: "words of \(name)", seconds: 12,
          report: "\(name)/r.html"))
    }
    let study = try Study(title: "Boxes", question: "Which box?", arms: arms)
    return StudyPage(
      title: "All boxes", lead: "Drawn.", studies: [study], facts: [("Fact", "1")],
      commands: [("Boxes", ["$ graft x <y>"])], version: "graft 0.1.0"
    ).html
  }

  /// The page of some folders.
  static func page(_ folders: URL...) throws -> String {
    Page(try folders.map { try Run(folder: $0.path) }, version: "graft 0.1.0").html
  }
}

/// Runs a test in a fresh folder, which is removed.
func inFolder<Result>(_ body: (URL) async throws -> Result) async throws -> Result {
  let root = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: root) }
  return try await body(root)
}
