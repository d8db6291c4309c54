import Archives
import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing

/// `graft pack` and `graft tune` on the golden data: both trajectories of PyTorch, interruption, refusals.
struct TuneTests {
  /// A folder with the golden images packed by the tool from TransUNet's slices.
  struct Bench {
    let folder: URL

    init() throws {
      folder = try temporaryFolder()
      let data = try Goldens.hdf5("training/data.h5")
      let images = try data.floats("image").values
      let labels = try data.bytes("label")
      let files = FileManager.default
      for name in ["slices/train_npz", "slices/lists"] {
        try files.createDirectory(
          at: folder.appendingPathComponent(name), withIntermediateDirectories: true)
      }
      let pixels = 128 * 128
      var list = ""
      for slice in 0..<6 {
        let part = slice * pixels..<(slice + 1) * pixels
        let file = try NPZ.file([
          (name: "image", array: StoredArray(shape: [128, 128], floats: Array(images[part]))),
          (name: "label", array: StoredArray(shape: [128, 128], bytes: Array(labels[part]))),
        ])
        try AtomicFile.write(file, to: path("slices/train_npz/case0001_slice00\(slice).npz"))
        list += "case0001_slice00\(slice)\n"
      }
      try AtomicFile.write(Data(list.utf8), to: path("slices/lists/train.txt"))
      try AtomicFile.write(
        Data("first: 1\nsecond: 2\nthird: 3\nfourth: 4\n".utf8), to: path("labels.yaml"))
      let pack = try ToolRun.graft(
        "pack", "--dataset", "transunet", path("slices"), "--labels", path("labels.yaml"),
        "--out", path("pack.h5"))
      #expect(pack.status == 0, "\(pack.error)")
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func arguments(_ out: String, _ settings: [String]) -> [String] {
      let given = [
        "tune", "--weights", Goldens.path("sam-micro/sam_micro.pth"), "--pack", path("pack.h5"),
        "--out", path(out),
      ]
      return given + (["image={size: 128, normalise: none}"] + settings).flatMap { ["--set", $0] }
    }

    func losses(_ out: String) throws -> [Double] {
      try String(contentsOfFile: path("\(out)/metrics.jsonl"), encoding: .utf8)
        .split(separator: "\n").compactMap {
          let object = try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
          return object?["loss"] as? Double
        }
    }
  }

  @Test(
    arguments: zip(
      ["trajectory_encoder_lora", "trajectory_decoder_lora"],
      [
        ["method=samed", "classes={heads: trained, start: fresh}"],
        ["method=decoder-lora", "classes={heads: frozen, start: fresh}"],
      ])) func `the tool replays PyTorch's trajectories`(name: String, settings: [String]) throws
  {
    let bench = try Bench()
    defer { bench.remove() }
    let golden = try Goldens.hdf5("training/\(name).h5")
    let start = try golden.names(of: "params/after_00").map {
      ($0, try golden.floats("params/after_00/\($0)"))
    }
    try Checkpoint(start, source: "golden").writeSafetensors(to: bench.path("lora.safetensors"))
    let indices = try Goldens.hdf5("training/data.h5").integers("batch_indices")
    let batches = stride(from: 0, to: indices.count, by: 2).map {
      "[\(indices[$0]), \(indices[$0 + 1])]"
    }
    let heads = Goldens.path("training/class_heads.safetensors")
    let run = try ToolRun.graft(
      bench.arguments(
        "run",
        settings + [
          "augment.kind=none", "schedule={name: samed, warmup: 5, total: 20}", "budget.steps=20",
          "optimizer={name: adamw, rate: 0.005, weight_decay: 0.1, clip: none}",
          "batches=[\(batches.joined(separator: ", "))]",
          "initial=['\(heads)', '\(bench.path("lora.safetensors"))']",
        ]))
    #expect(run.status == 0, "\(run.error)")
    let expected = try golden.doubles("loss")
    let found = try bench.losses("run")
    #expect(found.count == expected.count)
    #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    try compare(bench.path("run/adapter.safetensors"), golden)
  }

