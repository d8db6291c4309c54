import Adaptation
import Archives
import ArgumentParser
import Autodiff
import Checkpoints
import Foundation
import SegmentAnything
import Tensors
import Training
import Workload

/// `jobs prepare`: everything the jobs and the programs they are compared with read.
///
/// - `vitb.safetensors`: ViT-B with random weights.
/// - `decoder-lora-S.h5`, `samed-512.h5`: packs of four slices; with the former goes a store of their embeddings.
/// - `inputs-S.safetensors`: `image` [4, 3, S, S], and of both methods the targets [4, S / 4, S / 4].
/// - `embeddings-S.safetensors`: `embedding` [4, g, g, C].
/// - `learning-M.safetensors`: what a method M trains, as it is before the first step.
/// - `prediction.npy`, `reference.npy`: a pair of masks.
/// - `scans-N.h5`: packs of N slices in scans of 50 or less; `photo.png`: a small picture.
struct PrepareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Makes the weights, packs and masks that the jobs read.")

  @OptionGroup var options: JobOptions

  /// The classes of each method: with the background SAM's four mask tokens, and SAMed's nine.
  private static let classes = ["decoder-lora": 3, "samed": 8]
  private static let sizes = [512, 1024]

  func run() throws {
    try options.apply()
    try AtomicFile.makeFolder(options.data)
    let weights = try randomViTB()
    try weights.writeSafetensors(to: options.path("vitb.safetensors"))
    for (method, classes) in Self.classes {
      try writeLearning(method, classes: classes, base: weights)
    }
    let model = try Sam(weights)
    for size in Self.sizes { try writeInputs(size, model) }
    try writeMasks()
    try writeScans()
    try writePhoto(to: options.path("photo.png"))
  }

  /// Writes what a method trains; no correction starts at zero, so that every gradient counts.
  private func writeLearning(_ method: String, classes: Int, base: Checkpoint) throws {
    guard let method = Plan.Method(rawValue: method) else { return }
    let adapted = try AdaptedModel(
      base: base.replacing([]),
      plan: Plan(method: method, classHeads: ClassHeads(classes: classes, start: .fresh)),
      using: Random(seed: 5))
    let values = adapted.changes.enumerated().map { index, change in
      change.0.hasSuffix(".lora_B")
        ? (change.0, normalTensor(change.1.shape, deviation: 0.02, seed: UInt64(index))) : change
    }
    try Checkpoint(values, source: "what learns")
      .writeSafetensors(to: options.path("learning-\(method.rawValue).safetensors"))
  }

  /// Writes the packs of a size, what is in them, and the embeddings.
  private func writeInputs(_ size: Int, _ model: Sam) throws {
    var tensors: [(String, Tensor)] = []
    for (method, classes) in Self.classes {
      let pack = StepPack(size: size, classes: classes)
      try pack.write(to: options.path("\(method)-\(size).h5"))
      tensors.append((method, pack.targets))
    }
    let inputs = StepPack(size: size, classes: 1).inputs
    try Checkpoint(tensors + [("image", inputs)], source: "inputs")
      .writeSafetensors(to: options.path("inputs-\(size).safetensors"))
    let embeddings = (0..<StepPack.slices).map { slice in
      model.imageEncoder(
        inputs.sliced(axis: 0, slice..<slice + 1).reshaped([3, size, size])
      ).value
    }
    try Checkpoint(
      [("embedding", Tensor.concatenated(embeddings, axis: 0))], source: "embeddings"
    ).writeSafetensors(to: options.path("embeddings-\(size).safetensors"))
    try fillStore(size)
  }

  /// Fills the store of embeddings, so that a run finds them.
  private func fillStore(_ size: Int) throws {
    let recipe = try Recipe(
      yaml: "out: '\(options.path("store-run"))'", name: "the benchmark's recipe",
      overrides: StepCommand.settings(method: "decoder-lora", size: size, options))
    try Trainer(recipe, version: "benchmark") { _ in }.encode()
  }

  private func writeMasks() throws {
    let pair = MaskPair()
    for (name, values) in [("prediction", pair.prediction), ("reference", pair.reference)] {
      let array = StoredArray(shape: MaskPair.extents, bytes: values)
      try AtomicFile.write(NPY.file(array), to: options.path("\(name).npy"))
    }
  }
  private func writeScans() throws {
    for (scans, slices) in [(1, 10), (40, 50)] {
      let folder = options.path("scans-\(scans * slices)")
      try Scans(scans, slices: slices, in: folder).pack(to: "\(folder).h5")
    }
  }
}
