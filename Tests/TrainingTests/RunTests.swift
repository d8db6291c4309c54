import Archives
import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing
import Training

/// Runs as a whole: the same bits however they are interrupted and on any number of threads, and what ends them.
struct RunTests {
  /// A folder with the golden images as a pack.
  struct Bench {
    let folder: URL

    init() throws {
      folder = try temporaryFolder()
      try writeGoldenPack(Goldens.hdf5("training/data.h5"), to: path("pack.h5"))
    }

    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func recipe(_ out: String, _ overrides: [String] = []) throws -> Recipe {
      try Recipe(
        yaml: """
          weights: \(Goldens.path("sam-micro/sam_micro.safetensors"))
          pack: \(path("pack.h5"))
          out: \(path(out))
          image: {size: 128, normalise: none}
          augment: {kind: free, variants: 3}
          budget: {steps: 12}
          batch: 2
          snapshot: {every: 5, keep: 2}
          """, name: "recipe", overrides: overrides)
    }

    /// Runs a recipe; returns the SHA-256 of its adapter.
    @discardableResult
    func run(
      _ out: String, _ overrides: [String] = [], resume: Bool = false, stopAfter: Int? = nil
    ) throws -> String {
      var steps = 0
      let trainer = try Trainer(
        recipe(out, overrides), resume: resume, version: "test",
        isInterrupted: { stopAfter.map { steps >= $0 } ?? false },
        report: { if case .stepped = $0 { steps += 1 } })
      try trainer.run()
      return try Digest.sha256(ofFile: path("\(out)/adapter.safetensors"))
    }

    func lines(_ out: String) throws -> [String] {
      try String(contentsOfFile: path("\(out)/metrics.jsonl"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
    }
  }

  @Test(
    arguments: [
      [], ["method=samed", "augment.kind=samed"], ["prompts=mixed"],
      ["prompts=box", "loss.name=focal-dice-iou", "method=decoder-full"], ["optimizer.name=sgd"],
      ["optimizer.clip=0.1", "schedule.name=constant", "budget.epochs=3"],
      ["method=lora-last", "lora.last=1"], ["method=vpt-shallow"],
      ["method=vpt-deep", "tokens.count=2"], ["method=full"], ["method=linear-probe"],
      ["method=unet", "image.size=64"],
    ]) func `an interrupted and resumed run ends in the bits of an uninterrupted one`(
      overrides: [String]
    ) throws
  {
    let bench = try Bench()
    defer { bench.remove() }
    let whole = try bench.run("whole", overrides)
    #expect(throws: TrainingError.self) { try bench.run("parts", overrides, stopAfter: 3) }
    #expect(throws: TrainingError.self) {
      try bench.run("parts", overrides, resume: true, stopAfter: 4)
    }
    #expect(try bench.run("parts", overrides, resume: true) == whole)
    #expect(try bench.lines("parts").count == (try bench.lines("whole").count))
  }

  @Test func `steps after the last snapshot are taken again, and their lines written anew`() throws
  {
    let bench = try Bench()
    defer { bench.remove() }
    let whole = try bench.run("whole")
    let files = FileManager.default
    try files.copyItem(atPath: bench.path("whole"), toPath: bench.path("killed"))
    // What a kill after step 11 would leave: the snapshot of step 10, more lines, the last one torn.
    for ending in ["json", "safetensors"] {
      try files.removeItem(atPath: bench.path("killed/snapshot/step-12.\(ending)"))
    }
    try files.removeItem(atPath: bench.path("killed/adapter.safetensors"))
    let torn = try bench.lines("whole").prefix(11).joined(separator: "\n") + "\n{\"ce\":1."
    try Data(torn.utf8).write(to: URL(fileURLWithPath: bench.path("killed/metrics.jsonl")))
    #expect(try bench.run("killed", resume: true) == whole)
    let lines = try bench.lines("killed")
    #expect(lines.count == 12)
    #expect(lines.prefix(10) == (try bench.lines("whole").prefix(10)))
  }

  @Test(arguments: ["samed", "unet", "linear-probe"])
  func `one and two threads give the same adapter`(method: String) throws {
    let bench = try Bench()
    defer {
      bench.remove()
      Threads.use(0)
    }
    Threads.use(1)
    let one = try bench.run("one", ["method=\(method)"])
    Threads.use(2)
    #expect(try bench.run("two", ["method=\(method)"]) == one)
  }

  @Test func `a second run with the same pack encodes nothing again`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    func missing(_ out: String) throws -> Int {
      try Trainer(bench.recipe(out), version: "test") { _ in }.summary().missingEmbeddings
    }
    #expect(try missing("one") == 18)
    try bench.run("one")
    #expect(try missing("two") == 0)
  }