  /// Compares all parameters after 20 steps but the keys' offsets, whose gradient is zero in exact arithmetic.
  private func compare(_ adapter: String, _ golden: GoldenFile) throws {
    let adapter = try Checkpoint(contentsOf: adapter)
    var differences: [Float] = []
    for name in try golden.names(of: "params/after_20") where !name.hasSuffix("k_proj.bias") {
      let expected = try golden.floats("params/after_20/\(name)")
      let found = try adapter.tensor(SAMedNames.adapter(name))
      differences += zip(found.values, expected.values).map { abs($0 - $1) }
    }
    #expect(differences.allSatisfy { $0 < 1e-3 })
    #expect(differences.count { $0 < 1e-4 } >= differences.count * 99 / 100)
  }

  @Test(arguments: ["samed", "decoder-lora"])
  func `in bfloat16 the losses stay near those in single precision`(method: String) throws {
    let bench = try Bench()
    defer { bench.remove() }
    let settings = [
      "method=\(method)", "augment.kind=none", "budget.steps=12", "batch=2",
      "schedule.name=constant",
    ]
    let losses = try ["f32", "bf16"].map { precision in
      let run = try ToolRun.graft(
        bench.arguments(precision, settings) + ["--precision", precision])
      #expect(run.status == 0, "\(run.error)")
      return try bench.losses(precision)
    }
    #expect(zip(losses[0], losses[1]).allSatisfy { abs($0 - $1) < 2e-2 })
    let environment = try String(
      contentsOfFile: bench.path("bf16/environment.json"), encoding: .utf8)
    #expect(environment.contains("\"precision\" : \"\(Precision.bf16.available)\""))
    if Precision.bf16.available == .bf16 { #expect(losses[0] != losses[1]) }
  }

  @Test func `a signal ends the run with a snapshot, and resuming ends in the same bits`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let settings = ["budget.steps=400", "batch=2", "augment.variants=2"]
    let whole = try ToolRun.graft(bench.arguments("whole", settings))
    #expect(whole.status == 0, "\(whole.error)")
    let signalled = try ToolRun.graft(
      bench.arguments("parts", settings), interruptedWhen: bench.path("parts/metrics.jsonl"))
    #expect(signalled.status == 6, "\(signalled.error)")
    #expect(signalled.error.contains("--resume"))
    let resumed = try ToolRun.graft(bench.arguments("parts", settings) + ["--resume"])
    #expect(resumed.status == 0, "\(resumed.error)")
    let digests = try ["whole", "parts"].map {
      try Digest.sha256(ofFile: bench.path("\($0)/adapter.safetensors"))
    }
    #expect(digests[0] == digests[1])
  }

  @Test func `dry runs write nothing and say what would learn`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let run = try ToolRun.graft(bench.arguments("run", []) + ["--dry-run"])
    #expect(run.status == 0, "\(run.error)")
    #expect(run.output.contains("6 slices"))
    #expect(!FileManager.default.fileExists(atPath: bench.path("run")))
    #expect(!FileManager.default.fileExists(atPath: bench.path("pack.embeddings")))
  }

  @Test func `embed fills the store that tune uses`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let embed = try ToolRun.graft(
      "embed", "--weights", Goldens.path("sam-micro/sam_micro.pth"), "--pack",
      bench.path("pack.h5"), "--image-size", "128", "--set", "image.normalise=none")
    #expect(embed.status == 0, "\(embed.error)")
    let run = try ToolRun.graft(bench.arguments("run", ["budget.steps=1"]))
    #expect(run.status == 0, "\(run.error)")
    #expect(!run.error.contains("encoded once"))
  }

  @Test func `refusals have their exit codes and name the thing`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    func refused(_ settings: [String], _ more: [String] = []) throws -> (Int32, String) {
      let run = try ToolRun.graft(bench.arguments("refused", settings) + more)
      return (run.status, run.error)
    }
    let unknown = try refused(["optimiser.rate=1"])
    #expect(unknown.0 == 2)
    #expect(unknown.1.contains("\"optimiser\"; did you mean \"optimizer\"?"))
    let missing = try refused([], ["--resume"])
    #expect(missing.0 == 3)
    #expect(missing.1.contains("no snapshot"))
    let heads = try refused(["classes={heads: frozen, start: fresh}"])
    #expect(heads.0 == 2)
    let foreign = try refused(["initial=['\(Goldens.path("sam-micro/tensor_zoo.pth"))']"])
    #expect(foreign.0 == 3)
    let diverged = try refused(["optimizer.rate=1e30", "schedule.name=constant", "budget.steps=20"])
    #expect(diverged.0 == 5)
    #expect(diverged.1.contains("snapshot/step-0.safetensors"))
    #expect(try ToolRun.graft("tune").status == 2)
  }
}
