import Foundation
import Reports
import TestKit
import Testing

struct BrowserTests {
  /// What Chromium makes of a page, and what its console says; nil, with a printed reason, where there is no Chromium.
  private func opened(_ page: String, at place: String, in root: URL) throws -> (
    dom: String, console: String
  )? {
    let program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
      .first { FileManager.default.isExecutableFile(atPath: $0) }
    guard let program else {
      print("skipped: there is no Chromium")
      return nil
    }
    let file = root.appendingPathComponent("page.html")
    try page.write(to: file, atomically: true, encoding: .utf8)
    let output = root.appendingPathComponent("dom.html")
    let log = root.appendingPathComponent("log.txt")
    for url in [output, log] { try Data().write(to: url) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
      "--user-data-dir=\(root.appendingPathComponent("profile").path)",
      "--virtual-time-budget=2000", "--dump-dom", file.absoluteString + place,
    ]
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    process.waitUntilExit()
    let lines = try String(contentsOf: log, encoding: .utf8).split(separator: "\n")
    return (
      try String(contentsOf: output, encoding: .utf8),
      lines.filter { $0.contains("CONSOLE") }.joined(separator: "\n")
    )
  }

  @Test
  func `in a browser the script adds sliders, windowing, sorting and filters without an error`()
    async throws
  {
    try await inFolder { root in
      let out = try await RunFolders.evaluation(of: ["a", "b<c>"], in: root)
      guard let (dom, console) = try opened(RunFolders.page(out), at: "#case-1:2", in: root) else {
        return
      }
      #expect(console == "")
      #expect(dom.contains("aria-valuetext=\"slice 2 of 4\""))
      #expect(dom.components(separatedBy: "class=\"viewer\"").count == 3)
      #expect(dom.contains("slope=") && dom.contains("id=\"theme\""))
      #expect(
        dom.contains("<th scope=\"col\" class=\"word\"><button type=\"button\">case</button>"))
      #expect(dom.contains("type=\"search\""))
    }
  }

  @Test func `one slider moves the pictures of all runs of a study`() async throws {
    try await inFolder { root in
      let study = try await RunFolders.study(in: root)
      guard let (dom, console) = try opened(study, at: "#case-1:3", in: root) else { return }
      #expect(console == "")
      #expect(dom.components(separatedBy: "class=\"viewer\"").count == 2)
      #expect(dom.components(separatedBy: "filter=\"url(#window-1)\"").count == 3)
      #expect(dom.components(separatedBy: "type=\"checkbox\"").count == 3)
      #expect(dom.contains("aria-valuetext=\"slice 3 of 4\""))
    }
  }

  @Test func `a bench's page has no error in a browser, and its tables scroll`() async throws {
    try await inFolder { root in
      let page = BenchPage(BenchPageTests.report()).html
      guard let (dom, console) = try opened(page, at: "#k-5", in: root) else { return }
      #expect(console == "")
      #expect(dom.contains("id=\"theme\"") && dom.contains("Dice over exemplars"))
    }
  }
}
