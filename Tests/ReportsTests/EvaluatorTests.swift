import Foundation
import Metrics
import Reports
import TestKit
import Testing
import Volumes

struct EvaluatorTests {
  /// A volume of 4 x 5 x 6 voxels at 1 x 2 x 3 mm, whose first `count` voxels have the label.
  private func volume(_ labels: [Int32: Int], shift: Double = 0) -> LabelVolume {
    var values: [Int32] = []
    for (label, count) in labels.sorted(by: { $0.key < $1.key }) {
      values += [Int32](repeating: label, count: count)
    }
    values += [Int32](repeating: 0, count: 120 - values.count)
    return LabelVolume(
      values: values,
      geometry: Geometry(
        extents: SIMD3(4, 5, 6),
        affine: Affine(spacing: SIMD3(1, 2, 3), translation: SIMD3(shift, 0, 0))))
  }

  private func withFolders(
    _ body: (_ prediction: URL, _ reference: URL, _ out: URL) async throws -> Void
  ) async throws {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    let folders = ["prediction", "reference", "out"].map { root.appendingPathComponent($0) }
    for folder in folders.prefix(2) {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }
    try await body(folders[0], folders[1], folders[2])
  }

  private func write(_ volume: LabelVolume, _ name: String, in folder: URL) throws {
    try volume.write(folder.appendingPathComponent(name).path)
  }

  /// Writes a mask of 4 x 5 x 6 voxels; its grid stays here, for tasks do not keep vectors of four numbers whole.
  private func write(
    _ label: (Int) -> Int32, _ spacing: [Double], _ name: String, in folder: URL
  ) throws {
    let geometry = Geometry(
      extents: SIMD3(4, 5, 6),
      affine: Affine(
        spacing: SIMD3(-spacing[0], -spacing[1], spacing[2]), translation: SIMD3(9, 9, 0)))
    try write(LabelVolume(values: (0..<120).map(label), geometry: geometry), name, in: folder)
  }

  @Test func `folders match by case and come out as rows of every label of either mask`()
    async throws
  {
    try await withFolders { prediction, reference, out in
      try write(volume([1: 10]), "b.nii.gz", in: prediction)
      try write(volume([1: 10, 4: 7]), "b.nii", in: reference)
      try write(volume([2: 20]), "a.nii", in: prediction)
      try write(volume([2: 10]), "a.nii.gz", in: reference)
      let cases = try CaseFiles.matched(
        predictions: [prediction.path], reference: reference.path)
      #expect(cases.map(\.name) == ["a", "b"])
      let found = try await Evaluator.compared(
        cases, names: nil, map: nil)
      #expect(found.evaluation.rows.map(\.name) == ["a", "b", "b"])
      #expect(found.evaluation.rows.map(\.label) == [.value(2), .value(1), .value(4)])
      #expect(found.evaluation.rows.map(\.scores.dice) == [2.0 / 3, 1, 0])
      #expect(found.evaluation.rows[0].scores.volumeOfReference == 60)
      #expect(found.evaluation.rows[2].scores.status == .predictionEmpty)
      #expect(found.evaluation.spacingUnit == "mm")
      let findings = Findings(found.evaluation)
      try findings.write(to: out.path, record: found.record)
      let stored = try Evaluation(contentsOf: out.appendingPathComponent("metrics.json").path)
      #expect(stored == found.evaluation)
      #expect(Findings(stored) == findings && Findings(stored).json == findings.json)
      let record = try EvaluationRecord(contentsOf: out.appendingPathComponent("cases.json").path)
      #expect(record == found.record)
    }
  }

  @Test func `a map merges labels, has a row for each of its classes and tells what it leaves out`()
    async throws
  {
    try await withFolders { prediction, reference, _ in
      try write(volume([1: 30]), "a.nii", in: prediction)
      try write(volume([1: 10, 2: 10, 3: 10, 9: 5]), "a.nii", in: reference)
      let map = LabelMap([
        .init(name: "whole", values: [1, 2, 3]), .init(name: "core", values: [2]),
        .init(name: "absent", values: [7]),
      ])
      let cases = try CaseFiles.matched(
        predictions: [prediction.path], reference: reference.path)
      let found = try await Evaluator.compared(
        cases, names: nil, map: map)
      let rows = found.evaluation.rows
      #expect(rows.map(\.label) == [.name("whole"), .name("core"), .name("absent")])
      #expect(rows.map(\.scores.dice) == [1, 0, nil])
      #expect(rows[2].scores.status == .bothEmpty)
      #expect(found.warnings.count == 1 && found.warnings[0].contains("no class for 9"))
    }
  }

  @Test(arguments: [
    ([1.0, 2, 3], 6), ([1.0, 3, 2], 5), ([3.0, 1, 1], 4), ([1.0, 1, 1], 6),
  ])
  func `slices lie across the coarsest axis of the file, in its order`(
    spacing: [Double], count: Int
  ) async throws {
    try await withFolders { prediction, reference, _ in
      for name in ["a.nii", "b.nii", "c.nii"] {
        try write({ $0 == 0 ? 1 : 0 }, spacing, name, in: prediction)
        try write({ _ in 1 }, spacing, name, in: reference)
      }
      let cases = try CaseFiles.matched(
        predictions: [prediction.path], reference: reference.path)
      let told = Told()
      let found = try await Evaluator.compared(
        cases, names: nil, map: nil, scoring: Scoring(perSlice: true),
        details: { told.tables[$0, default: ""] += $1 })
      #expect(told.tables.count == 1)
      let lines = told.tables[.slices, default: ""].split(separator: "\n")
      let size = 120 / count
      #expect(lines.count == 3 * count)
      #expect(lines[0] == "a,1,0,\(2.0 / Double(1 + size)),1,\(size)")
      #expect(lines[count + 1] == "b,1,1,0.0,0,\(size)")
      #expect(lines.map { $0.first } == (0..<3 * count).map { "abc".map(\.self)[$0 / count] })
      let mean = 2.0 / Double(1 + size) / Double(count)
      #expect(found.evaluation.rows.allSatisfy { abs(($0.scores[.sliceDice] ?? 0) - mean) < 1e-15 })
    }
  }

