import Archives
import Checkpoints
import Foundation
import Tensors
import TestKit
import Testing

struct PredictTests {
  private let weights = Goldens.path("sam-micro/sam_micro.pth")

  @Test func `a picture and prompts give masks and logits`() throws {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try picture(golden, in: folder)
    let places = try golden.doubles("prompts/box_points2/points_raw_xy")
    let labels = try golden.integers("prompts/box_points2/labels")
    let box = try golden.doubles("prompts/box_points2/boxes_raw_xyxy").map { "\($0)" }
    let run = try ToolRun.graft([
      "predict", "--weights", weights, image, "--out", folder.path + "/mask.png",
      "--point", "\(places[0]),\(places[1]),\(labels[0])",
      "--point", "\(places[2]),\(places[3]),\(labels[1])",
      "--box", box.joined(separator: ","), "--multimask", "--logits", folder.path + "/out.h5",
    ])
    #expect(run.status == 0, "\(run.error)")
    let file = try HDF5File(reading: folder.path + "/out.h5")
    let low: [Float] = try file.read("low_res_logits")
    let expected = try golden.floats("prompts/box_points2/multi/low_res").values
    #expect(low.count == expected.count)
    #expect(zip(low, expected).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(try file.layout(of: "logits").shape == [3, 150, 213])
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix("\(folder.path)/mask-0.png: "))
    for index in 0..<3 {
      let path = "\(folder.path)/mask-\(index).png"
      let mask = try PNG(Data(contentsOf: URL(fileURLWithPath: path)), source: path)
      #expect(mask.width == 213 && mask.height == 150)
      #expect(Set(mask.bytes).isSubset(of: [0, 255]))
    }
  }

  @Test func `weights under Hugging Face's names answer as under the official ones`() throws {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try picture(golden, in: folder)
    let renamed = folder.path + "/huggingface.safetensors"
    #expect(try ToolRun.graft(["convert", weights, renamed, "--to", "huggingface"]).status == 0)
    let answers = try [weights, renamed].map { file -> [Float] in
      let logits = folder.path + "/logits.h5"
      let run = try ToolRun.graft([
        "predict", "--weights", file, image, "--out", folder.path + "/mask.png", "--point", "70,60",
        "--logits", logits,
      ])
      #expect(run.status == 0, "\(run.error)")
      return try HDF5File(reading: logits).read("low_res_logits")
    }
    #expect(answers[0] == answers[1])
  }

  @Test func `bfloat16 answers nearly as single precision does`() throws {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try picture(golden, in: folder)
    let answers = try ["f32", "bf16"].map { precision -> [Float] in
      let logits = folder.path + "/logits.h5"
      let run = try ToolRun.graft([
        "predict", "--weights", weights, image, "--out", folder.path + "/mask.png", "--point",
        "70,60",
        "--logits", logits, "--precision", precision,
      ])
      #expect(run.status == 0, "\(run.error)")
      return try HDF5File(reading: logits).read("embedding")
    }
    let error = zip(answers[0], answers[1]).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = answers[0].reduce(0) { $0 + $1 * $1 }
    #expect((error / size).squareRoot() < 2e-2)
    if Precision.bf16.available == .bf16 { #expect(error > 0) }
  }

  @Test(arguments: [
    (["--point", "1,2,3"], 2), (["--box", "1,2,3"], 2), (["--point", "400,10"], 2),
    (["--mask", "a.png", "--mask-logits", "a.npy"], 2), (["--image-size", "100"], 2),
    (["--decoder-heads", "5"], 2), (["--mask", "no-such-file.png"], 3), (["--keep-largest"], 2),
  ])
  func `a wrong prompt ends with its status, a sentence and no output`(
    arguments: [String], status: Int
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try picture(Goldens.hdf5("sam-micro/forward.h5"), in: folder)
    let out = folder.path + "/mask.png"
    let run = try ToolRun.graft(
      ["predict", "--weights", weights, image, "--out", out] + arguments)
    #expect(Int(run.status) == status, "\(run.error)")
    #expect(run.error.localizedCaseInsensitiveContains("error: "))
    #expect(!FileManager.default.fileExists(atPath: out))
  }

  @Test func `damaged weights end with status 3 and name the tensor`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try picture(Goldens.hdf5("sam-micro/forward.h5"), in: folder)
    let key = "mask_decoder.iou_token.weight"
    let path = folder.path + "/short.safetensors"
    try Checkpoint(contentsOf: weights).renamed { $0 == key ? nil : $0 }.writeSafetensors(to: path)
    let run = try ToolRun.graft(
      "predict", "--weights", path, image, "--out", folder.path + "/mask.png")
    #expect(run.status == 3)
    #expect(run.error.contains(key) && run.error.contains(path))
  }

  @Test func `a prompted mask says how sure it is`() throws {
    let golden = try Goldens.hdf5("sam-micro/forward.h5")
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let image = try picture(golden, in: folder)
    let run = try ToolRun.graft([
      "predict", "--weights", weights, image, "--out", folder.path + "/mask.png", "--point",
      "70,60", "--multimask", "--confidence", "--flip-agreement",
    ])
    #expect(run.status == 0, "\(run.error)")
    let data = try Data(contentsOf: folder.appendingPathComponent("confidence.json"))
    let report = try JSONSerialization.jsonObject(with: data) as? [String: Any]
    let cases = try #require(report?["cases"] as? [[String: Any]])
    #expect(cases.map { $0["case"] as? String } == ["mask-0", "mask-1", "mask-2"])
    for (row, line) in zip(cases, run.output.split(separator: "\n")) {
      let parts = try #require(row["parts"] as? [String: Any])
      let iou = try #require(parts["predicted_iou"] as? Double)
      #expect(line.hasSuffix("expected IoU \(String(format: "%.4f", iou))"))
      #expect(parts["flip_agreement"] is Double)
    }
    #expect(try ToolRun.graft("predict", image, "--out", "m.png", "--flip-agreement").status == 2)
  }

  private func picture(_ golden: GoldenFile, in folder: URL) throws -> String {
    let picture = PNG(width: 213, height: 150, channels: 3, bytes: try golden.bytes("raw/down"))
    try AtomicFile.write(picture.file, to: folder.path + "/down.png")
    return folder.path + "/down.png"
  }
}

