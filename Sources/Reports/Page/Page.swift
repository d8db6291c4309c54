import Metrics

/// The report of one or several runs: one HTML page without anything outside of it.
///
/// Everything is in the markup; the script adds the slider over slices, windowing, sorting, filters and the change
/// between light and dark.
public struct Page: Sendable {
  private let runs: [Run]
  private let version: String

  /// A page about some runs; `version` is the program's.
  public init(_ runs: [Run], version: String) {
    precondition(!runs.isEmpty, "page: no run")
    self.runs = runs
    self.version = version
  }

  /// The text of the page.
  public var html: String {
    let title = Results.numbered(runs.map(\.name)).joined(separator: ", ")
    let results = Results.all(of: runs)
    var galleries: [Gallery] = []
    for found in results {
      let number = galleries.reduce(1) { $0 + $1.entries.count }
      galleries.append(Gallery(found, from: number, room: Gallery.room / results.count))
    }
    let sections = sections(results, galleries)
    let warnings =
      results.flatMap { Warnings.of($0) } + galleries.flatMap { Warnings.of($0, runs) }
      + runs.flatMap { Warnings.of($0, named: runs.count > 1) }
    let overview = Overview(runs: runs, results: results, warnings: warnings)
    return Document(
      tab: "\(title) – graft", mark: "graft report", title: title, lead: overview.markup,
      sections: sections, version: version
    ).html
  }

  private func sections(_ results: [Results], _ galleries: [Gallery]) -> [Section] {
    let scored = zip(results, galleries).enumerated().flatMap { index, pair in
      ResultsSections(results: pair.0, gallery: pair.1, number: index + 1).sections
    }
    let names = Results.numbered(runs.map(\.name))
    let ran = zip(runs, names).enumerated().flatMap { index, pair in
      RunSection(
        run: pair.0, number: index + 1, suffix: runs.count > 1 ? ": \(pair.1)" : ""
      ).sections
    }
    return scored + ran + (results.first.map { [reading($0.evaluation)] } ?? [])
  }

  private func reading(_ evaluation: Evaluation) -> Section {
    Section(
      "reading", "How to read this",
      """
      <ul><li>\(evaluation.definitions)</li><li>\(evaluation.inference)</li>\
      <li>A dash is undefined, never 0; n says over how many values of how many a mean is taken. Surface: voxels that \
      one erosion with the cross of face neighbours removes; outside of the image is background.</li>\
      <li>Box plots: the box holds the middle half of the cases, its bar is the median, whiskers reach to the last \
      case within one and a half times the box; cases beyond are hollow; below five cases there is no box. The point below with its line is the mean with \
      its 95 % interval.</li>\
      <li>Pictures: the patient's right is at the left edge (axial, coronal), anterior at the left (sagittal). Outlines \
      run along voxels.</li></ul>
      """)
  }
}
