import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing
import Volumes

/// A folder with what a careless user has: two labelled scans, their pack, and an adapter of one step.
struct TrialData {
  static let weights = Goldens.path("sam-micro/sam_micro.pth")
  let folder: URL

  /// Writes the scans `scans/images/a.nii.gz` and `b`, labelled 1 and 2; with `adapter` also packs and tunes.
  init(adapter: Bool = true) throws {
    folder = try temporaryFolder()
    try writeScan("a", factor: 37)
    try writeScan("b", factor: 41)
    guard adapter else { return }
    for arguments in [pack(to: "p.h5"), tune(to: "run")] {
      let run = try ToolRun.graft(arguments, in: folder)
      #expect(run.status == 0, "\(run.error)")
    }
  }

  /// Writes a labelled scan of small numbers that a factor decides.
  func writeScan(_ name: String, factor: Int) throws {
    let geometry = Geometry(extents: SIMD3(12, 10, 3), affine: Affine(spacing: SIMD3(1, 1, 2)))
    let values = (0..<360).map { Float(($0 * factor) % 101) }
    try Volume(voxels: Tensor([1, 3, 10, 12], values), geometry: geometry)
      .write(path("scans/images/\(name).nii.gz"))
    try LabelVolume(values: (0..<360).map { Int32($0 % 12 / 4) }, geometry: geometry)
      .write(path("scans/labels/\(name).nii.gz"))
  }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  func pack(to out: String) -> [String] { ["pack", "--dataset", "nifti", "scans", "--out", out] }

  func tune(to out: String, weights: String = weights, steps: Int = 1) -> [String] {
    [
      "tune", "--weights", weights, "--pack", "p.h5", "--out", out, "--set", "image.size=64",
      "--set", "budget.steps=\(steps)", "--set", "augment.variants=1", "--set", "batch=1",
    ]
  }

  func predict(
    _ input: String = "scans/images", to out: String, adapter: String = "run/adapter.safetensors",
    weights: String = weights
  ) -> [String] {
    ["predict", "--weights", weights, "--adapter", adapter, input, "--out", out]
  }

  /// Keeps the first half of a file's bytes.
  func halve(_ name: String) throws {
    let file = folder.appendingPathComponent(name)
    let data = try Data(contentsOf: file)
    try data.prefix(data.count / 2).write(to: file)
  }

  /// Runs the tool and expects that it refuses: the exit code, one error that holds all words, and no new files.
  func expectRefusal(
    _ arguments: [String], status: Int32, _ words: String...,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    let before = try files()
    let run = try ToolRun.graft(arguments, in: folder)
    #expect(run.status == status, "\(arguments): \(run.error)", sourceLocation: location)
    let isTold = words.allSatisfy(run.error.contains)
    #expect(isTold, "\(words) of: \(run.error)", sourceLocation: location)
    #expect(try files() == before, sourceLocation: location)
  }

  /// All files with their bytes, but the embeddings, which every program may add to.
  func files() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder.path)
    where !name.contains(".embeddings") {
      files[name] = FileManager.default.contents(atPath: path(name)) ?? Data()
    }
    return files
  }
}