/// A full-size model through the program, from the files on.
struct FullSizePredictTests {
  @Test func `a ViT-B answers a point at 1024 within 1.5 GB`() async throws {
    let golden = try FormulaModel.golden()
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let weights = folder.path + "/vit_b.safetensors"
    try Checkpoint(FormulaModel.tensors(), source: "the formula").writeSafetensors(to: weights)
    let picture = PNG(width: 1024, height: 768, channels: 3, bytes: FormulaModel.image())
    try AtomicFile.write(picture.file, to: folder.path + "/image.png")
    let point = try golden.doubles("prompts/point/point")
    let run = try await ToolRun.measured([
      "predict", "--weights", weights, folder.path + "/image.png",
      "--out", folder.path + "/mask.png", "--point", "\(point[0]),\(point[1])",
      "--multimask", "--logits", folder.path + "/out.h5",
    ])
    #expect(run.status == 0)
    #expect(run.peakMemory > 0 && run.peakMemory < 1_500_000_000, "\(run.peakMemory) bytes")
    print("ViT-B at 1024: \(run.peakMemory / 1_000_000) MB at most, \(run.seconds) s")
    let file = try HDF5File(reading: folder.path + "/out.h5")
    let low: [Float] = try file.read("low_res_logits")
    let expected = try golden.floats("prompts/point/multi/low_res_sample").values
    let bound = 1e-4 * (expected.map(abs).max() ?? 0)
    for (index, value) in expected.enumerated() {
      let (mask, row, column) = (index / 256, index / 16 % 16, index % 16)
      #expect(abs(low[(mask * 256 + 16 * row) * 256 + 16 * column] - value) <= bound)
    }
  }
}

extension ToolRun {
  /// Runs `graft` and watches the largest memory it has held.
  static func measured(
    _ arguments: [String]
  ) async throws -> (status: Int32, peakMemory: Int, seconds: Double) {
    let tests = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let process = Process()
    process.executableURL = tests.deletingLastPathComponent().appendingPathComponent("graft")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    let start = Date()
    try process.run()
    var peak = 0
    while process.isRunning {
      let status = try? String(
        contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)
      let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      let kilobytes = line?.split(separator: " ").compactMap { Int($0) }.first ?? 0
      peak = max(peak, kilobytes * 1024)
      try await Task.sleep(for: .milliseconds(20))
    }
    return (process.terminationStatus, peak, Date().timeIntervalSince(start))
  }
}