  @Test func `a run folder that holds a run is not written over`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.run("run")
    #expect(throws: TrainingError.runExists(bench.path("run"))) { try bench.run("run") }
  }

  @Test func `resuming needs a whole snapshot of the same run`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    #expect(throws: TrainingError.noSnapshot(bench.path("none"))) {
      try bench.run("none", resume: true)
    }
    try bench.run("run")
    #expect(throws: TrainingError.self) {
      try bench.run("run", ["optimizer.rate=0.1"], resume: true)
    }
    let last = bench.path("run/snapshot/step-12.safetensors")
    var bytes = try Data(contentsOf: URL(fileURLWithPath: last))
    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: URL(fileURLWithPath: last))
    let error = #expect(throws: TrainingError.self) { try bench.run("run", resume: true) }
    guard case .damagedSnapshot(last, _) = error else {
      Issue.record("expected a damaged snapshot, not \(String(describing: error))")
      return
    }
    try Data().write(to: URL(fileURLWithPath: bench.path("run/snapshot/step-12.json")))
    #expect(throws: TrainingError.self) { try bench.run("run", resume: true) }
  }

  @Test func `a loss that is not finite ends the run and names the last good snapshot`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    let error = #expect(throws: TrainingError.self) {
      try bench.run("run", ["optimizer.rate=1e30", "schedule.name=constant", "batch=1"])
    }
    guard case .diverged(let step, let snapshot?) = error else {
      Issue.record("expected a diverged run, not \(String(describing: error))")
      return
    }
    #expect(step > 1)
    #expect(FileManager.default.fileExists(atPath: snapshot))
    #expect(!FileManager.default.fileExists(atPath: bench.path("run/adapter.safetensors")))
  }

  @Test func `a batch that names a sample there is not is refused`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    #expect(throws: TrainingError.sampleIndex(6, count: 6)) {
      try bench.run("run", ["batches=[[0, 6]]", "budget.steps=1"])
    }
  }

  @Test func `an image size that is no multiple of the patch is refused`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    #expect(throws: RecipeError.self) { try bench.run("run", ["image.size=100"]) }
  }

  @Test func `a budget in seconds is timed once and kept as steps`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    try bench.run("run", ["budget.seconds=0.2"])
    let text = try String(contentsOfFile: bench.path("run/recipe.yaml"), encoding: .utf8)
    let steps = try #require(try Recipe(yaml: text, name: "kept").budget.steps)
    #expect(try bench.lines("run").count == steps)
    let before = try Digest.sha256(ofFile: bench.path("run/adapter.safetensors"))
    #expect(try bench.run("run", ["budget.seconds=0.2"], resume: true) == before)
  }

  @Test func `nothing but background for 500 steps ends the run, after a warning at once`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    // Upscaled features far above 0, which only the background's hypernetwork sums up.
    let base = try Checkpoint(contentsOf: Goldens.path("training/class_heads.safetensors"))
    let hypernetworks = "mask_decoder.output_hypernetworks_mlps."
    var heads = try base.names.map { ($0, try base.tensor($0)) }
    heads = heads.map { name, value in
      guard name.hasPrefix(hypernetworks), name.contains("layers.2.") else { return (name, value) }
      let sums = name == "\(hypernetworks)0.layers.2.bias"
      return (name, Tensor(value.shape, repeating: sums ? 1 : 0))
    }
    heads.append(("mask_decoder.output_upscaling.3.bias", Tensor([4], repeating: 10)))
    try Checkpoint(heads, source: "heads").writeSafetensors(to: bench.path("heads.safetensors"))
    var warnings = 0
    let trainer = try Trainer(
      bench.recipe(
        "run",
        [
          "classes={heads: frozen, start: fresh}", "augment.kind=none", "budget.steps=600",
          "optimizer={rate: 1e-30, weight_decay: 0}", "snapshot.every=100",
          "initial=['\(bench.path("heads.safetensors"))']",
        ]), version: "test"
    ) { if case .warning = $0 { warnings += 1 } }
    let error = #expect(throws: TrainingError.self) { try trainer.run() }
    guard case .onlyBackground(500, 500, _?) = error else {
      Issue.record("expected an end after 500 steps, not \(String(describing: error))")
      return
    }
    #expect(warnings == 1)
  }

  @Test func `a run none of whose tensors gets a gradient ends in its first step`() throws {
    let bench = try Bench()
    defer { bench.remove() }
    // Through hypernetworks of zeros no gradient goes back.
    let base = try Checkpoint(contentsOf: Goldens.path("training/class_heads.safetensors"))
    let heads = try base.names.map { ($0, try base.tensor($0).scaled(by: 0)) }
    try Checkpoint(heads, source: "heads").writeSafetensors(to: bench.path("heads.safetensors"))
    #expect(throws: TrainingError.noGradient(method: "decoder-lora")) {
      try bench.run(
        "run",
        [
          "classes={heads: frozen, start: fresh}",
          "initial=['\(bench.path("heads.safetensors"))']",
        ])
    }
  }
}
