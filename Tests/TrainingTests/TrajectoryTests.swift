import Adaptation
import Archives
import Autodiff
import Checkpoints
import Exemplars
import Foundation
import SegmentAnything
import Tensors
import TestKit
import Testing
import Training
import Volumes

/// The golden trajectories of PyTorch, replayed by the trainer.
struct TrajectoryTests {
  /// Which golden is replayed, and what is particular to its recipe.
  enum Golden: String, CaseIterable {
    case encoderLora = "trajectory_encoder_lora"
    case decoderLora = "trajectory_decoder_lora"

    var method: String {
      self == .encoderLora
        ? "method: samed\nclasses: {heads: trained, start: fresh}"
        : "method: decoder-lora\nclasses: {heads: frozen, start: fresh}"
    }
  }

  /// A run folder with the golden data as a pack and the golden start as `initial`.
  struct Bench {
    let folder: URL
    let golden: GoldenFile
    let data: GoldenFile

    init(_ golden: Golden) throws {
      folder = try temporaryFolder()
      self.golden = try Goldens.hdf5("training/\(golden.rawValue).h5")
      data = try Goldens.hdf5("training/data.h5")
      try writeGoldenPack(data, to: path("pack.h5"))
      let start = try self.golden.names(of: "params/after_00").map {
        ($0, try self.golden.floats("params/after_00/\($0)"))
      }
      try Checkpoint(start, source: "golden").writeSafetensors(to: path("lora.safetensors"))
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func recipe(_ golden: Golden, batches: String, total: Int, out: String = "run") throws -> Recipe
    {
      let indices = try data.integers(batches)
      let pairs = stride(from: 0, to: indices.count, by: 2).map {
        "[\(indices[$0]), \(indices[$0 + 1])]"
      }
      return try Recipe(
        yaml: """
          weights: \(Goldens.path("sam-micro/sam_micro.pth"))
          pack: \(path("pack.h5"))
          out: \(path(out))
          \(golden.method)
          image: {size: 128, resize: square, normalise: none}
          slices: {plane: axial, empty: 0}
          lora: {rank: 4, scale: 1, targets: [attention, mlp]}
          augment: {kind: none}
          loss: {name: ce-dice, ce: 0.2, dice: 0.8}
          optimizer: {name: adamw, rate: 0.005, betas: [0.9, 0.999], weight_decay: 0.1, clip: none}
          schedule: {name: samed, warmup: 5, total: \(total)}
          budget: {steps: \(pairs.count)}
          batches: [\(pairs.joined(separator: ", "))]
          initial: ["\(Goldens.path("training/class_heads.safetensors"))", "\(path("lora.safetensors"))"]
          """, name: "golden")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func records(_ run: String = "run") throws -> [StepRecord] {
      try String(contentsOfFile: path("\(run)/metrics.jsonl"), encoding: .utf8).split(
        separator: "\n"
      )
      .map { try JSONDecoder().decode(StepRecord.self, from: Data($0.utf8)) }
    }
  }

  @Test(arguments: Golden.allCases)
  func `twenty steps have PyTorch's losses, rates and parameters`(golden: Golden) throws {
    let bench = try Bench(golden)
    defer { bench.remove() }
    let recipe = try bench.recipe(golden, batches: "batch_indices", total: 20)
    try Trainer(recipe, version: "test") { _ in }.run()
    let records = try bench.records()
    let (loss, rate) = (try bench.golden.doubles("loss"), try bench.golden.doubles("lr_used"))
    #expect(records.count == loss.count)
    for (record, (loss, rate)) in zip(records, zip(loss, rate)) {
      #expect(abs(record.loss - loss) < 1e-4)
      #expect(abs(record.lr - rate) < 1e-12)
    }
    let error = zip(records, loss).map { abs($0.loss - $1) }.max() ?? 0
    print("\(golden.rawValue): largest difference of a loss \(error)")
    try compare(bench, after: "after_20")
  }

  @Test(arguments: Golden.allCases)
  func `after 150 steps the mean Dice is PyTorch's within 0.05`(golden: Golden) throws {
    let bench = try Bench(golden)
    defer { bench.remove() }
    let recipe = try bench.recipe(golden, batches: "batch_indices_long", total: 150)
    try Trainer(recipe, version: "test") { _ in }.run()
    let losses = try bench.golden.doubles("long_run/loss")
    let found = try bench.records()
    #expect(found.count == losses.count)
    let dice = try foregroundDice(bench)
    let expected = try bench.golden.doubles("long_run/final_dice_per_class")
    let mean = dice.reduce(0, +) / Double(dice.count)
    let expectedMean = expected.reduce(0, +) / Double(expected.count)
    print("\(golden.rawValue): mean Dice \(mean), PyTorch's \(expectedMean)")
    #expect(abs(mean - expectedMean) < 0.05)
  }

  /// The Dice of each class over all images at their own size, with the learned adapter.
  private func foregroundDice(_ bench: Bench) throws -> [Double] {
    let base = try Checkpoint(contentsOf: Goldens.path("sam-micro/sam_micro.pth"))
    let adapter = try Adapter(contentsOf: bench.path("run/adapter.safetensors"))
    let model = try adapter.model(on: base, name: "run").model
    let images = try bench.data.floats("image")
    let labels = try bench.data.bytes("label")
    let pixels = 128 * 128
    var overlap = [Double](repeating: 0, count: 5)
    var sizes = overlap
    for image in 0..<images.shape[0] {
      let one = images.sliced(axis: 0, image..<image + 1)
      let embedding = model.imageEncoder(Tensor.concatenated([one, one, one], axis: 0))
      let masks = model.masks(of: embedding).masks.value
      let logits = masks.resized(height: 128, width: 128).values
      for pixel in 0..<pixels {
        let best = (0..<5).max { logits[$0 * pixels + pixel] < logits[$1 * pixels + pixel] } ?? 0
        let label = Int(labels[image * pixels + pixel])
        sizes[best] += 1
        sizes[label] += 1
        if best == label { overlap[label] += 2 }
      }
    }
    return (1...4).map { overlap[$0] / sizes[$0] }
  }

  /// Compares all parameters but the keys' offsets, whose gradient is zero in exact arithmetic.
  func compare(_ bench: Bench, after group: String) throws {
    let adapter = try Checkpoint(contentsOf: bench.path("run/adapter.safetensors"))
    var (largest, count, close) = (Float(0), 0, 0)
    for name in try bench.golden.names(of: "params/\(group)")
    where !name.hasSuffix("k_proj.bias") {
      let expected = try bench.golden.floats("params/\(group)/\(name)")
      let found = try adapter.tensor(SAMedNames.adapter(name))
      #expect(found.shape == expected.shape)
      for (a, b) in zip(found.values, expected.values) {
        largest = max(largest, abs(a - b))
        count += 1
        close += abs(a - b) < 1e-4 ? 1 : 0
      }
    }
    print("largest difference of a parameter \(largest), \(close) of \(count) within 1e-4")
    #expect(largest < 1e-3)
    #expect(Double(close) >= 0.99 * Double(count))
  }
}

/// Packs the golden images as one case, so that each slice, as radiology shows it, is an image as PyTorch saw it.
func writeGoldenPack(_ data: GoldenFile, to path: String) throws {
  let shape = try data.shape("image")
  let geometry = Geometry(
    extents: SIMD3(shape[2], shape[1], shape[0]),
    affine: Affine(spacing: SIMD3(1, 1, 3), translation: SIMD3(0, 0, 0)), unit: .millimetre)
  let slices = Plane.axial.slices(of: geometry)
  let images = try data.floats("image")
  let labels = try data.bytes("label")
  let pixels = shape[1] * shape[2]
  var voxels = Tensor(zeros: [1] + shape)
  var classes = [UInt8](repeating: 0, count: labels.count)
  for slice in 0..<shape[0] {
    slices.put(images.sliced(axis: 0, slice..<slice + 1), slice, into: &voxels)
    slices.put(Array(labels[slice * pixels..<(slice + 1) * pixels]), slice, into: &classes)
  }
  try PackWriter.write(
    to: path, dataset: "golden", channels: ["image"], labels: LabelMap(each: 1...4)
  ) { writer in
    try writer.add(
      PackedCase(id: "case", geometry: geometry, sourceGeometry: geometry, images: [], labels: []),
      image: Volume(voxels: voxels, geometry: geometry), classes: classes)
  }
}
