import Archives
import ArgumentParser
import Exemplars
import Foundation
import Metrics
import Reports
import Training
import Volumes

/// `graft evaluate`: masks against reference masks.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Compares predicted masks with reference masks, per case and label.",
    discussion: """
      Predictions and reference are mask files or folders of them (NIfTI, NRRD, MetaImage or PNG); cases match by \
      file name without its ending. Distances are in millimetres, on the whole volume. What is undefined stays undefined, and every \
      mean says over how many values it is. Several predictions are compared in pairs (signed-rank test, Holm's correction).

      Examples:
        graft evaluate OUT --reference labelsTs --labels map.yaml --out RUN/evaluation
        graft evaluate A B C --reference labelsTs --out compared
        graft evaluate OUT --reference seg --labels regions.yaml --lesions gli --policy brats2023 --out E
        graft evaluate --again E --policy strict
      """)

  @Argument(help: "The masks or folders of masks to compare; several are compared side by side.")
  var predictions: [String] = []

  @Option(help: "As an argument: a mask or a folder of masks; may be repeated.")
  var prediction: [String] = []

  @Option(help: "The reference mask or folder of masks.")
  var reference: String?

  @Option(
    help: """
      A folder with a metrics.json: computes tables, statistics and files anew without the masks; repeat it to \
      compare several evaluations (then --out is needed).
      """)
  var again: [String] = []

  @OptionGroup(title: "What is measured") var measuring: MeasuringOptions
  @OptionGroup(title: "What it comes to") var aggregation: AggregationOptions

  @Option(
    help:
      "A folder that gets metrics.json, metrics.csv, metrics.md and the cases' paths and hashes.")
  var out: String?

  @Option(
    help: """
      The images, a file or folder, for the report's pictures. Without it `images` beside a folder `labels` is \
      looked at.
      """)
  var images: String?

  @Flag(help: "Print what the cases come to and not each of them; --out keeps them all.")
  var brief = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if again.isEmpty {
      guard !all.isEmpty else { throw ValidationError("Give at least one prediction.") }
      guard reference != nil else { throw ValidationError("Give the --reference.") }
      try aggregation.validate(with: try measuring.scoring(policy: aggregation.policy))
      guard !measuring.perSlice || out != nil else {
        throw ValidationError("--per-slice writes slices.csv; give the folder with --out.")
      }
    } else {
      guard all.isEmpty, reference == nil, images == nil, measuring.isDefault else {
        throw ValidationError(
          "--again takes no masks and measures nothing; leave these options away.")
      }
      guard again.count == 1 || out != nil else {
        throw ValidationError(
          "Several evaluations are compared in a folder of their own; give --out.")
      }
    }
  }

  func run() async throws {
    let console = common.apply()
    let centres = try aggregation.knownCentres()
    if !again.isEmpty {
      let old = try StoredEvaluation(again, under: aggregation.policyIfGiven)
      let findings = Findings(
        try aggregation.applied(to: old.evaluation, centres: centres, console))
      return try finish(findings, record: old.record, in: out ?? old.folder, console)
    }
    let map = try measuring.labels.map { try Descriptor.labelMap($0) }
    let cases = try CaseFiles.matched(
      predictions: all, reference: reference ?? "", images: images)
    let names = all.count > 1 ? CaseFiles.names(of: all) : nil
    let confidences = try confidences(cases, names: names, byValue: map == nil)
    let scoring = try measuring.scoring(policy: aggregation.policy)
    let details = try out.map {
      try DetailFiles(DetailTable.asked(by: scoring), in: $0, several: names != nil)
    }
    let work = console.work("evaluate", total: cases.count, interruption: Interruption())
    let result = try await Evaluator.compared(
      cases, names: names, map: map, scoring: scoring, details: { try details?.write($1, to: $0) }
    ) { done in try work.advance(to: Double(done)) }
    console.clearLine()
    for warning in result.warnings { console.tell("warning: \(warning)", event: "warning") }
    var evaluation = try aggregation.applied(
      to: result.evaluation, centres: centres, console)
    evaluation.confidences = confidences
    try details?.finish()
    try finish(Findings(evaluation), record: result.record, in: out, console)
  }

  private var all: [String] { predictions + prediction }

  private func finish(
    _ findings: Findings, record: EvaluationRecord?, in folder: String?, _ console: Console
  ) throws {
    print(brief ? findings.briefTable : findings.table, terminator: "")
    guard let folder else { return }
    try findings.write(to: folder, record: record)
    console.tell(
      "wrote \(folder)/metrics.json, metrics.csv and metrics.md", event: "written",
      ["folder": folder])
  }

  /// What the predictions say of how sure they were, where a file beside their masks does.
  private func confidences(
    _ cases: [CaseFiles], names: [String]?, byValue: Bool
  ) throws -> [Confidence] {
    try all.enumerated().flatMap { index, path in
      try Confidence.read(
        beside: path, prediction: names?[index],
        cases: Dictionary(
          cases.map { (CaseFiles.caseName($0.predictions[index]), $0.name) }
        ) { first, _ in first }, byValue: byValue)
    }
  }
}

/// The tables of details in a folder, which grow case by case.
private struct DetailFiles {
  private let files: [DetailTable: PendingFile]

  init(_ tables: [DetailTable], in folder: String, several: Bool) throws {
    let url = URL(fileURLWithPath: folder)
    files = try Dictionary(
      uniqueKeysWithValues: tables.map { table in
        (table, try PendingFile(url.appendingPathComponent(table.fileName).path))
      })
    for table in tables { try write(table.header(several: several), to: table) }
  }

  func write(_ lines: String, to table: DetailTable) throws {
    try files[table]?.sink.write(Data(lines.utf8))
  }

  func finish() throws { for file in files.values { try file.finish() } }
}

/// The evaluations of one or several folders, read again.
private struct StoredEvaluation {
  let evaluation: Evaluation
  let record: EvaluationRecord?
  let folder: String

  /// Reads the folders; several are merged, each under the policy where one is given.
  init(_ folders: [String], under policy: Policy?) throws {
    let places = folders.map { folder in
      let inner = URL(fileURLWithPath: folder).appendingPathComponent("evaluation").path
      let isOuter =
        !Self.exists("metrics.json", in: folder) && Self.exists("metrics.json", in: inner)
      return isOuter ? inner : folder
    }
    folder = places[0]
    let stored = try places.map { place in
      let found = try Evaluation(contentsOf: Self.path("metrics.json", in: place))
      return try policy.map(found.under) ?? found
    }
    guard places.count > 1 else {
      evaluation = stored[0]
      record =
        Self.exists("cases.json", in: folder)
        ? try EvaluationRecord(contentsOf: Self.path("cases.json", in: folder)) : nil
      return
    }
    record = nil
    evaluation = try Evaluation(
      merging: Array(zip(CaseFiles.names(of: folders), stored)).map { ($0, $1) })
  }

  private static func path(_ name: String, in folder: String) -> String {
    URL(fileURLWithPath: folder).appendingPathComponent(name).path
  }

  private static func exists(_ name: String, in folder: String) -> Bool {
    FileManager.default.fileExists(atPath: path(name, in: folder))
  }
}
