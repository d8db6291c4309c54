import Archives
import Checkpoints
import Foundation
import TestKit
import Testing

/// `graft task`, `predict --task` and `tune --task` on the golden images: what they write, and what they refuse.
struct TaskTests {
  private let bench: TuneTests.Bench

  init() throws { bench = try TuneTests.Bench() }

  private let weights = Goldens.path("sam-micro/sam_micro.safetensors")

  private func task(_ more: String..., out: String = "one.task") throws -> ToolRun {
    try ToolRun.graft(
      ["task", bench.path("pack.h5"), "--weights", weights, "--out", bench.path(out)] + more)
  }

  @Test func `a task is made, predicts its own exemplars and is the same each time`() throws {
    defer { bench.remove() }
    let made = try task("--threads", "1")
    #expect(made.status == 0, "\(made.error)")
    #expect(made.output == "\(bench.path("one.task")): 1 exemplars, 6 slices, 6 of them labelled\n")
    #expect(made.error.contains("is not there, so the exemplars' cells alone answer"))
    #expect(made.error.contains("Exemplars left out and asked about by the others: Dice"))
    #expect(try task("--threads", "2", out: "two.task").status == 0)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.path("one.task")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path("two.task"))) == bytes)
    let predicted = try ToolRun.graft(
      "predict", "--weights", weights, "--task", bench.path("one.task"), bench.path("pack.h5"),
      "--split", "train", "--format", "nii.gz", "--out", bench.path("masks"))
    #expect(predicted.status == 0, "\(predicted.error)")
    let unpacked = try ToolRun.graft(
      "unpack", bench.path("pack.h5"), "--format", "nii.gz", "--out", bench.path("scans"))
    #expect(unpacked.status == 0, "\(unpacked.error)")
    let evaluated = try ToolRun.graft(
      "evaluate", "--prediction", bench.path("masks"), "--reference", bench.path("scans/labels"),
      "--out", bench.path("evaluation"))
    #expect(evaluated.status == 0, "\(evaluated.error)")
    let tables = try FileManager.default.contentsOfDirectory(atPath: bench.path("evaluation"))
    #expect(tables.contains("metrics.json"))
  }

  @Test func `tuning says what it gains, or leaves the task as it was`() throws {
    defer { bench.remove() }
    #expect(try task("--no-trial").status == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: bench.path("one.task")))
    let tuned = try ToolRun.graft(
      "tune", "--task", bench.path("one.task"), "--weights", weights, "--steps", "4", "--out",
      bench.path("tuned.task"))
    #expect(tuned.status == 0, "\(tuned.error)")
    #expect(tuned.error.contains("held-out exemplar slices"))
    #expect(tuned.output.contains("Dice of exemplars left out"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: bench.path("one.task"))) == before)
    let isKept = tuned.output.contains("stays as it was")
    #expect(FileManager.default.fileExists(atPath: bench.path("tuned.task")) != isKept)
  }

  @Test func `what cannot be a task's is refused in words, and nothing is written`() throws {
    defer { bench.remove() }
    func refused(_ run: ToolRun, _ status: Int32, _ words: String) {
      #expect(run.status == status, "\(words): \(run.error)")
      #expect(run.error.contains(words), "\(run.error)")
    }
    refused(try task("--k", "0"), 2, "--k is 0; a query looks at 1 to 16")
    refused(try task("--every", "0"), 2, "--every is 0")
    refused(try task("--case", "nobody"), 3, "it has no case nobody")
    refused(try task("--image-size", "100"), 2, "image.size")
    refused(
      try task("--learned", weights), 3, "does not hold what was learned about example sets")
    #expect(!FileManager.default.fileExists(atPath: bench.path("one.task")))
    #expect(try task("--no-trial").status == 0)
    func predict(_ task: String, _ more: String..., weights: String? = nil) throws -> ToolRun {
      try ToolRun.graft(
        [
          "predict", "--weights", weights ?? self.weights, "--task", task, bench.path("pack.h5"),
          "--out", bench.path("masks"),
        ] + more)
    }
    let foreign = Goldens.path("sam-micro/sam_micro_fp16.pth")
    refused(try predict(bench.path("one.task"), weights: foreign), 3, "SHA-256")
    refused(try predict(bench.path("one.task"), "--image-size", "64"), 2, "128")
    let one = bench.path("one.task")
    refused(try predict(one, "--point", "3,4", "--class", "nobody"), 2, "has no class nobody")
    refused(try predict(one, "--class", "nobody"), 2, "give one of them")
    refused(try predict(one, "--multimask"), 2, "leave out --mask-logits, --multimask")
    refused(try predict(one, "--point", "3,4", "--confidence", "--flip-agreement"), 2, "leave out")
    refused(try predict(one, "--mask", bench.path("nowhere.png")), 3, "nowhere.png")
    refused(try predict(weights), 3, "is not a task")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: bench.path("one.task")))
    try AtomicFile.write(bytes.prefix(bytes.count / 2), to: bench.path("half.task"))
    #expect(try predict(bench.path("half.task")).status == 3)
    #expect(!FileManager.default.fileExists(atPath: bench.path("masks")))
    let tuned = try ToolRun.graft("tune", "--task", weights, "--weights", weights)
    refused(tuned, 3, "is not a task")
    refused(try ToolRun.graft("tune", "--steps", "3"), 2, "need a --task")
  }
}
