import Foundation
import TestKit
import Testing

/// `graft demo` in the least of everything: every command, on few and small scans.
struct DemoTests {
  @Test func `both anatomies go through the whole job, and a second demo replaces the first`()
    throws
  {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let demo = ["demo", "--rehearsal", "--weights", TrialData.weights, "--out", "d e"]
    let own = folder.appendingPathComponent("d e/abdomen/notes.txt")
    for _ in 0..<2 {
      let run = try ToolRun.graft(demo, in: folder)
      #expect(run.status == 0, "\(run.error)")
      for name in ["Abdomen", "Brain"] { #expect(run.output.contains("\n\(name) "), "\(name)") }
      #expect(run.output.contains("The page of all of it is d e/report.html"))
      #expect(run.error.contains("$ graft report 'd e/brain/never-trained'"))
      try Data("mine".utf8).write(to: own)
    }
    #expect(FileManager.default.fileExists(atPath: own.path))
    let page = folder.appendingPathComponent("d e/report.html")
    let html = try String(contentsOf: page, encoding: .utf8)
    for kind in ["abdomen", "brain"] {
      for run in ["decoder-lora", "decoder-full", "samed", "never-trained"] {
        let report = "\(kind)/\(run)/report.html"
        #expect(html.contains("href=\"\(report)\""))
        let path = page.deletingLastPathComponent().appendingPathComponent(report).path
        #expect(FileManager.default.fileExists(atPath: path))
      }
    }
    #expect(html.contains("enhancing tumour") && html.contains("gallbladder"))
  }
}
