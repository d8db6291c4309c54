import Adaptation
import Archives
import Checkpoints
import Failures
import Foundation
import Layers
import SegmentAnything
import Tensors
import TestKit
import Testing

/// `graft convert --rank`: corrections of a smaller rank.
struct RankReductionTests {
  private static let weights = Goldens.path("sam-micro/sam_micro.safetensors")
  private static let samed = Goldens.path("training/samed_lora_final.pth")

  /// The corrections of a file by path, as products with the scale.
  private static func products(
    _ path: String, in folder: URL
  ) throws -> [String: Tensor] {
    let merged = folder.appendingPathComponent("\(UUID().uuidString).pth").path
    _ = try convert(path, merged, to: .official, merges: true)
    let (one, base) = try (Checkpoint(contentsOf: merged), Checkpoint(contentsOf: weights))
    let names = base.names.filter { one.shape(of: $0) == base.shape(of: $0) }
    return try Dictionary(
      uniqueKeysWithValues: names.map { name in
        (name, try one.tensor(name).adding(base.tensor(name).scaled(by: -1)))
      })
  }

  private static func norm(_ tensor: Tensor) -> Double {
    tensor.values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }

  @Test(arguments: [Conversion.Target.graft, .peft, .samed])
  func `an adapter of each kind gets a smaller rank, and the error is told`(
    kind: Conversion.Target
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    _ = try Self.convert(Self.samed, path("in.\(kind)"), to: kind)
    let outcome = try Self.convert(path("in.\(kind)"), path("out.\(kind)"), rank: 2)
    let reduction = try #require(outcome.reduction)
    #expect(reduction.sites.count == 8)
    #expect(reduction.sites.allSatisfy { $0.before == 4 && $0.after == 2 })
    #expect((0..<1).contains(reduction.relativeError) && reduction.relativeError > 0)
    let (before, after) = try (
      Self.products(path("in.\(kind)"), in: folder), Self.products(path("out.\(kind)"), in: folder)
    )
    let name = "image_encoder.blocks.2.attn.qkv.weight"
    let (whole, smaller) = try (#require(before[name]), #require(after[name]))
    for (part, letter) in ["q", "k", "v"].enumerated() {
      let rows = 64 * part..<64 * (part + 1)
      let (one, other) = (whole.sliced(axis: 0, rows), smaller.sliced(axis: 0, rows))
      guard letter != "k" else {
        #expect(Self.norm(other) == 0)
        continue
      }
      let triples = try #require(WideMatrix(one).singular)
      let best = triples.factors(rank: 2)
      let least = Self.norm(best.b.times(best.a).tensor.adding(one.scaled(by: -1)))
      let found = Self.norm(other.adding(one.scaled(by: -1)))
      #expect(abs(found / least - 1) < 1e-3)
      let site = try #require(
        reduction.sites.first { $0.path == "image_encoder.blocks.2.attn.qkv.\(letter)" })
      #expect(abs(site.relativeError - found / Self.norm(one)) < 1e-4)
    }
    #expect(FileSize.bytes(at: path("out.\(kind)")) < FileSize.bytes(at: path("in.\(kind)")))
  }

  @Test func `the reduced adapter of graft says its rank and loads`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    _ = try Self.convert(Self.samed, path("in"), to: .graft)
    _ = try Self.convert(path("in"), path("out"), rank: 1)
    let adapter = try Adapter(contentsOf: path("out"))
    #expect(adapter.plan.rank == 1)
    let model = try adapter.model(on: Checkpoint(contentsOf: Self.weights), name: "out")
    let a = model.model.inventory.parameters["image_encoder.blocks.0.attn.qkv.v.lora_A"]
    #expect(a?.shape == [1, 64])
    let (input, output) = try (
      Checkpoint(contentsOf: path("in")), Checkpoint(contentsOf: path("out"))
    )
    for name in input.names where !name.contains(".lora_") {
      #expect(try input.tensor(name) == output.tensor(name), "\(name)")
    }
  }

  @Test func `the rank it has leaves an adapter's corrections as they are`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    _ = try Self.convert(Self.samed, path("in"), to: .graft)
    let outcome = try Self.convert(path("in"), path("out"), rank: 4)
    #expect(outcome.reduction?.relativeError == 0)
    let files = try ["in", "out"].map { try Data(contentsOf: URL(fileURLWithPath: path($0))) }
    #expect(files[0] == files[1])
  }

  @Test(arguments: [0, -1, 5])
  func `a rank above the present one, or none, is refused`(rank: Int) throws {
    let error = #expect(throws: ConversionError.rank(rank, present: 4, file: Self.samed)) {
      try Self.convert(Self.samed, "x", rank: rank)
    }
    #expect(error?.kind == .usage)
    #expect(!FileManager.default.fileExists(atPath: "x"))
  }

  @Test func `files without corrections are refused`() throws {
    let error = #expect(throws: ConversionError.self) {
      try Self.convert(Self.weights, "x.pth", to: .official, rank: 2)
    }
    #expect(error?.kind == .badInput)
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("full").path
    let model = try AdaptedModelTests.model(
      Plan(method: .decoderFull, classHeads: AdaptedModelTests.heads))
    try Adapter(of: model, preprocessing: "{}", labels: []).write(to: path)
    let second = #expect(throws: ConversionError.self) { try Self.convert(path, "x", rank: 2) }
    #expect(second?.description.contains("no low-rank corrections") == true)
  }

  @Test func `corrections that are not finite are refused by name`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("nan.pth").path
    let file = try Checkpoint(contentsOf: Self.samed)
    try file.replacing([("w_b_003", Tensor([64, 4], repeating: .nan))]).writeTorch(to: path)
    let error = #expect(throws: ConversionError.self) { try Self.convert(path, "x", rank: 2) }
    #expect(error?.description.contains("blocks.1.attn.qkv.v") == true)
  }

  private static func convert(
    _ input: String, _ output: String, to target: Conversion.Target? = nil, merges: Bool = false,
    rank: Int? = nil
  ) throws -> Conversion.Outcome {
    let conversion = Conversion(
      target: target, weights: try Checkpoint(contentsOf: weights), merges: merges, rank: rank,
      preprocessing: "{}", promptedPreprocessing: "{}")
    return try conversion(Conversion.input(input), to: output)
  }
}