  @Test func `two files match whatever their names, and pictures are measured in pixels`()
    async throws
  {
    try await withFolders { prediction, reference, _ in
      func picture(_ count: Int) -> LabelVolume {
        LabelVolume(
          values: (0..<12).map { $0 < count ? 1 : 0 },
          geometry: Geometry(
            extents: SIMD3(4, 3, 1), affine: Affine(spacing: SIMD3(-1, -1, 1)), unit: .pixel))
      }
      try write(picture(12), "mine.png", in: prediction)
      try write(picture(8), "truth.png", in: reference)
      let cases = try CaseFiles.matched(
        predictions: [prediction.appendingPathComponent("mine.png").path],
        reference: reference.appendingPathComponent("truth.png").path)
      let found = try await Evaluator.compared(
        cases, names: nil, map: nil)
      #expect(found.evaluation.spacingUnit == "pixel")
      #expect(found.evaluation.rows.map(\.name) == ["truth"])
      #expect(found.evaluation.rows[0].scores[.hausdorff] == 1)
      #expect(found.evaluation.rows[0].scores.volumeOfPrediction == 12)
    }
  }

  @Test func `cases without a counterpart, doubled cases and empty folders are refused by name`()
    async throws
  {
    try await withFolders { prediction, reference, out in
      #expect(throws: ReportError.self) {
        try CaseFiles.matched(predictions: [prediction.path], reference: reference.path)
      }
      try write(volume([1: 1]), "b.nii", in: reference)
      #expect(throws: ReportError.missing(path: out.path, reason: "no such file or folder")) {
        try CaseFiles.matched(predictions: [out.path], reference: reference.path)
      }
      try write(volume([1: 1]), "a.nii", in: prediction)
      #expect(
        throws: ReportError.unmatched(
          cases: ["a"], path: reference.path, other: prediction.path)
      ) {
        try CaseFiles.matched(predictions: [prediction.path], reference: reference.path)
      }
      try write(volume([1: 1]), "a.nii", in: reference)
      #expect(
        throws: ReportError.unmatched(
          cases: ["b"], path: prediction.path, other: reference.path)
      ) {
        try CaseFiles.matched(predictions: [prediction.path], reference: reference.path)
      }
      try write(volume([1: 1]), "a.nii.gz", in: reference)
      #expect(throws: ReportError.self) {
        try CaseFiles.matched(predictions: [prediction.path], reference: reference.path)
      }
    }
  }

  @Test func `a prediction that runs through the same voxels in another order is turned`()
    async throws
  {
    try await withFolders { prediction, reference, _ in
      let straight = volume([1: 37])
      let change = Orientation(axes: [1, 2, 0], reversed: [true, true, false]).toCanonical
      let geometry = straight.geometry.rearranged(change)
      let turned = LabelVolume(
        values: (0..<120).map { index in
          let (x, y, z) = (
            index % geometry.extents.x, index / geometry.extents.x % geometry.extents.y,
            index / geometry.extents.x / geometry.extents.y
          )
          // The result's axes are z, x reversed and y reversed of the source, of 4 x 5 x 6 voxels.
          return straight.values[(x * 5 + (4 - z)) * 4 + (3 - y)]
        }, geometry: geometry)
      try write(turned, "a.nii", in: prediction)
      try write(straight, "a.nii", in: reference)
      let cases = try CaseFiles.matched(
        predictions: [prediction.path], reference: reference.path)
      let found = try await Evaluator.compared(cases, names: nil, map: nil)
      #expect(found.evaluation.rows.map(\.scores.dice) == [1])
    }
  }

  @Test func `grids that differ are refused with both files`() async throws {
    try await withFolders { prediction, reference, _ in
      try write(volume([1: 1], shift: 0.01), "a.nii", in: prediction)
      try write(volume([1: 1]), "a.nii", in: reference)
      let cases = try CaseFiles.matched(
        predictions: [prediction.path], reference: reference.path)
      await #expect {
        try await Evaluator.compared(cases, names: nil, map: nil)
      } throws: { error in
        "\(error)".contains("prediction/a.nii") && "\(error)".contains("reference/a.nii")
          && "\(error)".contains("0.01")
      }
    }
  }

  @Test(arguments: [
    ("x/case.nii.gz", "case"), ("case.1.nii", "case.1"), ("a.png", "a"), ("A.NII.GZ", "A"),
    (".nii", ".nii"), ("name", "name"),
  ])
  func `a case is its file's name without the ending`(path: String, name: String) {
    #expect(CaseFiles.caseName(path) == name)
  }
}

/// The lines of the tables that an evaluation told.
private final class Told {
  var tables: [DetailTable: String] = [:]
}
