import Archives
import Foundation
import TestKit
import Testing

/// `graft report` on runs whose packs are there, were changed or are gone.
struct ReportTests {
  @Test func `the exemplars of a run come from its pack, where that is the same`() throws {
    let bench = try TuneTests.Bench()
    defer { bench.remove() }
    let run = bench.folder.appendingPathComponent("run")
    try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
    func write(_ text: String, _ name: String) throws {
      try AtomicFile.write(Data(text.utf8), to: run.appendingPathComponent(name).path)
    }
    func page() throws -> String {
      let report = try ToolRun.graft("report", "run", in: bench.folder)
      #expect(report.status == 0, "\(report.error)")
      return try String(
        contentsOf: run.appendingPathComponent("report.html"), encoding: .utf8)
    }
    // The path is looked for from the run's folder and the folders above it, wherever the tool is called.
    try write("weights: w.pth\npack: elsewhere/pack.h5\nout: run\nmethod: samed\n", "recipe.yaml")
    let digest = try Digest.sha256(ofFile: bench.path("pack.h5"))
    try write("{\"pack_sha256\": \"\(digest)\"}", "environment.json")
    let shown = try page()
    #expect(shown.contains(">Exemplars</h2>") && shown.contains("<b>case0001</b>"))
    #expect(shown.contains("<dt>Method</dt><dd>samed</dd>") && shown.contains("Split (cases)"))
    try write("{\"pack_sha256\": \"0\"}", "environment.json")
    let changed = try page()
    #expect(changed.contains("The pack has changed since the run"))
    #expect(!changed.contains(">Exemplars</h2>"))
    try FileManager.default.removeItem(atPath: bench.path("pack.h5"))
    #expect(try page().contains("The pack is no longer where the recipe says"))
    try write("weights: [\n", "recipe.yaml")
    #expect(try page().contains("What the run learned from is not shown"))
  }
}
