import Archives
import ArgumentParser
import Foundation
import Reports

/// `graft report`: one HTML page about runs and evaluations.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Makes one self-contained HTML page of runs or evaluations.",
    discussion: """
      What was run, the scores per case and class, curves, and pictures of the best, median and worst case. Several \
      runs come onto one page with a comparison. A run is a folder of `graft tune`, with what `graft evaluate --out \
      RUN/evaluation` wrote into it; a folder of `graft evaluate --out` alone is shown too.

      Example:
        graft report RUN
      """)

  @Argument(help: "The folders of runs or evaluations.")
  var runs: [String]

  @Option(
    help: "The page's file (default: report.html in the folder, or here when there are several).")
  var out: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard out?.lowercased().hasSuffix(".html") ?? true else {
      throw ValidationError("--out is \(out ?? ""); the page's name must end in .html.")
    }
  }

  func run() throws {
    let console = common.apply()
    let page = Page(try runs.map { try Run(describing: $0) }, version: Graft.configuration.version)
    let path = out ?? (runs.count == 1 ? "\(runs[0])/report.html" : "report.html")
    try AtomicFile.write(Data(page.html.utf8), to: path)
    console.tell("wrote the report", event: "written", ["path": path])
    print(path)
  }
}
