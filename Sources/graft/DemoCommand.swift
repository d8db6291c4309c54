import Archives
import ArgumentParser
import Checkpoints
import Failures
import Foundation
import Volumes

/// `graft demo`: the whole job on generated scans.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Runs the whole job on generated scans and bundled weights, ending in a report.",
    discussion: """
      Generates labelled abdominal volumes, then packs, tunes, predicts, evaluates and reports with the commands \
      it prints, which can be copied:

        graft demo --out runs/demo
      """)

  @Option(
    help: "The folder for everything the demo makes; what an earlier demo left there is replaced.")
  var out = "graft-demo"
  @Option(help: "The weights to adapt; the bundled ones where none are named.")
  var weights: String?
  @OptionGroup var common: CommonOptions

  /// Scans to learn from, and scans to be tested on.
  private static let (exemplars, tests) = (5, 4)

  func run() async throws {
    let console = common.apply()
    let start = Date()
    let weights = try weights ?? BundledWeights.path()
    _ = try Checkpoint(contentsOf: weights)
    try replaceFolder()
    console.tell(
      "generating \(Self.exemplars + Self.tests) labelled abdominal volumes (synthetic, seed 1)",
      event: "generating")
    try writeScans()
    for command in commands(weights: weights) {
      console.tell("\n$ graft \(command.joined(separator: " "))", event: "command")
      let options = ["--threads", "\(common.threads)", "--log-format", common.logFormat.rawValue]
      try await Graft.run(command + options)
      fflush(nil)
    }
    let seconds = Int(Date().timeIntervalSince(start))
    print("\nThe scans are synthetic. The report is \(out)/run/report.html (\(seconds) s in all).")
  }

  private func commands(weights: String) -> [[String]] {
    let run = "\(out)/run"
    return [
      [
        "pack", "--dataset", "nifti", "\(out)/scans", "--out", "\(out)/scans.h5", "--labels",
        "\(out)/labels.yaml", "--split", "train=\(Self.exemplars),test=-\(Self.tests)", "--window",
        "-160,240",
      ],
      [
        "tune", "--weights", weights, "--pack", "\(out)/scans.h5", "--method", "decoder-lora",
        "--out", run, "--set", "budget.steps=1000", "--set", "image.size=128",
      ],
      [
        "predict", "--weights", weights, "--adapter", "\(run)/adapter.safetensors",
        "\(out)/test/images", "--out", "\(out)/masks", "--keep-largest", "--confidence",
      ],
      [
        "evaluate", "--prediction", "\(out)/masks", "--reference", "\(out)/test/labels",
        "--labels", "\(out)/labels.yaml", "--images", "\(out)/test/images", "--out",
        "\(run)/evaluation",
      ],
      ["report", run],
    ]
  }

  /// Makes the folders; of what is there, only an earlier demo's own files and folders are removed.
  private func replaceFolder() throws {
    let files = FileManager.default
    try AtomicFile.makeFolder(out)
    let isDemo = files.fileExists(atPath: "\(out)/scans/images/subject00.nii.gz")
    guard try isDemo || files.contentsOfDirectory(atPath: out).isEmpty else {
      throw ValidationError("\(out) holds something that is not a demo. Give an empty folder.")
    }
    let made = ["scans", "scans.h5", "scans.embeddings", "labels.yaml", "test", "run", "masks"]
    for path in made.map({ "\(out)/\($0)" }) where files.fileExists(atPath: path) {
      try files.removeItem(atPath: path)
    }
    for folder in ["scans/images", "scans/labels", "test/images", "test/labels"] {
      try AtomicFile.makeFolder("\(out)/\(folder)")
    }
  }

  private func writeScans() throws {
    let phantoms = PhantomVolumes(.abdomen, seed: 1)
    let map = phantoms.labelNames.enumerated().map { "\($1): \($0 + 1)" }
    try AtomicFile.write(
      Data((map.joined(separator: "\n") + "\n").utf8), to: "\(out)/labels.yaml")
    for subject in 0..<Self.exemplars + Self.tests {
      let (image, labels) = phantoms.subject(subject)
      let name = "subject\(subject < 10 ? "0" : "")\(subject).nii.gz"
      try image.write("\(out)/scans/images/\(name)")
      try labels.write("\(out)/scans/labels/\(name)")
      guard subject >= Self.exemplars else { continue }
      try image.write("\(out)/test/images/\(name)")
      try labels.write("\(out)/test/labels/\(name)")
    }
  }
}
