public import ArgumentParser
import Foundation
public import Metrics
import Reports
import Volumes

/// `graft evaluate`: masks against reference masks.
struct EvaluateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Compares predicted masks with reference masks, per case and label.",
    discussion: """
      Predictions and reference are mask files or folders of them (NIfTI, NRRD, MetaImage or PNG); cases match by \
      file name without its ending. Distances are in millimetres, on the whole volume. What is undefined stays undefined, and every \
      mean says over how many values it is.

      Example:
        graft evaluate --prediction OUT --reference labelsTs --labels map.yaml --out RUN/evaluation
      """)

  @Option(help: "A mask or a folder of masks; repeat it to compare several side by side.")
  var prediction: [String] = []

  @Option(help: "The reference mask or folder of masks.")
  var reference: String

  @Option(help: "A label map (YAML): names, and which values each merges.")
  var labels: String?

  @Option(help: "A folder that gets metrics.json, metrics.csv and the cases' paths and hashes.")
  var out: String?

  @Option(
    help: """
      default: undefined is null. transunet: the rule of TransUNet's published tables (distances in voxels, Dice 1 \
      for a false positive).
      """)
  var convention = Convention.standard

  @Option(
    help: """
      The images, a file or folder, for the report's pictures. Without it `images` beside a folder `labels` is \
      looked at.
      """)
  var images: String?

  @OptionGroup var common: CommonOptions

  func validate() throws {
    guard !prediction.isEmpty else { throw ValidationError("Give at least one --prediction.") }
  }

  func run() async throws {
    let console = common.apply()
    let map = try labels.map { try LabelMap.read($0) }
    let cases = try CaseFiles.matched(
      predictions: prediction, reference: reference, images: images)
    let result = try await Evaluator.compared(
      cases, names: prediction.count > 1 ? names : nil, map: map, convention: convention
    ) { done in
      console.progress(
        "\(done) of \(cases.count) cases", event: "case", ["done": done, "total": cases.count])
    }
    console.endProgress()
    for warning in result.warnings { console.tell("warning: \(warning)", event: "warning") }
    print(result.evaluation.table, terminator: "")
    guard let out else { return }
    try result.write(to: out)
    console.tell("wrote \(out)/metrics.json and metrics.csv", event: "written", ["folder": out])
  }

  /// What the predictions are called: the last part of each path, numbered where two are alike.
  private var names: [String] {
    var seen: [String: Int] = [:]
    return prediction.map { path in
      let name = CaseFiles.caseName(path)
      seen[name, default: 0] += 1
      return seen[name] == 1 ? name : "\(name) (\(seen[name] ?? 0))"
    }
  }
}

extension Convention: ExpressibleByArgument {}
