import Adaptation
import Checkpoints
import Foundation
import TestKit
import Testing

/// `graft convert --rank` and what a start from the weights leaves behind, as a user sees them.
struct ConvertTests {
  @Test func `a run that starts from the weights goes on after a kill, and its rank comes back`()
    throws
  {
    let data = try TrialData()
    defer { data.remove() }
    let settings = ["--set", "lora.init=pissa", "--set", "snapshot.every=1"]
    func graft(_ arguments: [String]) throws -> ToolRun {
      let run = try ToolRun.graft(arguments, in: data.folder)
      #expect(run.status == 0, "\(run.error)")
      return run
    }
    _ = try graft(data.tune(to: "whole", steps: 3) + settings)
    var interrupted = data.tune(to: "part", steps: 3) + settings
    let first = try ToolRun.graft(
      interrupted, in: data.folder, interruptedWhen: data.path("part/metrics.jsonl"))
    interrupted.append("--resume")
    if first.status == 6 { _ = try graft(interrupted) }
    let files = try ["whole", "part"].map {
      try Data(contentsOf: data.folder.appendingPathComponent("\($0)/adapter.safetensors"))
    }
    #expect(files[0] == files[1])
    let adapter = try Adapter(contentsOf: data.path("whole/adapter.safetensors"))
    #expect(adapter.plan.rank == 8)
    let run = try graft([
      "convert", "whole/adapter.safetensors", "small.safetensors", "--rank", "4",
    ])
    let lines = run.output.split(separator: "\n")
    #expect(lines[0].hasPrefix("correction") && lines[0].hasSuffix("relative error"))
    #expect(lines.contains { $0.hasPrefix("all ") && $0.hasSuffix("%") })
    #expect(lines.last?.contains("bytes, where whole/adapter.safetensors has") == true)
    #expect(try Adapter(contentsOf: data.path("small.safetensors")).plan.rank == 4)
    _ = try graft(data.predict(to: "masks", adapter: "small.safetensors"))
  }

  @Test func `ranks that cannot be and files without corrections are refused`() throws {
    let data = try TrialData()
    defer { data.remove() }
    let adapter = "run/adapter.safetensors"
    try data.expectRefusal(
      ["convert", adapter, "x", "--rank", "9"], status: 2, "rank 4", "not to 9")
    try data.expectRefusal(["convert", adapter, "x", "--rank", "0"], status: 2, "not to 0")
    try data.expectRefusal(
      ["convert", TrialData.weights, "x.pth", "--rank", "2"], status: 3, "sam_micro.pth")
    try data.expectRefusal(["convert", adapter, "x"], status: 2, "--to is missing")
    try data.expectRefusal(
      data.tune(to: "new") + ["--set", "lora.init=pissa", "--set", "initial=[\(adapter)]"],
      status: 2, "lora_A", "lora.init: pissa")
  }
}
